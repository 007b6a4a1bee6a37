"""Accounting: every acknowledged record in the ledger exactly once, judged as it lands.

One transaction a batch, and one for each Accounting-On or -Off in it. Each report finds
its session (our Class, the ticket's name, the NAS's own session id), becomes a stored
record, moves the session's counters, and is booked per patron-day and branch-hour; then
the patrons concerned are judged over their whole use including this batch. Bookings are
a function of the set of records: see portal.policy.booking.
"""

from collections.abc import Iterator, Sequence
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
        StoreBusyError: then nobody may be answered; what is stored already is known
        when it comes again.
        """
        return sum(self._commit(run) for run in _runs(batch))

    def _commit(self, batch: Sequence[AccountingReport]) -> int:
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
        if batch[0].status_type in _ON_OFF:
            return self._restart(uow, batch[0], now)
        found, accounts = match_sessions(uow, batch, self._estate, now)
        ledger = LedgerBatch(uow, self._estate, accounts)
        for report, session in zip(batch, found, strict=True):
            ledger.add(report, session)
        judgement = self._judge.weigh(ledger.accounts(), now)
        ledger.write(judgement.changed)
        settle_by_record(uow, ledger.last_reports(), now)
        return self._judge.post(uow, judgement.wanted)

    def _restart(self, uow: UnitOfWork, report: AccountingReport, now: datetime) -> int:
        """Accounting-On or -Off: what was open at that NAS before it is over."""
        event_at = report.event_at or report.received_at
        fresh = uow.ledger.add_nas_event(
            report.nas_id, report.status_type, event_at, report.received_at
        )
        if not fresh:
            return 0
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
            return 0
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
        whose = {s.patron_id for s in ended if s.patron_id is not None}
        return self._judge.run(uow, whose, now)


def _runs(batch: Sequence[AccountingReport]) -> Iterator[Sequence[AccountingReport]]:
    """The batch in its order, each On and Off alone.

    It ends sessions: what came before it is committed before it. And it takes its locks
    in another order than records do.
    """
    begin = 0
    for at, report in enumerate(batch):
        if report.status_type in _ON_OFF:
            if at > begin:
                yield batch[begin:at]
            yield batch[at : at + 1]
            begin = at + 1
    if begin < len(batch):
        yield batch[begin:]
