"""How much a patron may still use, and the instant at which access must end.

Several devices share one allowance: a session is told the whole remainder, and time
drains as many times faster as there are sessions. A day's quota ends with the day: what
is left after midnight is the next day's.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from portal.model.estate import PlanTerms
from portal.model.outcome import EndReason
from portal.model.session import Session, SessionState
from portal.model.usage import Extra, Usage
from portal.policy.windows import Window, day_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What is left today. None means unlimited; a balance may be overdrawn."""

    time_balance: int | None  # seconds
    octets_balance: int | None
    used: Usage  # today, running sessions included
    window: Window

    @property
    def time_left(self) -> int | None:
        return None if self.time_balance is None else max(0, self.time_balance)

    @property
    def octets_left(self) -> int | None:
        return None if self.octets_balance is None else max(0, self.octets_balance)

    @property
    def spent(self) -> EndReason | None:
        """The quota that is used up, if one is."""
        if self.octets_left == 0:
            return EndReason.DATA_QUOTA
        if self.time_left == 0:
            return EndReason.TIME_QUOTA
        return None


def running_time(sessions: Iterable[Session], window: Window, now: datetime) -> int:
    """Seconds of today that open sessions have run beyond their last record."""
    moment = int(now.timestamp())
    total = 0
    for session in sessions:
        if (
            session.state is SessionState.OPEN
            and session.point_at is not None
            and not _over_before(session, session.point_at, window)
        ):
            since = max(int(session.point_at.timestamp()), window.starts)
            total += max(0, moment - since)
    return total


def _over_before(session: Session, point_at: datetime, window: Window) -> bool:
    """Whether it was not heard of in this window and was told to end before it.

    Else a session at an access server that lost its power would use up a patron's time
    day after day.
    """
    if session.told_timeout is None:
        return False
    told_end = session.began_at + timedelta(seconds=session.told_timeout)
    return max(told_end, point_at).timestamp() < window.starts


def allowance(
    terms: PlanTerms,
    *,
    booked: Usage,
    extra: Extra,
    sessions: Iterable[Session],
    window: Window,
    now: datetime,
) -> Allowance:
    """What is left of today's quota at `now`.

    `booked` is the ledger's word for the window, `sessions` the patron's live ones.
    """
    running = running_time(sessions, window, now)
    used = booked + Usage(running, 0, 0) if running else booked
    return Allowance(
        time_balance=_balance(terms.time_per_day, extra.seconds, used.session_time),
        octets_balance=_balance(terms.data_per_day, extra.octets, used.octets),
        used=used,
        window=window,
    )


def _balance(quota: int | None, extra: int, used: int) -> int | None:
    if quota is None:
        return None
    return quota + extra - used


def time_ends_at(
    left: Allowance, terms: PlanTerms, *, draining: int, now: datetime, time_zone: str
) -> datetime | None:
    """When the time quota runs out with so many sessions draining it.

    Looks across midnight: at the day's end the next day's quota begins. None if the
    quota cannot run out before another midnight renews it; in the past if overdrawn.
    """
    if left.time_balance is None or terms.time_per_day is None:
        return None
    drains = max(1, draining)
    # Whole seconds, as the balance is: while nothing changes, every look finds the
    # same end.
    moment = now.replace(microsecond=0)
    today = moment + timedelta(seconds=left.time_balance // drains)
    midnight = left.window.ends
    if today.timestamp() < midnight:
        return today
    tomorrow = midnight + terms.time_per_day // drains
    if tomorrow >= day_at(midnight, time_zone).ends:
        return None
    return datetime.fromtimestamp(tomorrow, UTC)
