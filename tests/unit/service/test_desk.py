"""The desk's rules that need no store: ceilings, undoing, a patron's state."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from portal.model.estate import PlanTerms
from portal.model.patron import Patron
from portal.model.session import Session, SessionRef, SessionState
from portal.model.staff import (
    CEILINGS,
    UNDO_WITHIN,
    AllowanceGrant,
    Role,
    StaffMember,
)
from portal.model.usage import Extra, Usage
from portal.policy.judgement import Account
from portal.service.desk import room, undo_refusal
from portal.service.patron_page import PatronStateKind, state_of
from portal.service.staff_refusal import RefusalReason

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
TODAY = NOW.astimezone(ZoneInfo("Asia/Tehran")).date()


def a_member(role: Role = Role.DESK, number: int = 1) -> StaffMember:
    return StaffMember(
        id=number,
        username=f"staff{number}",
        name="کتابدار",
        role=role,
        branch_id=1 if role is Role.DESK else None,
    )


def a_grant(
    by: int | None = 1,
    ago: timedelta = timedelta(0),
    undone_at: datetime | None = None,
) -> AllowanceGrant:
    return AllowanceGrant(
        id=1,
        patron_id=1,
        day=20261121,
        extra=Extra(seconds=1800),
        reason="study",
        staff_id=by,
        created_at=NOW - ago,
        undone_at=undone_at,
    )


def an_account(
    *,
    used: Usage | None = None,
    blocked_until: datetime | None = None,
    valid_until: datetime | None = None,
    sessions: tuple[Session, ...] = (),
) -> Account:
    return Account(
        patron=Patron(
            id=1,
            handle="abc",
            home_branch_id=1,
            plan_id=1,
            time_zone="Asia/Tehran",
            blocked_until=blocked_until,
            valid_until=valid_until,
        ),
        terms=PlanTerms(
            id=1,
            plan_id=1,
            code="member",
            version=1,
            name_fa="عضو",
            name_en="Member",
            time_per_day=7200,
            data_per_day=10**9,
            speed_down=None,
            speed_up=None,
            devices=2,
            idle_timeout=None,
            longest_session=None,
        ),
        used={TODAY: used} if used else {},
        extra={},
        sessions=sessions,
    )


def a_session(began: datetime) -> Session:
    return Session(
        ref=SessionRef(202611, 1),
        branch_id=1,
        nas_id=1,
        patron_id=1,
        plan_version_id=1,
        grant_id=None,
        user_name="x",
        acct_session_id="x",
        device="02-00-00-00-00-01",
        state=SessionState.OPEN,
        started_at=began,
        point_at=NOW,
        heard_at=NOW,
    )


def kind(account: Account) -> PatronStateKind:
    return state_of(account, account.today(NOW), NOW).kind


# ----------------------------------------------------------------------------- scope


def test_a_desk_works_at_its_branch_and_an_administrator_everywhere() -> None:
    desk, administrator = a_member(), a_member(Role.ADMINISTRATOR)

    assert desk.works_at(1)
    assert not desk.works_at(2)
    assert not desk.works_at(None)
    assert administrator.works_at(2)
    assert (desk.scope, administrator.scope) == (1, None)


def test_a_desk_that_lost_its_branch_sees_nothing_instead_of_everything() -> None:
    adrift = StaffMember(id=1, username="x", name="x", role=Role.DESK, branch_id=None)

    assert not adrift.works_at(1)
    assert not adrift.works_at(None)
    with pytest.raises(PermissionError):
        _ = adrift.scope


# --------------------------------------------------------------------------- ceilings


def test_every_role_has_a_ceiling_and_the_head_office_the_higher_one() -> None:
    assert set(CEILINGS) == set(Role)
    desk, office = CEILINGS[Role.DESK], CEILINGS[Role.ADMINISTRATOR]
    assert desk.per_day.seconds < office.per_day.seconds
    assert desk.per_day.octets < office.per_day.octets
    assert desk.block < office.block


def test_what_may_still_be_given_never_falls_below_nothing() -> None:
    most = CEILINGS[Role.DESK].per_day

    assert room(a_member(), Extra()) == most
    assert room(a_member(), Extra(most.seconds + 1, most.octets - 1)) == Extra(0, 1)


# ----------------------------------------------------------------------------- undoing


@pytest.mark.parametrize(
    ("actor", "grant", "refusal"),
    [
        (a_member(), a_grant(), None),
        (a_member(), a_grant(ago=UNDO_WITHIN), None),
        (
            a_member(),
            a_grant(ago=UNDO_WITHIN + timedelta(seconds=1)),
            RefusalReason.TOO_LATE,
        ),
        (a_member(), a_grant(by=2), RefusalReason.NOT_YOURS),
        (a_member(), a_grant(by=None), RefusalReason.NOT_YOURS),
        (a_member(Role.ADMINISTRATOR), a_grant(by=2), None),
        (a_member(Role.ADMINISTRATOR, 0), a_grant(by=None), None),
        (a_member(), a_grant(undone_at=NOW), RefusalReason.ALREADY_UNDONE),
    ],
)
def test_a_grant_is_undone_by_its_giver_within_ten_minutes(
    actor: StaffMember, grant: AllowanceGrant, refusal: RefusalReason | None
) -> None:
    assert undo_refusal(actor, grant, NOW) is refusal


# ------------------------------------------------------------------------------- state


def test_the_strongest_fact_about_a_patron_comes_first() -> None:
    later = NOW + timedelta(days=1)
    online = (a_session(NOW - timedelta(minutes=5)),)
    spent = Usage(7200, 10**9, 0)

    assert kind(an_account()) is PatronStateKind.READY
    assert kind(an_account(used=Usage(7200, 0, 0))) is PatronStateKind.TIME_USED
    assert kind(an_account(used=Usage(0, 10**9, 0))) is PatronStateKind.DATA_USED
    assert kind(an_account(used=spent, sessions=online)) is PatronStateKind.ONLINE
    assert (
        kind(an_account(valid_until=NOW, sessions=online))
        is PatronStateKind.MEMBERSHIP_ENDED
    )
    assert (
        kind(an_account(blocked_until=later, valid_until=NOW))
        is PatronStateKind.BLOCKED
    )
    assert kind(an_account(blocked_until=NOW)) is PatronStateKind.READY


def test_online_is_since_the_first_of_several_devices() -> None:
    first = NOW - timedelta(minutes=50)
    account = an_account(
        sessions=(a_session(NOW - timedelta(minutes=5)), a_session(first))
    )

    state = state_of(account, account.today(NOW), NOW)

    assert (state.at, state.sessions) == (first, 2)
