import stat
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from portal.bootstrap import keyring
from portal.bootstrap.keyring import (
    KeyringError,
    add_key,
    create_keyring,
    load_keyring,
    read_roots,
)
from portal.service.keys import Purpose, SealBrokenError

NOW = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)


@pytest.fixture
def ring(tmp_path: Path) -> Path:
    path = tmp_path / "var" / "keyring"
    assert create_keyring(path, NOW)
    return path


def test_a_new_ring_is_its_owners_alone(ring: Path) -> None:
    assert stat.S_IMODE(ring.stat().st_mode) == 0o600
    assert list(read_roots(ring)) == [1]


def test_an_existing_ring_is_never_made_anew(ring: Path) -> None:
    before = ring.read_bytes()

    assert not create_keyring(ring, NOW)

    assert ring.read_bytes() == before


def test_rotation_keeps_the_old_keys(ring: Path) -> None:
    before = read_roots(ring)

    assert add_key(ring, NOW) == 2

    after = read_roots(ring)
    assert after[1] == before[1]
    assert after[2] != after[1]
    assert stat.S_IMODE(ring.stat().st_mode) == 0o600


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o610])
def test_a_ring_that_others_may_use_is_refused(ring: Path, mode: int) -> None:
    ring.chmod(mode)

    with pytest.raises(KeyringError, match="others may use it; run `chmod 600"):
        load_keyring(ring)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1 2026 c2hvcnQ=\n",
        "x 2026 " + "A" * 44 + "\n",
        "999 2026 " + "A" * 43 + "=\n",
        "1\n",
        "1 2026 !!!\n",
        "ü",
    ],
)
def test_a_ring_that_is_none_is_refused_without_showing_it(
    ring: Path, text: str
) -> None:
    ring.write_text(text)

    with pytest.raises(KeyringError) as caught:
        load_keyring(ring)

    assert str(caught.value).startswith(f"PORTAL_KEYRING: {ring}")
    assert "AAAA" not in str(caught.value)


def test_a_missing_ring_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(KeyringError, match="`portal keys create`"):
        load_keyring(tmp_path / "keyring")


def test_a_running_process_finds_a_key_that_was_added(
    ring: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyring, "RELOAD_AFTER", 0.0)
    running = load_keyring(ring)
    sealed_before = running.seal(Purpose.ENCRYPTION, b"plain")

    add_key(ring, NOW)

    assert running.current == 2
    elsewhere = load_keyring(ring)
    assert running.open(Purpose.ENCRYPTION, elsewhere.seal(Purpose.ENCRYPTION, b"x"))
    assert running.open(Purpose.ENCRYPTION, sealed_before) == b"plain"


def test_a_ring_that_is_broken_later_changes_nothing_for_who_has_read_it(
    ring: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyring, "RELOAD_AFTER", 0.0)
    running = load_keyring(ring)
    sealed = running.seal(Purpose.ENCRYPTION, b"plain")

    ring.write_text("rubbish")

    assert running.open(Purpose.ENCRYPTION, sealed) == b"plain"
    ring.unlink()
    assert running.open(Purpose.ENCRYPTION, sealed) == b"plain"


def test_another_ring_opens_nothing(ring: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    create_keyring(other, NOW)
    sealed = load_keyring(ring).seal(Purpose.ENCRYPTION, b"plain")

    with pytest.raises(SealBrokenError):
        load_keyring(other).open(Purpose.ENCRYPTION, sealed)


def test_rotations_at_the_same_time_lose_no_key(ring: Path) -> None:
    numbers: list[int] = []
    threads = [
        threading.Thread(target=lambda: numbers.append(add_key(ring, NOW)))
        for _ in range(8)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(numbers) == list(range(2, 10))
    assert sorted(read_roots(ring)) == list(range(1, 10))
