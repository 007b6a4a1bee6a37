"""Giving time or data and taking it back, on both databases."""

import threading
from datetime import timedelta

import pytest

from portal.model.staff import CEILINGS, Role
from portal.model.usage import Extra, Usage
from portal.service.desk import Done, Granted
from portal.service.patron_page import PatronPage
from portal.service.staff_refusal import RefusalReason, Refused
from tests.stack.desks import Province

HALF_HOUR = Extra(seconds=1800)


def left(province: Province, handle: str) -> int | None:
    page = province.pages.open(province.desk_here, handle)
    assert isinstance(page, PatronPage)
    return page.today.time_left


def test_a_grant_adds_to_what_is_left_today(province: Province) -> None:
    handle = province.add_patron().patron.handle

    outcome = province.desk.grant(
        province.desk_here, handle, HALF_HOUR, reason="study", request_key="a"
    )

    assert isinstance(outcome, Granted)
    assert left(province, handle) == 7200 + 1800


def test_a_grant_ends_with_the_patrons_own_day(province: Province) -> None:
    handle = province.add_patron().patron.handle
    province.desk.grant(
        province.desk_here, handle, HALF_HOUR, reason="study", request_key="a"
    )

    province.clock.pass_by(hours=24)

    assert left(province, handle) == 7200


def test_one_form_makes_one_grant_however_often_it_arrives(province: Province) -> None:
    handle = province.add_patron().patron.handle

    outcomes = [
        province.desk.grant(
            province.desk_here, handle, HALF_HOUR, reason="study", request_key="a"
        )
        for _ in range(3)
    ]

    assert [isinstance(o, Granted) and o.repeated for o in outcomes] == [
        False,
        True,
        True,
    ]
    assert left(province, handle) == 7200 + 1800
    assert [a for _, a, _ in province.actions()].count("allowance.granted") == 1


def test_one_form_pressed_twice_at_once_makes_one_grant(province: Province) -> None:
    handle = province.add_patron().patron.handle
    outcomes: list[object] = []

    def press() -> None:
        outcomes.append(
            province.desk.grant(
                province.desk_here, handle, HALF_HOUR, reason="study", request_key="a"
            )
        )

    threads = [threading.Thread(target=press) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert all(isinstance(outcome, Granted) for outcome in outcomes)
    assert left(province, handle) == 7200 + 1800


def test_a_form_of_one_patron_does_not_serve_for_another(province: Province) -> None:
    first = province.add_patron().patron.handle
    second = province.add_patron("علی رضایی", "777").patron.handle
    province.desk.grant(
        province.desk_here, first, HALF_HOUR, reason="study", request_key="a"
    )

    outcome = province.desk.grant(
        province.desk_here, second, HALF_HOUR, reason="study", request_key="a"
    )

    assert outcome == Refused(RefusalReason.STALE_FORM)
    assert left(province, second) == 7200


def test_a_form_whose_grant_was_taken_back_gives_nothing(province: Province) -> None:
    handle = province.add_patron().patron.handle
    given = province.desk.grant(
        province.desk_here, handle, HALF_HOUR, reason="study", request_key="a"
    )
    assert isinstance(given, Granted)
    province.desk.undo_grant(province.desk_here, given.grant.id)

    outcome = province.desk.grant(
        province.desk_here, handle, HALF_HOUR, reason="study", request_key="a"
    )

    assert outcome == Refused(RefusalReason.STALE_FORM)
    assert left(province, handle) == 7200


@pytest.mark.parametrize(
    ("extra", "reason", "refusal"),
    [
        (Extra(), "study", RefusalReason.NOTHING_ASKED),
        (Extra(seconds=-60), "study", RefusalReason.NOTHING_ASKED),
        (Extra(seconds=60, octets=-1), "study", RefusalReason.NOTHING_ASKED),
        (HALF_HOUR, "  ", RefusalReason.REASON_MISSING),
    ],
)
def test_a_grant_needs_an_amount_and_a_reason(
    province: Province, extra: Extra, reason: str, refusal: RefusalReason
) -> None:
    handle = province.add_patron().patron.handle

    outcome = province.desk.grant(
        province.desk_here, handle, extra, reason=reason, request_key="a"
    )

    assert outcome == Refused(refusal)


def test_the_ceiling_of_a_role_counts_all_grants_of_the_day(province: Province) -> None:
    handle = province.add_patron().patron.handle
    most = CEILINGS[Role.DESK].per_day.seconds
    province.desk.grant(
        province.desk_there,
        handle,
        Extra(seconds=most - 1800),
        reason="study",
        request_key="a",
    )

    over = province.desk.grant(
        province.desk_here, handle, Extra(seconds=1801), reason="study", request_key="b"
    )
    just = province.desk.grant(
        province.desk_here, handle, HALF_HOUR, reason="study", request_key="c"
    )
    beyond = province.desk.grant(
        province.administrator, handle, HALF_HOUR, reason="study", request_key="d"
    )

    assert over == Refused(
        RefusalReason.CEILING,
        room=Extra(seconds=1800, octets=CEILINGS[Role.DESK].per_day.octets),
    )
    assert isinstance(just, Granted)
    assert isinstance(beyond, Granted)


def test_what_is_unlimited_already_needs_no_grant(province: Province) -> None:
    with province.store.write() as uow:
        limits = dict.fromkeys(
            (
                "time_per_day",
                "data_per_day",
                "speed_down",
                "speed_up",
                "devices",
                "idle_timeout",
                "longest_session",
            )
        )
        uow.estate.add_version(province.plan_id, 2, limits, province.clock())
    handle = province.add_patron().patron.handle

    outcome = province.desk.grant(
        province.desk_here, handle, HALF_HOUR, reason="study", request_key="a"
    )

    assert outcome == Refused(RefusalReason.UNLIMITED_ALREADY)


def test_a_grant_can_be_undone_for_ten_minutes(province: Province) -> None:
    handle = province.add_patron().patron.handle
    granted = province.desk.grant(
        province.desk_here, handle, HALF_HOUR, reason="study", request_key="a"
    )
    assert isinstance(granted, Granted)

    province.clock.pass_by(minutes=10)
    undone = province.desk.undo_grant(province.desk_here, granted.grant.id)
    again = province.desk.undo_grant(province.desk_here, granted.grant.id)

    assert isinstance(undone, Done)
    assert again == Refused(RefusalReason.ALREADY_UNDONE)
    assert left(province, handle) == 7200


def test_a_grant_of_eleven_minutes_ago_stays(province: Province) -> None:
    handle = province.add_patron().patron.handle
    granted = province.desk.grant(
        province.desk_here, handle, HALF_HOUR, reason="study", request_key="a"
    )
    assert isinstance(granted, Granted)

    province.clock.pass_by(minutes=11)

    assert province.desk.undo_grant(province.desk_here, granted.grant.id) == Refused(
        RefusalReason.TOO_LATE
    )


def test_a_colleagues_grant_is_undone_by_an_administrator_only(
    province: Province,
) -> None:
    handle = province.add_patron().patron.handle
    granted = province.desk.grant(
        province.desk_here, handle, HALF_HOUR, reason="study", request_key="a"
    )
    assert isinstance(granted, Granted)

    by_desk = province.desk.undo_grant(province.desk_there, granted.grant.id)
    by_administrator = province.desk.undo_grant(
        province.administrator, granted.grant.id
    )

    assert by_desk == Refused(RefusalReason.NOT_YOURS)
    assert isinstance(by_administrator, Done)


def test_undoing_an_unknown_grant_is_refused(province: Province) -> None:
    assert province.desk.undo_grant(province.administrator, 1) == Refused(
        RefusalReason.NOT_FOUND
    )


def test_a_grant_takes_back_a_decision_that_was_not_sent_yet(
    province: Province,
) -> None:
    card = province.add_patron()
    session = province.add_session(
        card, ago=timedelta(hours=3), usage=Usage(10_800, 1, 1)
    )
    with province.store.write() as uow:
        province.judge.run(uow, [card.patron.id], province.clock())
    assert province.requests(session.ref) == [("disconnect", "time_quota", "waiting")]

    province.desk.grant(
        province.desk_here,
        card.patron.handle,
        Extra(seconds=7200),
        reason="study",
        request_key="a",
    )

    assert province.requests(session.ref)[0][2] == "superseded"
