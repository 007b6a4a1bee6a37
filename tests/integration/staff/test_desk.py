"""What a desk may do to a patron, and every refusal, on both databases."""

import threading
from datetime import timedelta

import pytest

from portal.model.outcome import EndReason
from portal.model.session import SessionRef, SessionState
from portal.model.staff import CEILINGS, Role
from portal.model.usage import Extra, Usage
from portal.service.desk import Done, Granted
from portal.service.patron_page import PatronPage, PatronStateKind
from portal.service.staff_refusal import RefusalReason, Refused
from tests.integration.staff.conftest import Province

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


def test_a_block_ends_every_live_session_in_the_same_transaction(
    province: Province,
) -> None:
    card = province.add_patron()
    here = province.add_session(card)
    there = province.add_session(card, province.borujerd, device="02-00-00-00-00-02")

    outcome = province.desk.block(
        province.desk_here,
        card.patron.handle,
        province.clock() + timedelta(days=7),
        "noise in the reading room",
    )

    assert outcome == Done(card.patron.handle, requests=2)
    for session in (here, there):
        assert province.requests(session.ref) == [("disconnect", "blocked", "waiting")]


def test_a_blocked_patron_is_shown_as_blocked_until_then(province: Province) -> None:
    card = province.add_patron()
    until = province.clock() + timedelta(days=7)
    province.desk.block(province.desk_here, card.patron.handle, until, "noise")

    page = province.pages.open(province.desk_here, card.patron.handle)

    assert isinstance(page, PatronPage)
    assert (page.state.kind, page.state.at) == (PatronStateKind.BLOCKED, until)
    assert page.card.block_note == "noise"


def test_an_unblock_lets_in_again_and_is_refused_where_nothing_is_blocked(
    province: Province,
) -> None:
    card = province.add_patron()
    handle = card.patron.handle
    province.desk.block(
        province.desk_here, handle, province.clock() + timedelta(days=7), "noise"
    )

    first = province.desk.unblock(province.desk_here, handle)
    second = province.desk.unblock(province.desk_here, handle)

    assert first == Done(handle)
    assert second == Refused(RefusalReason.NOT_BLOCKED)


def test_a_block_needs_a_note_and_a_time_within_the_roles_reach(
    province: Province,
) -> None:
    handle = province.add_patron().patron.handle
    now = province.clock()
    furthest = now + CEILINGS[Role.DESK].block

    def block(until: timedelta, note: str = "noise") -> object:
        return province.desk.block(province.desk_here, handle, now + until, note)

    assert block(timedelta(days=1), " ") == Refused(RefusalReason.REASON_MISSING)
    assert block(timedelta(0)) == Refused(RefusalReason.IN_THE_PAST)
    assert block(timedelta(days=32)) == Refused(RefusalReason.TOO_LONG, until=furthest)
    assert isinstance(
        province.desk.block(
            province.administrator, handle, now + timedelta(days=32), "noise"
        ),
        Done,
    )


def test_a_desk_blocks_only_members_and_recent_visitors_of_its_branch(
    province: Province,
) -> None:
    card = province.add_patron()
    handle = card.patron.handle
    until = province.clock() + timedelta(days=1)

    stranger = province.desk.block(province.desk_there, handle, until, "noise")
    province.add_session(card, province.borujerd, state=SessionState.STOPPED)
    visitor = province.desk.block(province.desk_there, handle, until, "noise")
    unblocked = province.desk.unblock(province.desk_there, handle)
    province.clock.pass_by(hours=25)
    gone = province.desk.unblock(province.desk_there, handle)

    assert stranger == Refused(RefusalReason.OTHER_BRANCH)
    assert isinstance(visitor, Done)
    assert isinstance(unblocked, Done)
    assert gone == Refused(RefusalReason.OTHER_BRANCH)


def test_a_desk_ends_a_session_of_its_branch_with_one_request(
    province: Province,
) -> None:
    card = province.add_patron()
    session = province.add_session(card)

    first = province.desk.disconnect(province.desk_here, session.ref)
    second = province.desk.disconnect(province.desk_here, session.ref)

    assert first == Done(card.patron.handle, requests=1)
    assert second == Done(card.patron.handle, requests=0)
    assert province.requests(session.ref) == [
        ("disconnect", EndReason.STAFF.value, "waiting")
    ]
    assert [a for _, a, _ in province.actions()].count("session.ended") == 1


def test_an_unattributed_session_can_be_ended_too(province: Province) -> None:
    session = province.add_session(None)

    assert province.desk.disconnect(province.desk_here, session.ref) == Done("", 1)


def test_a_session_of_another_branch_is_not_a_desks_to_end(province: Province) -> None:
    session = province.add_session(province.add_patron(), province.borujerd)

    by_desk = province.desk.disconnect(province.desk_here, session.ref)
    by_administrator = province.desk.disconnect(province.administrator, session.ref)

    assert by_desk == Refused(RefusalReason.OTHER_BRANCH)
    assert isinstance(by_administrator, Done)


def test_what_is_over_or_unknown_cannot_be_ended(province: Province) -> None:
    over = province.add_session(province.add_patron(), state=SessionState.STOPPED)

    assert province.desk.disconnect(province.desk_here, over.ref) == Refused(
        RefusalReason.ALREADY_ENDED
    )
    assert province.desk.disconnect(
        province.desk_here, SessionRef(over.ref.month, 1)
    ) == Refused(RefusalReason.NOT_FOUND)


def test_acts_on_an_unknown_patron_are_refused(province: Province) -> None:
    until = province.clock() + timedelta(days=1)
    here = province.desk_here

    outcomes = [
        province.desk.grant(here, "nobody", HALF_HOUR, reason="study", request_key="a"),
        province.desk.block(here, "nobody", until, "noise"),
        province.desk.unblock(here, "nobody"),
        province.pages.open(here, "nobody"),
    ]

    assert outcomes == [Refused(RefusalReason.NOT_FOUND)] * 4


def test_a_desk_sees_a_guests_remainder_but_only_its_own_branchs_sessions(
    province: Province,
) -> None:
    card = province.add_patron()
    province.add_session(card, province.borujerd, ago=timedelta(minutes=30))
    mine = province.add_session(card, ago=timedelta(minutes=10))

    page = province.pages.open(province.desk_here, card.patron.handle)
    all_of_it = province.pages.open(province.administrator, card.patron.handle)

    assert isinstance(page, PatronPage)
    assert isinstance(all_of_it, PatronPage)
    assert [view.session.ref for view in page.sessions] == [mine.ref]
    assert page.elsewhere == 1
    assert page.today.time_left == 7200 - 40 * 60
    assert len(all_of_it.sessions) == 2
    assert all_of_it.elsewhere == 0


def test_sessions_go_on_page_by_page_newest_first(province: Province) -> None:
    card = province.add_patron()
    refs = [
        province.add_session(
            card,
            state=SessionState.STOPPED,
            ago=timedelta(hours=hours),
            usage=Usage(1, 0, 0),
        ).ref
        for hours in range(25, 0, -1)
    ]

    seen: list[SessionRef] = []
    older: SessionRef | None = None
    while len(seen) < 25:
        page = province.pages.open(province.desk_here, card.patron.handle, before=older)
        assert isinstance(page, PatronPage)
        seen.extend(view.session.ref for view in page.sessions)
        older = page.older

    assert seen == sorted(refs, key=lambda ref: ref.id, reverse=True)
    assert older is None


def test_who_is_online_is_told_for_ones_own_branch_only(province: Province) -> None:
    card = province.add_patron()
    here = province.add_session(card)
    there = province.add_session(card, province.borujerd)
    province.add_session(card, state=SessionState.STOPPED)

    def online(member: object, branch: int | None) -> object:
        found = province.pages.online(member, branch, 50)  # type: ignore[arg-type]
        return found if isinstance(found, Refused) else {v.session.ref for v in found}

    assert online(province.desk_here, None) == {here.ref}
    assert online(province.desk_here, province.borujerd.id) == Refused(
        RefusalReason.OTHER_BRANCH
    )
    assert online(province.administrator, None) == {here.ref, there.ref}


def test_the_confirmation_of_an_end_is_shown_for_ones_own_branch_only(
    province: Province,
) -> None:
    session = province.add_session(province.add_patron())

    mine = province.pages.session(province.desk_here, session.ref)
    theirs = province.pages.session(province.desk_there, session.ref)

    assert not isinstance(mine, Refused)
    assert mine.card is not None
    assert mine.card.name == "زهرا موسوی"
    assert theirs == Refused(RefusalReason.OTHER_BRANCH)


def test_every_act_leaves_an_entry_that_names_nobody(province: Province) -> None:
    card = province.add_patron()
    handle = card.patron.handle
    session = province.add_session(card)
    before = len(province.actions())
    here = province.desk_here

    province.pages.open(here, handle)
    granted = province.desk.grant(
        here, handle, HALF_HOUR, reason="her exam is on Monday", request_key="a"
    )
    assert isinstance(granted, Granted)
    province.desk.undo_grant(here, granted.grant.id)
    province.desk.disconnect(here, session.ref)
    province.desk.block(here, handle, province.clock() + timedelta(days=1), "موسوی")
    province.desk.unblock(here, handle)

    subject = f"patron:{handle}"
    assert province.actions()[before:] == [
        (here.actor, "patron.opened", subject),
        (here.actor, "allowance.granted", subject),
        (here.actor, "allowance.undone", subject),
        (here.actor, "session.ended", f"session:{session.ref.month}-{session.ref.id}"),
        (here.actor, "patron.blocked", subject),
        (here.actor, "patron.unblocked", subject),
    ]
    with province.store.read() as uow:
        text = "".join(e.details for e in uow.audit.after(0, 1000))
    assert "exam" not in text
    assert "موسوی" not in text


def test_a_refused_act_leaves_no_entry(province: Province) -> None:
    session = province.add_session(province.add_patron(), province.borujerd)
    before = province.actions()

    province.desk.disconnect(province.desk_here, session.ref)
    province.pages.session(province.desk_here, session.ref)

    assert province.actions() == before
