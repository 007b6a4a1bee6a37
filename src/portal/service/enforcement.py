"""Carrying decisions out: the scheduler of session ends, the outbox, the sweep.

radiusd drives it; every method is one transaction of a few milliseconds.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from portal.model.outcome import DynauthRequest, RequestKind, RequestState
from portal.model.session import Session, SessionRef, SessionState
from portal.service.custody import held
from portal.service.estate_view import EstateView
from portal.service.judge import Judge
from portal.service.ports import Clock, Progress, Store, UnitOfWork

_CLAIM = timedelta(seconds=40)
_PENDING_LIFE = timedelta(seconds=120)
# Again after silence: 30 s, 60 s, ... at most five minutes.
_AGAIN = timedelta(seconds=30)
_AGAIN_MOST = timedelta(minutes=5)
_SESSION_CONTEXT_NOT_FOUND = 503
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

    def tick(self) -> int:
        """Judge sessions whose instant has come; the number of new requests."""
        now = self._clock()
        with self._store.read() as uow:
            if not uow.ledger.due_for_judgement(now, 1):
                return 0
        with self._store.write() as uow:
            due = uow.ledger.due_for_judgement(now, _CHUNK)
            patrons = {s.patron_id for s in due if s.patron_id is not None}
            return self._judge.run(uow, patrons, now)

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
            if request.session not in uow.outbox.open_for([request.session]):
                return  # the Stop overtook the answer
            if answer == "silence":
                self._silence(uow, request, now)
            elif answer == "ack" or self._gone(request, error_cause):
                self._acknowledged(uow, request, error_cause, now)
            else:
                uow.outbox.update(
                    request.id,
                    Progress(
                        state=RequestState.FAILED,
                        open=request.kind is RequestKind.DISCONNECT,
                        answered_at=now,
                        error_cause=error_cause,
                        proof="refused",
                        due_at=now + _backoff(request.attempts),
                    ),
                )

    def _gone(self, request: DynauthRequest, error_cause: int | None) -> bool:
        """A NAK that says the session is not there (RFC 5176 3.5, or the dialect)."""
        if request.kind is not RequestKind.DISCONNECT:
            return False
        if error_cause is not None:
            return error_cause == _SESSION_CONTEXT_NOT_FOUND
        profile = self._estate.profile(request.nas_id)
        return profile is not None and profile.nak_without_cause_means_gone

    def _silence(self, uow: UnitOfWork, request: DynauthRequest, now: datetime) -> None:
        uow.outbox.update(
            request.id,
            Progress(
                state=RequestState.UNKNOWN,
                open=True,
                due_at=now + _backoff(request.attempts),
            ),
        )

    def _acknowledged(
        self,
        uow: UnitOfWork,
        request: DynauthRequest,
        error_cause: int | None,
        now: datetime,
    ) -> None:
        if request.kind is RequestKind.CHANGE:
            session = held(uow, [request.session]).get(request.session)
            if session is not None and request.limits is not None:
                session.told_timeout = request.limits.timeout
                session.told_octets = request.limits.octets
                uow.ledger.save([session])
            uow.outbox.update(
                request.id,
                Progress(
                    state=RequestState.VERIFIED,
                    open=False,
                    answered_at=now,
                    proof="ack",
                    proved_at=now,
                ),
            )
            return
        uow.outbox.update(
            request.id,
            Progress(
                state=RequestState.ACKNOWLEDGED,
                open=True,
                answered_at=now,
                error_cause=error_cause,
            ),
        )

    def prove(self) -> int:
        """Settle acknowledged disconnects that silence has proved; how many."""
        now = self._clock()
        with self._store.read() as uow:
            if not uow.outbox.awaiting_proof(1):
                return 0
        with self._store.write() as uow:
            self._estate.refresh(uow, now)
            waiting = [
                request
                for request in uow.outbox.awaiting_proof(_CHUNK)
                if self._is_quiet(request)
            ]
            sessions = held(uow, [request.session for request in waiting])
            # Read anew: a record may have told of use after the acknowledgement.
            requests = uow.outbox.open_for(sessions)
            return sum(
                self._prove(uow, request, sessions[ref], now)
                for ref, request in requests.items()
                if request.state is RequestState.ACKNOWLEDGED
            )

    def _is_quiet(self, request: DynauthRequest) -> bool:
        """Whether the NAS was heard for long enough after its acknowledgement."""
        if not self._estate.known(request.nas_id) or request.answered_at is None:
            return False
        nas = self._estate.nas(request.nas_id)
        quiet = timedelta(seconds=2 * nas.interim_interval)
        return nas.heard_at is not None and nas.heard_at >= request.answered_at + quiet

    def _prove(
        self, uow: UnitOfWork, request: DynauthRequest, session: Session, now: datetime
    ) -> int:
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
        lost = uow.ledger.stale(self._up_since, _CHUNK)
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


def _backoff(attempts: int) -> timedelta:
    return min(_AGAIN * (1 << min(attempts, 6)), _AGAIN_MOST)
