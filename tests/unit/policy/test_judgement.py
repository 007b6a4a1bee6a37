"""A limit is the minimum of all limits, and ends come when they are due."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from portal.model.outcome import Deny, DenyReason, EndReason, Limits
from portal.model.session import SessionState
from portal.model.usage import Extra, Usage
from portal.policy.admission import admit
from portal.policy.judgement import End, Keep, judge
from tests.unit.policy.builders import (
    MIDNIGHT,
    NOON,
    a_session,
    an_account,
    terms,
)

PHONE, LAPTOP = "02-4C-52-00-00-01", "02-4C-52-00-00-02"
CHECK = 3


def granted(outcome: Limits | Deny) -> Limits:
    assert isinstance(outcome, Limits)
    return outcome


def test_unlimited_is_a_value_and_not_a_zero() -> None:
    limits = granted(admit(an_account(terms()), device=PHONE, reserved=(), now=NOON))

    assert limits.timeout is None
    assert limits.octets is None
    assert limits.ends_at is None
    assert limits.judge_at is None


@given(
    time=st.none() | st.integers(1, 200_000),
    longest=st.none() | st.integers(1, 200_000),
    valid=st.none() | st.integers(1, 200_000),
    used=st.integers(0, 100_000),
    extra=st.integers(0, 10_000),
)
def test_a_session_is_granted_the_minimum_of_all_limits(
    time: int | None, longest: int | None, valid: int | None, used: int, extra: int
) -> None:
    account = an_account(
        terms(time=time, longest=longest),
        used=Usage(used),
        extra=Extra(extra),
        valid_until=NOON + timedelta(seconds=valid) if valid else None,
    )

    outcome = admit(account, device=PHONE, reserved=(), now=NOON)

    if time is not None and time + extra <= used:
        assert outcome == Deny(DenyReason.TIME_USED, MIDNIGHT)
        return
    ends = [seconds for seconds in (longest, valid) if seconds is not None]
    if time is not None:
        left, to_midnight = time + extra - used, 12 * 3600
        if left < to_midnight:
            ends.append(left)
        elif time < 24 * 3600:
            # The next day's quota begins at midnight.
            ends.append(to_midnight + time)
    assert granted(outcome).timeout == min(ends, default=None)


def test_a_spent_quota_names_the_hour_of_renewal() -> None:
    spent = an_account(terms(data=100), used=Usage(5, 60, 40))

    assert admit(spent, device=PHONE, reserved=(), now=NOON) == Deny(
        DenyReason.DATA_USED, MIDNIGHT
    )


def test_a_grant_lets_in_again() -> None:
    helped = an_account(terms(data=100), used=Usage(5, 60, 40), extra=Extra(0, 50))

    limits = granted(admit(helped, device=PHONE, reserved=(), now=NOON))

    assert limits.octets == 50


def test_a_blocked_or_lapsed_patron_is_refused() -> None:
    later = NOON + timedelta(days=3)
    blocked = an_account(terms(), blocked_until=later)
    lapsed = an_account(terms(), valid_until=NOON)

    assert admit(blocked, device=PHONE, reserved=(), now=NOON) == Deny(
        DenyReason.BLOCKED, later
    )
    assert admit(lapsed, device=PHONE, reserved=(), now=NOON) == Deny(
        DenyReason.MEMBERSHIP_ENDED
    )


def test_devices_count_by_session_and_by_reservation() -> None:
    account = an_account(terms(devices=2), sessions=[a_session(device=LAPTOP)])

    own = admit(account, device=LAPTOP, reserved=[PHONE], now=NOON)
    third = admit(account, device="02-4C-52-00-00-03", reserved=[PHONE], now=NOON)

    assert isinstance(own, Limits)
    assert third == Deny(DenyReason.TOO_MANY_DEVICES)


def test_running_time_counts_before_its_record_arrives() -> None:
    account = an_account(terms(time=600), sessions=[a_session()])

    left = account.today(NOON + timedelta(seconds=240))

    assert left.time_left == 360


def test_an_overdrawn_session_ends_however_long_nobody_looked() -> None:
    session = a_session(told_timeout=600)
    account = an_account(terms(time=600), sessions=[session])

    hour_late = judge(account, session, CHECK, NOON + timedelta(hours=1))

    assert isinstance(hour_late, End)
    assert hour_late.reason is EndReason.TIME_QUOTA
    assert hour_late.limits.ends_at == NOON + timedelta(seconds=600)


def test_a_told_limit_waits_for_the_nass_own_check() -> None:
    session = a_session(told_timeout=600)
    account = an_account(terms(time=600), sessions=[session])

    at_the_end = judge(account, session, CHECK, NOON + timedelta(seconds=601))
    after_the_check = judge(account, session, CHECK, NOON + timedelta(seconds=604))

    assert isinstance(at_the_end, Keep)
    assert at_the_end.judge_at == NOON + timedelta(seconds=604)
    assert isinstance(after_the_check, End)


def test_a_limit_the_nas_was_not_told_is_cut_at_once() -> None:
    session = a_session(told_timeout=None)
    account = an_account(terms(time=600), sessions=[session])

    verdict = judge(account, session, CHECK, NOON + timedelta(seconds=600))

    assert isinstance(verdict, End)


def test_spent_data_ends_every_session() -> None:
    one, two = a_session(1), a_session(2, device=LAPTOP)
    account = an_account(terms(data=100), used=Usage(10, 100, 0), sessions=[one, two])

    verdicts = [judge(account, s, CHECK, NOON) for s in (one, two)]

    assert [type(v) for v in verdicts] == [End, End]


def test_a_pending_session_reserves_and_does_not_yet_run() -> None:
    pending = a_session(state=SessionState.PENDING, point_at=None)
    account = an_account(terms(time=600), sessions=[pending])

    assert account.today(NOON + timedelta(seconds=100)).time_left == 600


def test_limits_in_a_change_count_from_the_sessions_start() -> None:
    session = a_session(told_timeout=600, usage=Usage(300, 40, 10))
    session.told_octets = 100
    account = an_account(
        terms(time=600, data=100),
        used=Usage(300, 40, 10),
        extra=Extra(1800, 500),
        sessions=[a_session(point_at=NOON + timedelta(seconds=300))],
    )

    verdict = judge(account, session, CHECK, NOON + timedelta(seconds=300))

    assert isinstance(verdict, Keep)
    assert verdict.tell
    assert verdict.limits.timeout == 2400
    assert verdict.limits.octets == 600
