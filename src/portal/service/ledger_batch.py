"""Records, counters and bookings of one batch, gathered and then written at once.

The fast path adds a record that is ahead of its session's latest point. Any other
(late, resent, or in a session with a counter set aside) makes the session be computed
from its whole set of records, and the difference is booked.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import TypeVar

from portal.model.estate import RecordFlag
from portal.model.session import (
    AccountingReport,
    Session,
    SessionRef,
    SessionState,
    StoredRecord,
)
from portal.model.usage import Usage
from portal.policy.booking import (
    Span,
    advances,
    by_day,
    by_hour,
    exceeds_line_rate,
    span_to,
    timeline,
)
from portal.policy.judgement import Account
from portal.radius.codes import AcctStatusType
from portal.service.estate_view import EstateView
from portal.service.ports import UnitOfWork
from portal.service.records import (
    RATE_EXCEEDED,
    SESSION_TIME_ABSURD,
    UNKNOWN_STATUS,
    UNUSABLE,
    Records,
    cause,
    joined,
    stored,
)

_START, _STOP = AcctStatusType.START, AcctStatusType.STOP
_REVIVED = (SessionState.PENDING, SessionState.LOST, SessionState.NEVER_STARTED)
_LATE_START = int(RecordFlag.LATE_START)
_Key = TypeVar("_Key")


class LedgerBatch:
    """Collects what a batch of reports changes; `write` puts it into the database."""

    def __init__(
        self,
        uow: UnitOfWork,
        estate: EstateView,
        accounts: Mapping[int, Account],
    ) -> None:
        self._uow = uow
        self._estate = estate
        self._accounts = accounts
        self._sessions: dict[SessionRef, Session] = {}
        self._records: dict[SessionRef, list[StoredRecord]] = {}
        self._days: dict[tuple[int, date], Usage] = {}
        self._hours: dict[tuple[int, datetime, bool], Usage] = {}
        self._last: dict[SessionRef, tuple[Session, AccountingReport]] = {}

    def add(self, report: AccountingReport, session: Session) -> None:
        record = stored(report, session)
        line_rate = self._estate.nas(session.nas_id).line_rate
        if session.flags & RATE_EXCEEDED or not self._fast(record, session, line_rate):
            self._slow(record, session, line_rate)
        restarted_at = None
        if session.state is SessionState.RESTARTED:
            restarted_at = self._uow.ledger.restarted_at(session.nas_id)
        _follow(session, report, record, restarted_at)
        self._sessions[session.ref] = session
        self._note(session, report)

    def _fast(self, record: StoredRecord, session: Session, line_rate: int) -> bool:
        """Add a record that sorts after all before it; False if it does not."""
        if record.flags & UNUSABLE:
            self._keep(session.ref, record)
            return True
        if session.point_at is not None and (
            _merges(record, session) or not advances(session.usage, record)
        ):
            return False
        if exceeds_line_rate(session.usage, record, line_rate):
            session.flags |= RATE_EXCEEDED
            return False
        span, session.usage = span_to(session.usage, record)
        session.point_at = record.event_at
        if span.usage:
            self._book(session, (span,), 1)
        self._keep(session.ref, record)
        return True

    def _slow(self, record: StoredRecord, session: Session, line_rate: int) -> None:
        """Compute the session from its set of records, before and with this one."""
        known = self._known(session.ref)
        before = timeline(known.values())
        together, after = joined(known, record, line_rate)
        changed = [r for key, r in together.items() if r != known.get(key)]
        if not changed:
            return
        if after.exceeded:
            session.flags |= RATE_EXCEEDED
        self._book(session, before.spans, -1)
        self._book(session, after.spans, 1)
        session.usage, session.point_at = after.reached, after.point_at
        for each in changed:
            self._keep(session.ref, each)

    def _known(self, ref: SessionRef) -> Records:
        """The session's records, those of this batch among them."""
        earlier = self._uow.ledger.records(ref)
        return {
            (r.status_type, r.record_key): r
            for r in (*earlier, *self._records.get(ref, ()))
        }

    def _keep(self, ref: SessionRef, record: StoredRecord) -> None:
        self._records.setdefault(ref, []).append(record)

    def _book(self, session: Session, spans: tuple[Span, ...], sign: int) -> None:
        account = (
            self._accounts.get(session.patron_id)
            if session.patron_id is not None
            else None
        )
        if account is not None:
            for day, usage in by_day(spans, account.patron.time_zone).items():
                _add(self._days, (account.patron.id, day), usage, sign)
        zone = self._estate.zone(session.branch_id)
        attributed = session.patron_id is not None
        for hour, usage in by_hour(spans, zone).items():
            _add(self._hours, (session.branch_id, hour, attributed), usage, sign)

    def accounts(self) -> Iterator[Account]:
        """The accounts as they stand after the batch, their live sessions alone."""
        sessions: dict[int, list[Session]] = {}
        for session in self._sessions.values():
            if session.patron_id is not None:
                sessions.setdefault(session.patron_id, []).append(session)
        used = {id_: dict(account.used) for id_, account in self._accounts.items()}
        for (patron_id, day), usage in self._days.items():
            days = used[patron_id]
            days[day] = days[day] + usage if day in days else usage
        for patron_id, account in self._accounts.items():
            # A session of the batch may be one that was not live before it.
            together = {s.ref: s for s in account.sessions}
            together.update((s.ref, s) for s in sessions.get(patron_id, ()))
            live = tuple([s for s in together.values() if s.state.live])
            yield account.after(used[patron_id], live)

    def write(self, judged: Iterable[Session]) -> None:
        """Write everything, and what judging changed in these sessions."""
        ledger = self._uow.ledger
        with self._uow.together():
            ledger.save({**self._sessions, **{s.ref: s for s in judged}}.values())
            ledger.add_records(
                (ref, record) for ref, some in self._records.items() for record in some
            )
            ledger.book_days({key: usage for key, usage in self._days.items() if usage})
            ledger.book_hours({k: usage for k, usage in self._hours.items() if usage})

    def _note(self, session: Session, report: AccountingReport) -> None:
        known = self._last.get(session.ref)
        if known is None or report.happened_at >= known[1].happened_at:
            self._last[session.ref] = (session, report)

    def last_reports(self) -> list[tuple[Session, AccountingReport]]:
        """Each session with the report in this batch that tells of its latest event."""
        return list(self._last.values())


def _add(sums: dict[_Key, Usage], key: _Key, usage: Usage, sign: int) -> None:
    if sign > 0:
        sums[key] = sums[key] + usage if key in sums else usage
    else:
        sums[key] = sums.get(key, Usage()) - usage


def _merges(record: StoredRecord, session: Session) -> bool:
    """Whether a Start or Stop may have been there before that takes this one in."""
    if record.status_type == _STOP:
        return session.state is SessionState.STOPPED
    return record.status_type == _START


def _follow(
    session: Session,
    report: AccountingReport,
    record: StoredRecord,
    restarted_at: datetime | None,
) -> None:
    """Let the session's state follow the record."""
    first = session.started_at is None
    session.flags |= record.flags
    session.heard_at = max(session.heard_at, report.received_at)
    session.framed_ip = session.framed_ip or report.framed_ip
    session.acct_session_id = session.acct_session_id or report.acct_session_id
    if record.flags & UNKNOWN_STATUS:
        return
    usable = not record.flags & SESSION_TIME_ABSURD
    began = record.event_at - timedelta(seconds=record.session_time if usable else 0)
    if session.started_at is None or (usable and began < session.started_at):
        session.started_at = began
    if report.status_type == _START:
        session.flags &= ~_LATE_START
    elif first:
        session.flags |= _LATE_START
    if report.status_type == _STOP:
        _stop(session, report, record)
    elif session.state in _REVIVED or (
        session.state is SessionState.RESTARTED
        and restarted_at is not None
        and record.event_at > restarted_at
    ):
        session.state = SessionState.OPEN
        session.ended_at = None
        session.terminate_cause = None


def _stop(session: Session, report: AccountingReport, record: StoredRecord) -> None:
    if session.state is SessionState.STOPPED and session.ended_at is not None:
        session.ended_at = max(session.ended_at, record.event_at)
    else:
        session.ended_at = record.event_at
    session.state = SessionState.STOPPED
    session.terminate_cause = cause(report) or session.terminate_cause
    session.judge_at = None
