"""What is left: the figures on status pages, desks and the captive-portal API."""

from dataclasses import dataclass
from datetime import datetime

from portal.model.estate import PlanTerms
from portal.model.outcome import EndReason
from portal.model.patron import Patron
from portal.model.session import Session, SessionRef, SessionState
from portal.model.usage import Extra, Usage
from portal.policy.judgement import Account
from portal.policy.windows import day_at
from portal.service.ports import Store, UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Remaining:
    """A patron's allowance of today. None means unlimited."""

    patron: Patron
    terms: PlanTerms
    time_left: int | None  # seconds
    octets_left: int | None
    used: Usage  # today, running sessions included
    extra: Extra
    renews_at: datetime
    sessions: tuple[Session, ...]  # pending and open


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionStatus:
    """One session as its own status page shows it."""

    session: Session
    remaining: Remaining | None  # None: nobody's session
    seconds_left: int | None  # of this session, the nearest limit
    octets_left: int | None


def remaining(uow: UnitOfWork, patron_id: int, now: datetime) -> Remaining | None:
    """None if there is no such patron, or an erased one."""
    account = uow.patrons.accounts([patron_id], now, lock=False).get(patron_id)
    return None if account is None else remaining_of(account, now)


def remaining_of(account: Account, now: datetime) -> Remaining:
    left = account.today(now)
    return Remaining(
        patron=account.patron,
        terms=account.terms,
        time_left=left.time_left,
        octets_left=left.octets_left,
        used=left.used,
        extra=account.extra.get(left.window.day, Extra()),
        renews_at=left.window.ends_at,
        sessions=account.sessions,
    )


def session_status(
    store: Store, ref: SessionRef, now: datetime
) -> SessionStatus | None:
    """The session and what is left for it; None if the ledger knows no such session."""
    with store.read() as uow:
        session = uow.ledger.sessions([ref]).get(ref)
        if session is None:
            return None
        left = (
            remaining(uow, session.patron_id, now)
            if session.patron_id is not None
            else None
        )
    return SessionStatus(
        session=session,
        remaining=left,
        seconds_left=_seconds_left(session, left, now),
        octets_left=left.octets_left if left else None,
    )


def _seconds_left(
    session: Session, left: Remaining | None, now: datetime
) -> int | None:
    """To the session's end as judged; across midnight that can be more than today's."""
    if left is None or session.ends_at is None:
        return None
    if session.ends_by == EndReason.TIME_QUOTA and _renewed_since(session, left, now):
        return left.time_left
    return max(0, int((session.ends_at - now).total_seconds()))


def _renewed_since(session: Session, left: Remaining, now: datetime) -> bool:
    """Whether a new day began after the session was last judged."""
    window = day_at(int(now.timestamp()), left.patron.time_zone)
    point = session.point_at or session.accepted_at
    return (
        session.state is SessionState.OPEN
        and point is not None
        and int(point.timestamp()) < window.starts
    )
