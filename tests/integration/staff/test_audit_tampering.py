"""Whatever is done to the rows or to the head kept outside, it shows."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, insert, select, update

from portal.model.audit import Action, Broken, BrokenWhy, Verified
from portal.service.audit import record, verify, write_head
from portal.service.keys import KeyRing
from portal.storage.engine import SqlStore
from portal.storage.tables import audit_entry, audit_person
from tests.integration.staff.chain import KEYS, fill
from tests.stack.desks import NOON

# ------------------------------------------------------------------------ tampering

Tampering = Callable[[Connection, int], object]

ALTERED: dict[str, Tampering] = {
    column: lambda c, seq, column=column, value=value: c.execute(  # type: ignore[misc]
        update(audit_entry).where(audit_entry.c.seq == seq).values({column: value})
    )
    for column, value in {
        "at": NOON - timedelta(days=1),
        "actor": "staff:2",
        "action": "patron.blocked",
        "subject": "patron:xyz",
        "branch_id": None,
        "details": "{}",
        "mac": b"m" * 32,
    }.items()
}


@pytest.mark.parametrize("column", ALTERED)
def test_any_altered_field_breaks_the_chain_at_its_entry(
    store: SqlStore, column: str
) -> None:
    fill(store, 6)

    with store.write() as uow:
        ALTERED[column](uow.connection, 4)

    assert verify(store, KEYS, None) == Broken(4, BrokenWhy.ALTERED)


def test_an_entry_under_a_key_that_the_ring_lacks_is_told_as_that(
    store: SqlStore,
) -> None:
    fill(store, 3)

    with store.write() as uow:
        uow.connection.execute(
            update(audit_entry).where(audit_entry.c.seq == 2).values(key_id=9)
        )

    assert verify(store, KEYS, None) == Broken(2, BrokenWhy.KEY_MISSING)


@pytest.mark.parametrize("seq", [1, 3])
def test_a_removed_entry_breaks_the_chain(store: SqlStore, seq: int) -> None:
    fill(store, 6)

    remove(store, seq)

    assert verify(store, KEYS, None) == Broken(seq, BrokenWhy.MISSING)


def test_a_removed_entry_is_missed_even_when_the_rest_is_renumbered(
    store: SqlStore,
) -> None:
    fill(store, 6)
    remove(store, 3)

    with store.write() as uow:
        uow.connection.execute(delete(audit_person))
        for seq in (4, 5, 6):
            uow.connection.execute(
                update(audit_entry).where(audit_entry.c.seq == seq).values(seq=seq - 1)
            )

    assert verify(store, KEYS, None) == Broken(3, BrokenWhy.ALTERED)


def test_an_inserted_entry_breaks_the_chain(store: SqlStore) -> None:
    fill(store, 3)

    with store.write() as uow:
        last = uow.audit.find(3)
        assert last is not None
        row = {c.name: getattr(last, c.name) for c in audit_entry.c if c.name != "seq"}
        uow.connection.execute(insert(audit_entry), {**row, "seq": 4})

    assert verify(store, KEYS, None) == Broken(4, BrokenWhy.ALTERED)


def test_entries_in_another_order_break_the_chain(store: SqlStore) -> None:
    fill(store, 4)

    with store.write() as uow:
        uow.connection.execute(delete(audit_person))
        for old, new in ((2, 99), (3, 2), (99, 3)):
            uow.connection.execute(
                update(audit_entry).where(audit_entry.c.seq == old).values(seq=new)
            )

    assert verify(store, KEYS, None) == Broken(2, BrokenWhy.ALTERED)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_no_change_of_any_row_goes_unseen(store: SqlStore, data: st.DataObject) -> None:
    with store.write() as uow:
        uow.connection.execute(delete(audit_person))
        uow.connection.execute(delete(audit_entry))
    count = data.draw(st.integers(2, 8))
    fill(store, count)
    seq = data.draw(st.integers(1, count))
    with store.write() as uow:
        honest = (
            uow.connection.execute(select(audit_entry).where(audit_entry.c.seq == seq))
            .mappings()
            .one()
        )
    column = data.draw(st.sampled_from(sorted(FORGERIES)))
    value = data.draw(FORGERIES[column].filter(lambda v: v != honest[column]))

    with store.write() as uow:
        uow.connection.execute(
            update(audit_entry).where(audit_entry.c.seq == seq).values({column: value})
        )

    outcome = verify(store, KEYS, None)
    assert isinstance(outcome, Broken)
    assert outcome.seq == seq


WORDS = st.text(st.characters(min_codepoint=32, max_codepoint=1800), max_size=20)
FORGERIES: dict[str, st.SearchStrategy[object]] = {
    "at": st.timedeltas(timedelta(-999), timedelta(999)).map(lambda d: NOON + d),
    "actor": WORDS,
    "action": WORDS,
    "subject": WORDS,
    "branch_id": st.none() | st.integers(-(2**31), 2**31 - 1),
    "details": WORDS,
    "key_id": st.integers(0, 300),
    "mac": st.binary(max_size=40),
}


def remove(store: SqlStore, *seqs: int) -> None:
    with store.write() as uow:
        uow.connection.execute(delete(audit_person).where(audit_person.c.seq.in_(seqs)))
        uow.connection.execute(delete(audit_entry).where(audit_entry.c.seq.in_(seqs)))


# ------------------------------------------------------------------------- the tail


def test_a_missing_tail_shows_against_the_head_kept_outside(
    store: SqlStore, tmp_path: Path
) -> None:
    head = tmp_path / "var" / "head"
    fill(store, 6)
    assert write_head(store, KEYS, head) == Verified(6, 6)

    remove(store, 5, 6)

    assert verify(store, KEYS, None) == Verified(4)
    assert verify(store, KEYS, head) == Broken(5, BrokenWhy.TAIL_MISSING)


def test_a_missing_tail_is_never_covered_by_a_new_head(
    store: SqlStore, tmp_path: Path
) -> None:
    head = tmp_path / "head"
    fill(store, 6)
    write_head(store, KEYS, head)
    kept = head.read_bytes()
    remove(store, 5, 6)

    outcome = write_head(store, KEYS, head)

    assert outcome == Broken(5, BrokenWhy.TAIL_MISSING)
    assert head.read_bytes() == kept


def test_a_chain_emptied_and_begun_anew_shows_against_the_head(
    store: SqlStore, tmp_path: Path
) -> None:
    head = tmp_path / "head"
    fill(store, 4)
    write_head(store, KEYS, head)
    remove(store, 1, 2, 3, 4)
    fill(store, 6)
    with store.write() as uow:
        remove_first_detail(uow.connection)

    assert isinstance(verify(store, KEYS, head), Broken)


def remove_first_detail(connection: Connection) -> None:
    connection.execute(
        update(audit_entry).where(audit_entry.c.seq == 1).values(details="{}")
    )


def test_a_chain_written_anew_with_the_keys_differs_from_the_head(
    store: SqlStore, tmp_path: Path
) -> None:
    head = tmp_path / "head"
    fill(store, 4)
    write_head(store, KEYS, head)
    remove(store, 1, 2, 3, 4)
    with store.write() as uow:
        for _ in range(5):
            record(
                uow,
                KEYS,
                actor="console",
                action=Action.BRANCH_ADDED,
                subject="branch:1",
                details={},
                now=NOON,
            )

    assert verify(store, KEYS, head) == Broken(4, BrokenWhy.HEAD_DIFFERS)
    assert write_head(store, KEYS, head) == Broken(4, BrokenWhy.HEAD_DIFFERS)


@pytest.mark.parametrize(
    "line", ["", "nonsense", "2 00 1 00\n", "2 {mac} 1 {tag}\n", "4 {mac} 7 {tag}\n"]
)
def test_a_head_that_was_tampered_with_is_told_as_that(
    store: SqlStore, tmp_path: Path, line: str
) -> None:
    head = tmp_path / "head"
    fill(store, 4)
    write_head(store, KEYS, head)
    _, mac, _, tag = head.read_text().split()

    head.write_text(line.format(mac=mac, tag=tag))

    assert verify(store, KEYS, head) == Broken(1, BrokenWhy.HEAD_UNREADABLE)
    assert write_head(store, KEYS, head) == Broken(1, BrokenWhy.HEAD_UNREADABLE)


def test_the_head_follows_a_growing_chain(store: SqlStore, tmp_path: Path) -> None:
    head = tmp_path / "head"
    assert write_head(store, KEYS, head) == Verified(0, 0)
    fill(store, 3)
    assert write_head(store, KEYS, head) == Verified(3, 3)
    fill(store, 3)

    assert verify(store, KEYS, head) == Verified(6, 3)
    assert [path.name for path in tmp_path.iterdir() if "head" in path.name] == ["head"]


def test_entries_of_an_old_key_and_a_new_one_are_one_chain(
    store: SqlStore, tmp_path: Path
) -> None:
    head = tmp_path / "head"
    both = KeyRing({1: b"k" * 32, 2: b"n" * 32})
    fill(store, 2)
    write_head(store, KEYS, head)

    fill(store, 2, both)

    assert verify(store, both, head) == Verified(4, 2)
    assert verify(store, KEYS, head) == Broken(3, BrokenWhy.KEY_MISSING)
