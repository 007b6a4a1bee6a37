"""Accounting: every acknowledged record in the ledger exactly once, judged as it lands.

One transaction a batch. Each report finds its session (our Class, the ticket's name,
the NAS's own session id), becomes a stored record, moves the session's counters, and is
booked per patron-day and branch-hour; then the patrons concerned are judged over their
whole use including this batch. Bookings are a function of the set of records: see
portal.policy.booking.
"""

from collections.abc import Sequence
from datetime import datetime

from portal.model.outcome import RequestKind, RequestState
from portal.model.session import AccountingReport, SessionState
from portal.radius.codes import AcctStatusType
from portal.service.custody import held
from portal.service.estate_view import EstateView
from portal.service.judge import Judge
from portal.service.ledger_batch import LedgerBatch
from portal.service.matching import match_sessions
from portal.service.ports import (
    BadRecordError,
    Clock,
    Progress,
    Store,
    UnitOfWork,
)
from portal.service.proof import settle_by_record

_ON_OFF = (AcctStatusType.ACCOUNTING_ON, AcctStatusType.ACCOUNTING_OFF)
_UNENDED = (SessionState.PENDING, SessionState.OPEN, SessionState.LOST)


class Accounting:
    """Books accounting reports in batches."""

    def __init__(
        self, *, store: Store, clock: Clock, estate: EstateView, judge: Judge
    ) -> None:
        self._store = store
        self._clock = clock
        self._estate = estate
        self._judge = judge

    def book(self, batch: Sequence[AccountingReport]) -> int:
        """Commit a batch; every report in it may then be answered.

        The number of new dynamic-authorization requests. A report that the database
        refuses goes to quarantine and is answered too. Raises StoreUnavailableError or
        StoreBusyError: then nothing is stored and nobody may be answered.
        """
        try:
            with self._store.write() as uow:
                return self._book(uow, batch)
        except BadRecordError:
            # Seldom enough to begin anew; a savepoint would cost every batch.
            with self._store.write() as uow:
                return self._book_or_bisect(uow, batch)

    def _book_or_bisect(
        self, uow: UnitOfWork, batch: Sequence[AccountingReport]
    ) -> int:
        """Book all, or find the poison by halves; good records lose nothing."""
        try:
            with uow.savepoint():
                return self._book(uow, batch)
        except BadRecordError as error:
            if len(batch) == 1:
                uow.ledger.quarantine(
                    received_at=batch[0].received_at,
                    nas_id=batch[0].nas_id,
                    packet=batch[0].packet,
                    reason=str(error),
                )
                return 0
        half = len(batch) // 2
        return self._book_or_bisect(uow, batch[:half]) + self._book_or_bisect(
            uow, batch[half:]
        )

    def _book(self, uow: UnitOfWork, batch: Sequence[AccountingReport]) -> int:
        now = self._clock()
        self._estate.refresh(uow, now, {r.nas_id for r in batch})
        requests = 0
        reports: list[AccountingReport] = []
        for report in batch:
            # On and Off end sessions: what came before them is booked before them.
            if report.status_type in _ON_OFF:
                requests += self._book_reports(uow, reports, now)
                reports = []
                self._restart(uow, report, now)
            else:
                reports.append(report)
        return requests + self._book_reports(uow, reports, now)

    def _book_reports(
        self, uow: UnitOfWork, reports: Sequence[AccountingReport], now: datetime
    ) -> int:
        if not reports:
            return 0
        found, accounts = match_sessions(uow, reports, self._estate, now)
        batch = LedgerBatch(uow, self._estate, accounts)
        for report, session in zip(reports, found, strict=True):
            batch.add(report, session)
        judgement = self._judge.weigh(batch.accounts(), now)
        batch.write(judgement.changed)
        settle_by_record(uow, batch.last_reports(), now)
        return self._judge.post(uow, judgement.wanted)

    def _restart(
        self, uow: UnitOfWork, report: AccountingReport, now: datetime
    ) -> None:
        """Accounting-On or -Off: what was open at that NAS before it is over."""
        event_at = report.event_at or report.received_at
        fresh = uow.ledger.add_nas_event(
            report.nas_id, report.status_type, event_at, report.received_at
        )
        if not fresh:
            return
        live = held(uow, [s.ref for s in uow.ledger.live_of_nas(report.nas_id)])
        ended = []
        for session in live.values():
            latest = session.point_at or session.accepted_at or session.heard_at
            if session.state not in _UNENDED or latest >= event_at:
                continue
            session.state = SessionState.RESTARTED
            session.ended_at = session.point_at or event_at
            session.terminate_cause = 11  # NAS-Reboot
            session.judge_at = None
            ended.append(session)
        if not ended:
            return
        uow.ledger.save(ended)
        for request in uow.outbox.open_for([s.ref for s in ended]).values():
            proved = request.kind is RequestKind.DISCONNECT
            uow.outbox.update(
                request.id,
                Progress(
                    state=RequestState.VERIFIED if proved else RequestState.SUPERSEDED,
                    open=False,
                    proof="nas-restart",
                    proved_at=now,
                ),
            )
        self._judge.run(
            uow, {s.patron_id for s in ended if s.patron_id is not None}, now
        )
