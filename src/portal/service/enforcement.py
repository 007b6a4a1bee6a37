"""Carrying decisions out: the scheduler of session ends, the outbox, the sweep.

radiusd drives it; every method is one transaction of a few milliseconds.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from portal.model.outcome import DynauthRequest, EndReason, RequestState
from portal.model.session import Session, SessionRef, SessionState
from portal.service.answers import Answer, take
from portal.service.custody import held
from portal.service.estate_view import EstateView
from portal.service.judge import Judge
from portal.service.ports import Clock, Progress, Store, UnitOfWork

_CLAIM = timedelta(seconds=40)
_PENDING_LIFE = timedelta(seconds=120)
_AGAIN = timedelta(seconds=30)
_CHUNK = 100


class Enforcement:
    """The scheduler, the outbox and the sweep of one radiusd."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        estate: EstateView,
        judge: Judge,
        process: str = "radiusd",
        instance: str = "1",
    ) -> None:
        self._store = store
        self._clock = clock
        self._estate = estate
        self._judge = judge
        self._process = process
        self._instance = instance
        self._up_since = clock()
        self.behind = False

    def tick(self) -> int:
        """Judge sessions whose instant has come; the number of new requests.

        At midnight that is everybody: `behind` says whether more are due.
        """
        now = self._clock()
        self.behind = False
        with self._store.read() as uow:
            if not uow.ledger.due_for_judgement(now, 1):
                return 0
        with self._store.write() as uow:
            due = uow.ledger.due_for_judgement(now, _CHUNK)
            self.behind = len(due) == _CHUNK
            patrons = {s.patron_id for s in due if s.patron_id is not None}
            added = self._judge.run(uow, patrons, now)
            return added + self._end_orphans(uow, {s.ref for s in due}, now)

    def _end_orphans(
        self, uow: UnitOfWork, due: Collection[SessionRef], now: datetime
    ) -> int:
        """What nobody could judge has no patron any more: erased since it began."""
        still_due = uow.ledger.due_for_judgement(now, _CHUNK)
        sessions = held(uow, [s.ref for s in still_due if s.ref in due])
        for session in sessions.values():
            session.judge_at = now + _AGAIN
        uow.ledger.save(sessions.values())
        reason = EndReason.MEMBERSHIP_ENDED
        return sum(
            self._judge.end(uow, session, reason, {}, now)
            for session in sessions.values()
        )

    def claim(self, limit: int = 64) -> list[DynauthRequest]:
        """Requests that are due, reserved for this process; to be sent now."""
        now = self._clock()
        with self._store.read() as uow:
            if not uow.outbox.any_due(now):
                return []
        with self._store.write() as uow:
            return uow.outbox.claim(now, now + _CLAIM, limit)

    def sent(self, request_id: int) -> None:
        """The first packet has left."""
        now = self._clock()
        with self._store.write() as uow:
            uow.outbox.update(
                request_id, Progress(state=RequestState.SENT, open=True, sent_at=now)
            )

    def answered(
        self, request: DynauthRequest, answer: str, error_cause: int | None = None
    ) -> None:
        """`answer` is "ack", "nak" or "silence" (every retransmission unanswered)."""
        now = self._clock()
        with self._store.write() as uow:
            self._estate.refresh(uow, now)
            session = held(uow, [request.session]).get(request.session)
            current = uow.outbox.open_for([request.session]).get(request.session)
            if session is None or current is None or current.id != request.id:
                return  # the Stop overtook the answer
            take(uow, self._estate, Answer(request, answer, error_cause), session, now)
            if answer != "ack" and session.patron_id is not None:
                # Meanwhile it may go on after all.
                self._judge.run(uow, [session.patron_id], now)

    def prove(self) -> int:
        """Settle acknowledged disconnects that silence has proved; how many."""
        now = self._clock()
        with self._store.read() as uow:
            if not uow.outbox.provable(now, 1):
                return 0
        with self._store.write() as uow:
            self._estate.refresh(uow, now)
            quiet = {r.session: r.id for r in uow.outbox.provable(now, _CHUNK)}
            sessions = held(uow, quiet)
            # Read anew: a record may have told of use after the acknowledgement.
            requests = uow.outbox.open_for(sessions)
            return sum(
                self._prove(uow, request, sessions[ref], now)
                for ref, request in requests.items()
                if request.state is RequestState.ACKNOWLEDGED
                and request.id == quiet[ref]
            )

    def _prove(
        self, uow: UnitOfWork, request: DynauthRequest, session: Session, now: datetime
    ) -> int:
        if not self._estate.known(request.nas_id):
            # It was taken out of use: nothing will ever be heard.
            gone = Progress(state=RequestState.UNKNOWN, open=False, proof="nas-removed")
            uow.outbox.update(request.id, gone)
            return 0
        if session.state.live:
            _lose(session)
            uow.ledger.save([session])
        uow.outbox.update(
            request.id,
            Progress(
                state=RequestState.VERIFIED,
                open=False,
                proof="silence",
                proved_at=now,
            ),
        )
        return 1

    def sweep(self) -> int:
        """Mark sessions presumed lost and accepted ones that never started."""
        now = self._clock()
        with self._store.read() as uow:
            silent = self._silent(uow, now)
        if not silent:
            return 0
        with self._store.write() as uow:
            sessions = held(uow, silent)
            # Asked again: a record may have come before we had the locks.
            still = [s for ref, s in sessions.items() if ref in self._silent(uow, now)]
            for session in still:
                _lose(session)
            uow.ledger.save(still)
            patrons = {s.patron_id for s in still if s.patron_id is not None}
            self._judge.run(uow, patrons, now)
        return len(still)

    def _silent(self, uow: UnitOfWork, now: datetime) -> set[SessionRef]:
        lost = uow.ledger.stale(self._up_since, now, _CHUNK)
        absent = uow.ledger.never_started(now - _PENDING_LIFE, _CHUNK)
        return {session.ref for session in [*lost, *absent]}

    def heartbeat(self, heard: Mapping[int, datetime]) -> None:
        """Write down that we live, and when each NAS was last heard."""
        now = self._clock()
        with self._store.write() as uow:
            uow.estate.heard(heard)
            uow.estate.beat(self._process, self._instance, self._up_since, now)


def _lose(session: Session) -> None:
    """It ends at the last that was seen of it; what comes later revives it."""
    if session.state is SessionState.PENDING:
        session.state = SessionState.NEVER_STARTED
    else:
        session.state = SessionState.LOST
        session.ended_at = session.point_at or session.accepted_at
    session.judge_at = None
