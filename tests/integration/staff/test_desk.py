"""Blocking, ending, and what every act leaves behind, on both databases."""

from datetime import timedelta

from portal.model.outcome import EndReason
from portal.model.session import SessionRef, SessionState
from portal.model.staff import CEILINGS, Role
from portal.model.usage import Extra
from portal.service.desk import Done, Granted
from portal.service.patron_page import PatronPage, PatronStateKind
from portal.service.staff_refusal import RefusalReason, Refused
from tests.stack.desks import Province

HALF_HOUR = Extra(seconds=1800)


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
