"""What a session may still use, and whether the server has to step in.

A limit that the NAS was told gets the NAS's own check interval before the server acts:
both would cut within seconds, and the cause on record is then the limit itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from portal.model.estate import PlanTerms
from portal.model.outcome import EndReason, Limits
from portal.model.patron import Patron
from portal.model.session import Session, SessionState
from portal.model.usage import Extra, Usage
from portal.policy.allowance import Allowance, allowance, time_ends_at
from portal.policy.windows import day_at

# A NAS's seconds and ours differ by rounding: smaller gains are not worth a CoA.
_TIMEOUT_GAIN = 5
_TOLD_AGREES = timedelta(seconds=5)
# No session lasts until then, and no reckoning passes the last day of the calendar.
_FAR = timedelta(days=3650)
# Until a decision is carried out it is looked at again this often.
_AGAIN = timedelta(seconds=15)
_NO_GRACE = timedelta()
_NO_USAGE = Usage()
_NO_EXTRA = Extra()


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One patron's terms and use: what judging needs, without any store."""

    patron: Patron
    terms: PlanTerms
    used: Mapping[date, Usage]
    extra: Mapping[date, Extra]
    sessions: tuple[Session, ...]  # pending and open

    def with_sessions(self, sessions: tuple[Session, ...]) -> "Account":
        return replace(self, sessions=sessions)

    def after(
        self, used: Mapping[date, Usage], sessions: tuple[Session, ...]
    ) -> "Account":
        """The account once a batch of records is booked."""
        return Account(
            patron=self.patron,
            terms=self.terms,
            used=used,
            extra=self.extra,
            sessions=sessions,
        )

    def today(self, now: datetime) -> Allowance:
        window = day_at(int(now.timestamp()), self.patron.time_zone)
        return allowance(
            self.terms,
            booked=self.used.get(window.day, _NO_USAGE),
            extra=self.extra.get(window.day, _NO_EXTRA),
            sessions=self.sessions,
            window=window,
            now=now,
        )


@dataclass(frozen=True, slots=True)
class Keep:
    """The session goes on, within these limits."""

    limits: Limits
    judge_at: datetime | None  # with the grace that the NAS has
    tell: bool  # the NAS was told less than this


@dataclass(frozen=True, slots=True)
class End:
    """The session must end now."""

    reason: EndReason
    limits: Limits
    judge_at: datetime


def limits(
    account: Account, left: Allowance, session: Session | None, now: datetime
) -> Limits:
    """A session's limits counted from its start; `session` None: one about to begin."""
    began = _began(session, now)
    longest = account.terms.longest_session
    hard: list[tuple[datetime, EndReason]] = []
    if longest is not None:
        hard.append((began + timedelta(seconds=longest), EndReason.LONGEST_SESSION))
    valid_until = account.patron.valid_until
    if valid_until is not None and valid_until - now < _FAR:
        hard.append((valid_until, EndReason.MEMBERSHIP_ENDED))
    draining = len(account.sessions) + (session is None)
    told = _first(hard, _quota_end(account, left, 1, now))
    real = told
    if draining != 1:
        real = _first(hard, _quota_end(account, left, draining, now))
    ends_at, ends_by = real or (None, None)
    so_far = session.usage.octets if session else 0
    return Limits(
        timeout=_seconds(told, began),
        octets=None if left.octets_left is None else so_far + left.octets_left,
        ends_at=ends_at,
        ends_by=ends_by,
        judge_at=_judge_at(account, left, ends_at),
        idle_timeout=account.terms.idle_timeout,
        speed_down=account.terms.speed_down,
        speed_up=account.terms.speed_up,
    )


def _began(session: Session | None, now: datetime) -> datetime:
    if session is None:
        return now
    return session.started_at or session.accepted_at or now


def _quota_end(
    account: Account, left: Allowance, draining: int, now: datetime
) -> tuple[datetime, EndReason] | None:
    at = time_ends_at(
        left,
        account.terms,
        draining=draining,
        now=now,
        time_zone=account.patron.time_zone,
    )
    return None if at is None else (at, EndReason.TIME_QUOTA)


def _first(
    ends: list[tuple[datetime, EndReason]], quota: tuple[datetime, EndReason] | None
) -> tuple[datetime, EndReason] | None:
    if not ends:
        return quota
    return min([*ends, quota] if quota else ends)


def _seconds(end: tuple[datetime, EndReason] | None, began: datetime) -> int | None:
    if end is None:
        return None
    whole = began.replace(microsecond=0)
    return max(0, int((end[0] - whole).total_seconds()))


def _judge_at(
    account: Account, left: Allowance, ends_at: datetime | None
) -> datetime | None:
    """The next instant at which something may change without a record."""
    terms = account.terms
    if terms.time_per_day is None and terms.data_per_day is None:
        return ends_at
    renewal = left.window.ends_at
    return renewal if ends_at is None else min(ends_at, renewal)


def judge(
    account: Account, session: Session, check_interval: int, now: datetime
) -> Keep | End:
    """Whether a live session may go on at `now`, and within which limits."""
    left = account.today(now)
    bounds = limits(account, left, session, now)
    grace = _grace(session, bounds, check_interval)
    reason = _must_end(account, left, bounds, grace, now)
    if reason is not None:
        return End(reason, bounds, now + _AGAIN)
    judge_at = bounds.judge_at
    if bounds.ends_at is not None and (
        bounds.ends_at <= now or judge_at == bounds.ends_at
    ):
        judge_at = bounds.ends_at + grace
    return Keep(bounds, judge_at, _told_less(session, bounds))


def _must_end(
    account: Account, left: Allowance, bounds: Limits, grace: timedelta, now: datetime
) -> EndReason | None:
    blocked = account.patron.blocked_until
    if blocked is not None and blocked > now:
        return EndReason.BLOCKED
    if account.patron.valid_until is not None and account.patron.valid_until <= now:
        return EndReason.MEMBERSHIP_ENDED
    if left.octets_left == 0:
        return EndReason.DATA_QUOTA
    if bounds.ends_at is None:
        return None
    if bounds.ends_at + grace <= now:
        return bounds.ends_by
    return None


def _grace(session: Session, bounds: Limits, check_interval: int) -> timedelta:
    """The NAS's own check interval, if the NAS was told to end at this very moment."""
    if session.told_timeout is None or bounds.ends_at is None:
        return _NO_GRACE
    begins = session.started_at or session.accepted_at
    if session.state is not SessionState.OPEN or begins is None:
        return _NO_GRACE
    told_end = begins + timedelta(seconds=session.told_timeout)
    if told_end > bounds.ends_at + _TOLD_AGREES:
        return _NO_GRACE
    return timedelta(seconds=check_interval + 1)


def _told_less(session: Session, bounds: Limits) -> bool:
    if session.state is not SessionState.OPEN:
        return False
    return _grown(session.told_timeout, bounds.timeout, _TIMEOUT_GAIN) or _grown(
        session.told_octets, bounds.octets, 0
    )


def _grown(told: int | None, now: int | None, gain: int) -> bool:
    if told is None:
        return False
    return now is None or now > told + gain
