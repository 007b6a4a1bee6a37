"""A branch's usage log: what a range of days holds, paging, revealing, exporting."""

import csv
import io
from datetime import date, timedelta

import pytest

from portal.model.calendar import DayRange
from portal.model.session import SessionRef, SessionState
from portal.model.usage import Usage
from portal.service import usage_log
from portal.service.staff_refusal import RefusalReason, Refused
from portal.service.usage_log import Export, LogPage, Revealed
from tests.stack.desks import NOON, Province

TODAY = date(2026, 11, 21)
ONE_DAY = DayRange(TODAY, TODAY)


def page(
    province: Province, days: DayRange = ONE_DAY, before: SessionRef | None = None
) -> LogPage:
    found = province.usage_log.page(
        province.desk_here, province.khorramabad.id, days, before
    )
    assert isinstance(found, LogPage), found
    return found


def exported(province: Province, days: DayRange = ONE_DAY) -> list[dict[str, str]]:
    export = province.usage_log.export(
        province.desk_here, province.khorramabad.id, days
    )
    assert isinstance(export, Export), export
    text = b"".join(export.chunks).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_the_log_holds_the_branchs_own_sessions_and_names_nobody(
    province: Province,
) -> None:
    card = province.add_patron()
    mine = province.add_session(card)
    unknown = province.add_session(None)
    province.add_session(card, province.borujerd)

    rows = page(province).rows

    assert {row.session.ref for row in rows} == {mine.ref, unknown.ref}
    assert {(row.handle, row.card_last4) for row in rows} == {
        (card.patron.handle, "2345"),
        (None, ""),
    }
    assert card.name not in repr(rows)


@pytest.mark.parametrize(
    ("ended", "lasted", "seen"),
    [
        # Local days of Tehran: 21 November begins at 20:30 UTC of the 20th.
        (timedelta(hours=11, minutes=31), timedelta(hours=1), False),
        (timedelta(hours=11, minutes=29), timedelta(hours=1), True),
        (timedelta(0), timedelta(hours=30), True),
    ],
)
def test_a_session_is_in_the_log_of_every_day_it_touches(
    province: Province, ended: timedelta, lasted: timedelta, seen: bool
) -> None:
    province.clock.now = NOON - ended
    province.add_session(province.add_patron(), state=SessionState.STOPPED, ago=lasted)
    province.clock.now = NOON

    assert len(page(province).rows) == seen


def test_a_session_that_is_still_open_is_in_todays_log(province: Province) -> None:
    province.clock.now = NOON - timedelta(days=2)
    session = province.add_session(province.add_patron())
    province.clock.now = NOON

    assert [row.session.ref for row in page(province).rows] == [session.ref]


def test_the_log_of_yesterday_does_not_hold_todays_sessions(
    province: Province,
) -> None:
    province.add_session(province.add_patron())
    yesterday = TODAY - timedelta(days=1)

    assert page(province, DayRange(yesterday, yesterday)).rows == ()


def test_the_log_goes_on_page_by_page_without_gap_or_repeat(
    province: Province,
) -> None:
    card = province.add_patron()
    refs = {
        province.add_session(
            card, state=SessionState.STOPPED, ago=timedelta(minutes=n), usage=Usage()
        ).ref
        for n in range(1, 121)
    }

    seen: list[SessionRef] = []
    shown = page(province)
    seen.extend(row.session.ref for row in shown.rows)
    while shown.older is not None:
        shown = page(province, before=shown.older)
        seen.extend(row.session.ref for row in shown.rows)

    assert len(seen) == 120
    assert set(seen) == refs
    assert seen == sorted(seen, key=lambda ref: ref.id, reverse=True)


def test_totals_are_those_of_the_ledgers_hours_in_the_range(
    province: Province,
) -> None:
    here, there = province.khorramabad.id, province.borujerd.id
    hour = NOON.replace(minute=0)
    with province.store.write() as uow:
        uow.ledger.book_hours(
            {
                (here, hour, True): Usage(100, 5_000_000_000, 7),
                (here, hour - timedelta(hours=1), True): Usage(10, 1, 1),
                (here, hour, False): Usage(3, 2, 1),
                (here, hour - timedelta(days=1), True): Usage(9, 9, 9),
                (there, hour, True): Usage(8, 8, 8),
            }
        )

    shown = page(province)

    assert shown.attributed == Usage(110, 5_000_000_001, 8)
    assert shown.unattributed == Usage(3, 2, 1)


def test_a_name_is_revealed_row_by_row_and_audited(province: Province) -> None:
    card = province.add_patron()
    session = province.add_session(card)

    revealed = province.usage_log.reveal(province.desk_here, session.ref)

    assert isinstance(revealed, Revealed)
    assert revealed.card.name == card.name
    assert province.actions()[-1] == (
        province.desk_here.actor,
        "name.revealed",
        f"patron:{card.patron.handle}",
    )


def test_an_export_is_audited_before_its_first_octet(province: Province) -> None:
    province.usage_log.export(province.desk_here, province.khorramabad.id, ONE_DAY)

    assert province.actions()[-1] == (
        province.desk_here.actor,
        "log.exported",
        f"branch:{province.khorramabad.id}",
    )


def test_an_export_holds_every_row_with_exact_figures_and_both_calendars(
    province: Province,
) -> None:
    card = province.add_patron()
    session = province.add_session(
        card,
        state=SessionState.STOPPED,
        ago=timedelta(hours=2),
        usage=Usage(7200, 5_368_709_121, 12),
    )

    (row,) = exported(province)

    assert row == {
        "branch": "khorramabad",
        "access_server": "khorramabad-1",
        "session": f"{session.ref.month}-{session.ref.id}",
        "patron": card.patron.handle,
        "card_last4": "2345",
        "state": "stopped",
        "began_utc": "2026-11-21T06:00:00Z",
        "began_local": "2026-11-21T09:30:00+03:30",
        "began_jalali": "1405-08-30 09:30:00",
        "ended_utc": "2026-11-21T08:00:00Z",
        "ended_local": "2026-11-21T11:30:00+03:30",
        "ended_jalali": "1405-08-30 11:30:00",
        "seconds": "7200",
        "downloaded": "5368709121",
        "uploaded": "12",
        "device": "02-00-00-00-00-01",
        "address": "10.0.0.7",
        "terminate_cause": "1",
        "flags": "",
    }


@pytest.mark.parametrize("rows", [0, 3, 4, 5, 11])
def test_an_export_of_many_chunks_is_complete(
    province: Province, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    monkeypatch.setattr(usage_log, "_EXPORT_CHUNK", 4)
    card = province.add_patron()
    for n in range(rows):
        province.add_session(card, ago=timedelta(minutes=n), usage=Usage())

    assert len({row["session"] for row in exported(province)}) == rows


@pytest.mark.parametrize("act", ["page", "export", "reveal"])
def test_the_log_of_another_branch_is_refused_and_nothing_is_audited(
    province: Province, act: str
) -> None:
    session = province.add_session(province.add_patron())
    log, there = province.usage_log, province.desk_there
    before = province.actions()

    outcome: object
    match act:
        case "page":
            outcome = log.page(there, province.khorramabad.id, ONE_DAY)
        case "export":
            outcome = log.export(there, province.khorramabad.id, ONE_DAY)
        case _:
            outcome = log.reveal(there, session.ref)

    assert outcome == Refused(RefusalReason.OTHER_BRANCH)
    assert province.actions() == before


def test_an_administrator_reads_every_branch_and_no_unknown_one(
    province: Province,
) -> None:
    log, head_office = province.usage_log, province.administrator

    assert len(log.branches(head_office)) == 2
    assert [b.code for b in log.branches(province.desk_here)] == ["khorramabad"]
    assert isinstance(log.page(head_office, province.borujerd.id, ONE_DAY), LogPage)
    assert log.page(head_office, 999, ONE_DAY) == Refused(RefusalReason.OTHER_BRANCH)


def test_revealing_what_is_nobodys_or_unknown_is_refused(province: Province) -> None:
    nobodys = province.add_session(None)

    refs = [nobodys.ref, SessionRef(nobodys.ref.month, 1)]

    assert [province.usage_log.reveal(province.desk_here, ref) for ref in refs] == [
        Refused(RefusalReason.NOT_FOUND)
    ] * 2


def test_an_export_of_more_than_a_year_is_refused(province: Province) -> None:
    days = DayRange(TODAY - timedelta(days=401), TODAY)

    assert province.usage_log.export(
        province.desk_here, province.khorramabad.id, days
    ) == Refused(RefusalReason.TOO_LONG)
