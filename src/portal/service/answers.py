"""What an access server said to a request, or that it said nothing.

An acknowledged Disconnect still has to be proved. Whatever is neither acknowledged nor
known to be over is asked again, for as long as the session lives.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.model.outcome import DynauthRequest, RequestKind, RequestState
from portal.model.session import Session
from portal.radius.codes import ErrorCause
from portal.service.estate_view import EstateView
from portal.service.ports import Progress, UnitOfWork

# One minute after the first time, then longer, at most five.
_AGAIN = timedelta(seconds=30)
_AGAIN_MOST = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Answer:
    """`word` is "ack", "nak" or "silence" (every retransmission unanswered)."""

    request: DynauthRequest
    word: str
    error_cause: int | None


def take(
    uow: UnitOfWork,
    estate: EstateView,
    answer: Answer,
    session: Session,
    now: datetime,
) -> None:
    """Write down what an answer means; under the session's lock."""
    if answer.word == "ack" or _means_gone(estate, answer):
        progress = _acknowledged(uow, answer, session, now)
    elif answer.word == "silence":
        progress = _silence(answer, session, now)
    else:
        progress = _refused(answer, session, now)
    uow.outbox.update(answer.request.id, progress)


def _means_gone(estate: EstateView, answer: Answer) -> bool:
    """A NAK that says the session is not there (RFC 5176 3.5, or the dialect)."""
    request = answer.request
    if answer.word != "nak" or request.kind is not RequestKind.DISCONNECT:
        return False
    if answer.error_cause is not None:
        return answer.error_cause == ErrorCause.SESSION_CONTEXT_NOT_FOUND
    profile = estate.profile(request.nas_id)
    return profile is not None and profile.nak_without_cause_means_gone


def _acknowledged(
    uow: UnitOfWork, answer: Answer, session: Session, now: datetime
) -> Progress:
    if answer.request.kind is RequestKind.DISCONNECT:
        return Progress(
            state=RequestState.ACKNOWLEDGED,
            open=True,
            answered_at=now,
            error_cause=answer.error_cause,
        )
    limits = answer.request.limits
    if limits is not None and session.state.live:
        session.told_timeout = limits.timeout
        session.told_octets = limits.octets
        # They may have grown while this was on its way.
        session.judge_at = now
        uow.ledger.save([session])
    return Progress(
        state=RequestState.VERIFIED,
        open=False,
        answered_at=now,
        proof="ack",
        proved_at=now,
    )


def _silence(answer: Answer, session: Session, now: datetime) -> Progress:
    return Progress(
        state=RequestState.UNKNOWN,
        open=session.state.live,
        due_at=now + _backoff(answer.request.attempts),
    )


def _refused(answer: Answer, session: Session, now: datetime) -> Progress:
    wanted = answer.request.kind is RequestKind.DISCONNECT and session.state.live
    return Progress(
        state=RequestState.FAILED,
        open=wanted,
        answered_at=now,
        error_cause=answer.error_cause,
        proof="refused",
        due_at=now + _backoff(answer.request.attempts),
    )


def _backoff(attempts: int) -> timedelta:
    return min(_AGAIN * (1 << min(attempts, 6)), _AGAIN_MOST)
