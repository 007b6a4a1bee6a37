"""What became of a request to the NAS: proved, disproved, or still unknown.

An ACK alone proves nothing (NASes acknowledge and let the device surf on). Proof is a
Stop, or an ACK followed by silence about that session while the NAS itself is heard.
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from portal.model.outcome import DynauthRequest, RequestKind, RequestState
from portal.model.session import AccountingReport, Session, SessionState
from portal.service.ports import Progress, UnitOfWork

log = logging.getLogger(__name__)

# Records on their way when the ACK was sent do not disprove it.
_CROSSING = timedelta(seconds=10)


def settle_by_record(
    uow: UnitOfWork,
    reports: Iterable[tuple[Session, AccountingReport]],
    now: datetime,
) -> None:
    """Let freshly booked records prove or disprove open requests."""
    latest = {session.ref: (session, report) for session, report in reports}
    for ref, request in uow.outbox.open_for(latest).items():
        session, report = latest[ref]
        if session.state is SessionState.STOPPED:
            _stopped(uow, request, now)
        elif _used_after_ack(request, report):
            log.warning("dynauth.use_after_ack", extra={"nas": request.nas_id})
            uow.outbox.update(
                request.id,
                Progress(
                    state=RequestState.FAILED,
                    open=True,
                    proof="use-after-ack",
                    proved_at=now,
                    due_at=now,
                ),
            )


def _stopped(uow: UnitOfWork, request: DynauthRequest, now: datetime) -> None:
    if request.kind is RequestKind.CHANGE:
        uow.outbox.update(
            request.id, Progress(state=RequestState.SUPERSEDED, open=False)
        )
        return
    uow.outbox.update(
        request.id,
        Progress(
            state=RequestState.VERIFIED,
            open=False,
            proof="stop",
            proved_at=now,
        ),
    )


def _used_after_ack(request: DynauthRequest, report: AccountingReport) -> bool:
    return (
        request.kind is RequestKind.DISCONNECT
        and request.state is RequestState.ACKNOWLEDGED
        and request.answered_at is not None
        and report.happened_at > request.answered_at + _CROSSING
    )
