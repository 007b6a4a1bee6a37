"""The audit chain on both databases: order, tampering, the tail, erasure."""

import threading
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from sqlalchemy import update

from portal.model.audit import Action, Broken, BrokenWhy, Verified
from portal.service.audit import personal_values, record, verify
from portal.service.audit_trail import AuditPage, OpenedEntry
from portal.service.staff_refusal import RefusalReason, Refused
from portal.storage.engine import SqlStore
from portal.storage.tables import audit_entry
from tests.integration.staff.chain import KEYS, fill
from tests.stack.desks import NOON, Province


def test_a_chain_as_it_was_written_is_whole(store: SqlStore) -> None:
    fill(store, 5)
    fill(store, 5)

    assert verify(store, KEYS, None) == Verified(10)


def test_an_empty_chain_is_whole(store: SqlStore, tmp_path: Path) -> None:
    assert verify(store, KEYS, tmp_path / "head") == Verified(0)


def test_numbers_have_no_gap_when_many_write_and_some_fail(store: SqlStore) -> None:
    def write(number: int) -> None:
        with suppress(ZeroDivisionError), store.write() as uow:
            record(
                uow,
                KEYS,
                actor="console",
                action=Action.BRANCH_ADDED,
                subject=f"branch:{number}",
                details={},
                now=NOON,
            )
            1 // (number % 3)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert verify(store, KEYS, None) == Verified(8)


# ------------------------------------------------------------------ personal values


def test_personal_values_are_sealed_to_their_entry(store: SqlStore) -> None:
    fill(store, 2)

    with store.read() as uow:
        sealed = uow.audit.personal([1, 2])
    exchanged = {1: sealed[2], 2: sealed[1]}

    assert personal_values(KEYS, sealed)[1] == {"name": "زهرا موسوی"}
    assert "موسوی".encode() not in sealed[1]
    assert personal_values(KEYS, exchanged) == {}


def test_personal_values_are_erased_without_breaking_the_chain(
    store: SqlStore,
) -> None:
    fill(store, 3)

    with store.write() as uow:
        erased = uow.audit.erase_personal("patron:abc")

    assert erased == 3
    assert verify(store, KEYS, None) == Verified(3)


# ------------------------------------------------------------------- administrators


def test_an_administrator_reads_the_chain_page_by_page(province: Province) -> None:
    for number in range(60):
        province.add_patron(card=str(number))

    first = province.audit.page(province.administrator)
    assert isinstance(first, AuditPage)
    second = province.audit.page(province.administrator, first.older)
    assert isinstance(second, AuditPage)

    seqs = [view.entry.seq for view in (*first.entries, *second.entries)]
    assert seqs == list(range(len(seqs), 0, -1))
    assert first.broken is None
    assert second.broken is None
    assert second.older is None


def test_a_page_shows_what_is_broken_in_it(province: Province) -> None:
    province.add_patron()
    with province.store.write() as uow:
        uow.connection.execute(
            update(audit_entry).where(audit_entry.c.seq == 2).values(subject="x")
        )

    page = province.audit.page(province.administrator)

    assert isinstance(page, AuditPage)
    assert page.broken == Broken(2, BrokenWhy.ALTERED)


def test_opening_an_entry_shows_its_note_and_is_an_entry_itself(
    province: Province,
) -> None:
    handle = province.add_patron().patron.handle
    until = province.clock() + timedelta(days=1)
    province.desk.block(province.desk_here, handle, until, "noise")
    seq = len(province.actions())

    opened = province.audit.open(province.administrator, seq)

    assert isinstance(opened, OpenedEntry)
    assert opened.personal == {"note": "noise"}
    assert opened.view.actor == province.desk_here.name
    assert opened.patron is not None
    assert province.actions()[-1] == (
        province.administrator.actor,
        "audit.opened",
        f"audit:{seq}",
    )


def test_a_check_of_the_whole_chain_is_an_entry_itself(province: Province) -> None:
    before = len(province.actions())

    outcome = province.audit.check(province.administrator)

    assert outcome == Verified(before)
    assert province.actions()[-1][1] == "audit.checked"


def test_the_chain_is_for_administrators_only(province: Province) -> None:
    refused = Refused(RefusalReason.ADMINISTRATORS_ONLY)

    assert province.audit.page(province.desk_here) == refused
    assert province.audit.open(province.desk_here, 1) == refused
    assert province.audit.check(province.desk_here) == refused
    assert province.audit.open(province.administrator, 999) == Refused(
        RefusalReason.NOT_FOUND
    )
