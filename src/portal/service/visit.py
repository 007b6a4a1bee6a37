"""A patron's own session: what is left of it, and ending it.

Who is asking is known from an unguessable token in the address. It opens nothing else,
and nothing at all ten minutes after the session is over.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.model.outcome import EndReason
from portal.model.session import Session, SessionRef
from portal.service.custody import held
from portal.service.judge import Judge
from portal.service.keys import KeyRing
from portal.service.ports import Clock, Store
from portal.service.remaining import SessionStatus, session_status
from portal.service.tickets import read_status_token, status_token

SHOWN_AFTER_END = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Visit:
    """One session as its patron sees it at `now`; `ending`: its end is on its way."""

    status: SessionStatus
    now: datetime
    ending: bool

    @property
    def session(self) -> Session:
        return self.status.session


class Visits:
    """The use case behind the status page, its button, and the captive-portal API."""

    def __init__(
        self, *, store: Store, keys: KeyRing, judge: Judge, clock: Clock
    ) -> None:
        self._store, self._keys = store, keys
        self._judge, self._clock = judge, clock

    def token(self, session: Session) -> str:
        return status_token(self._keys, session.ref)

    def look(self, token: str) -> Visit | None:
        """None for a token that is not ours, or no longer good."""
        ref = read_status_token(self._keys, token)
        now = self._clock()
        status = session_status(self._store, ref, now) if ref is not None else None
        if ref is None or status is None or _forgotten(status.session, now):
            return None
        return Visit(status, now, status.session.state.live and self._is_ending(ref))

    def end(self, token: str) -> Visit | None:
        """End the session; again is as good as once. None as for `look`.

        The patron's browser goes on to the access server, which is the quicker way out;
        this one holds when the browser does not get there.
        """
        ref = read_status_token(self._keys, token)
        if ref is None:
            return None
        now = self._clock()
        with self._store.write() as uow:
            session = held(uow, [ref]).get(ref)
            if session is not None and session.state.live:
                self._judge.end(uow, session, EndReason.PATRON, {}, now)
        return self.look(token)

    def _is_ending(self, ref: SessionRef) -> bool:
        with self._store.read() as uow:
            request = uow.outbox.open_for([ref]).get(ref)
        return request is not None and request.reason == EndReason.PATRON


def _forgotten(session: Session, now: datetime) -> bool:
    if session.state.live:
        return False
    return now - (session.ended_at or session.heard_at) > SHOWN_AFTER_END
