"""What a MAC of the audit chain covers, and the head kept outside."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.model.audit import AuditEntry, Head, canonical, details_text
from portal.service.audit_head import HeadFile, HeadUnreadableError
from portal.service.keys import KeyRing

KEYS = KeyRing({1: b"k" * 32})
AT = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
TEXT = st.text(max_size=20)
ENTRIES = st.builds(
    AuditEntry,
    seq=st.integers(1, 2**63 - 1),
    at=st.timedeltas(timedelta(-9999), timedelta(9999)).map(lambda d: AT + d),
    actor=TEXT,
    action=TEXT,
    subject=TEXT,
    branch_id=st.none() | st.integers(0, 2**31 - 1),
    details=TEXT,
    key_id=st.integers(1, 255),
)


@settings(max_examples=300, deadline=None)
@given(ENTRIES, ENTRIES)
def test_two_entries_are_sealed_alike_only_if_they_are_alike(
    one: AuditEntry, other: AuditEntry
) -> None:
    assert (one.sealed_text() == other.sealed_text()) == (one == other)


def test_what_moves_from_one_field_to_the_next_is_sealed_otherwise() -> None:
    def entry(actor: str, action: str) -> AuditEntry:
        return AuditEntry(
            seq=1,
            at=AT,
            actor=actor,
            action=action,
            subject="",
            branch_id=None,
            details="{}",
            key_id=1,
        )

    assert entry('a","b', "c").sealed_text() != entry("a", 'b","c').sealed_text()
    assert entry("ab", "").sealed_text() != entry("a", "b").sealed_text()


def test_details_have_one_spelling_in_ascii() -> None:
    assert details_text({"b": 1, "a": "ی\0", "c": None, "d": True}) == (
        r'{"a":"\u06cc\u0000","b":1,"c":null,"d":true}'
    )


def test_what_has_no_one_spelling_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        canonical(float("nan"))


def test_the_head_is_read_as_it_was_written(tmp_path: Path) -> None:
    file = HeadFile(tmp_path / "deep" / "head", KEYS)
    assert file.read() is None

    file.write(Head(7, b"m" * 32))
    file.write(Head(9, b"n" * 32))

    assert file.read() == Head(9, b"n" * 32)
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["head"]


def test_a_failed_write_leaves_the_head_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = HeadFile(tmp_path / "head", KEYS)
    file.write(Head(7, b"m" * 32))

    def full(*_args: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("portal.service.audit_head.os.fsync", full)
    with pytest.raises(OSError, match="no space"):
        file.write(Head(9, b"n" * 32))

    assert file.read() == Head(7, b"m" * 32)
    assert [path.name for path in tmp_path.iterdir()] == ["head"]


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=80) | st.binary(max_size=80))
def test_only_a_head_of_ours_is_read(
    tmp_path_factory: pytest.TempPathFactory, text: str | bytes
) -> None:
    path = tmp_path_factory.mktemp("head") / "head"
    octets = text if isinstance(text, bytes) else text.encode("utf-8", "replace")
    path.write_bytes(octets)

    with pytest.raises(HeadUnreadableError):
        HeadFile(path, KEYS).read()
