"""Records, counters and bookings of one batch, gathered and then written at once.

The fast path adds a record that is ahead of its session's latest point. Any other
(late, resent, or in a session with a counter set aside) makes the session be computed
from its whole set of records, and the difference is booked.
"""

import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
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
from portal.service.keys import fingerprint
from portal.service.ports import UnitOfWork

_START, _STOP = AcctStatusType.START, AcctStatusType.STOP
_KNOWN = (_START, _STOP, AcctStatusType.INTERIM_UPDATE)
_REVIVED = (SessionState.PENDING, SessionState.LOST, SessionState.NEVER_STARTED)
# Plain integers: in Python 3.11 one operation of an IntFlag takes as long as booking.
_CLOCK_INSANE = int(RecordFlag.CLOCK_INSANE)
_SESSION_TIME_ABSURD = int(RecordFlag.SESSION_TIME_ABSURD)
_RATE_EXCEEDED = int(RecordFlag.RATE_EXCEEDED)
_UNKNOWN_STATUS = int(RecordFlag.UNKNOWN_STATUS)
_LATE_START = int(RecordFlag.LATE_START)
_UNUSABLE = _SESSION_TIME_ABSURD | _UNKNOWN_STATUS
_COUNTERS = struct.Struct("!QQQ")
# The most a signed 64-bit column holds; a counter beyond it is absurd anyway.
_MOST = (1 << 63) - 1
# How far session time may run ahead of the time we know the session to have had.
_CLOCK_GRACE = timedelta(minutes=5)
_LONGEST_UNKNOWN = timedelta(days=31)
_MOST_CAUSE = 0xFFFF
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
        record = _stored(report, session)
        nas = self._estate.nas(session.nas_id)
        line_rate = nas.line_rate
        if session.flags & _RATE_EXCEEDED or not self._fast(record, session, line_rate):
            self._slow(record, session, line_rate)
        _follow(session, report, record, nas.restarted_at)
        self._sessions[session.ref] = session
        self._note(session, report)

    def _fast(self, record: StoredRecord, session: Session, line_rate: int) -> bool:
        """Add a record that sorts after all before it; False if it does not."""
        if record.flags & _UNUSABLE:
            self._keep(session.ref, record)
            return True
        first = session.point_at is None
        if not first and not advances(session.usage, record):
            return False
        if exceeds_line_rate(session.usage, record, line_rate):
            session.flags |= _RATE_EXCEEDED
            return False
        span, session.usage = span_to(session.usage, record)
        session.point_at = record.event_at
        if span.usage:
            self._book(session, (span,), 1)
        self._keep(session.ref, record)
        return True

    def _slow(self, record: StoredRecord, session: Session, line_rate: int) -> None:
        """Compute the session from its set of records, before and with this one."""
        stored = self._uow.ledger.records(session.ref)
        known = {(r.status_type, r.record_key): r for r in stored}
        for pending in self._records.get(session.ref, ()):
            known[(pending.status_type, pending.record_key)] = pending
        before = timeline(known.values(), line_rate)
        key = (record.status_type, record.record_key)
        merged = _merged(known.get(key), record)
        if merged == known.get(key):
            return
        known[key] = merged
        after = timeline(known.values(), line_rate)
        if key in after.exceeded:
            session.flags |= _RATE_EXCEEDED
            merged = _flagged(merged, _RATE_EXCEEDED)
        self._book(session, before.spans, -1)
        self._book(session, after.spans, 1)
        session.usage, session.point_at = after.reached, after.point_at
        self._keep(session.ref, merged)

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


def _stored(report: AccountingReport, session: Session) -> StoredRecord:
    """The record as the ledger keeps it; oddities become flags, nothing is dropped."""
    flags = 0
    event_at = report.event_at
    if event_at is None:
        flags |= _CLOCK_INSANE
        event_at = report.received_at
    if report.status_type not in _KNOWN:
        flags |= _UNKNOWN_STATUS
    known_since = session.accepted_at or report.received_at - _LONGEST_UNKNOWN
    lasted = report.received_at - known_since + _CLOCK_GRACE
    if report.session_time > lasted.total_seconds():
        flags |= _SESSION_TIME_ABSURD
    downloaded = min(report.downloaded, _MOST)
    uploaded = min(report.uploaded, _MOST)
    key = 0
    if report.status_type not in (_START, _STOP):
        key = fingerprint(_COUNTERS.pack(report.session_time, downloaded, uploaded))
    return StoredRecord(
        status_type=report.status_type,
        record_key=key,
        session_time=report.session_time,
        downloaded=downloaded,
        uploaded=uploaded,
        event_at=event_at.replace(microsecond=0),
        received_at=report.received_at,
        terminate_cause=_cause(report),
        flags=flags,
        extra=report.extra,
    )


def _cause(report: AccountingReport) -> int | None:
    """Acct-Terminate-Cause where it can be one; causes are small numbers."""
    cause = report.terminate_cause
    return cause if cause is not None and cause <= _MOST_CAUSE else None


def _merged(known: StoredRecord | None, new: StoredRecord) -> StoredRecord:
    """Start and Stop once a session: later ones merge by maximum (6.5)."""
    if known is None:
        return new
    return replace(
        known,
        session_time=max(known.session_time, new.session_time),
        downloaded=max(known.downloaded, new.downloaded),
        uploaded=max(known.uploaded, new.uploaded),
        # An Interim's copies are equal; which one arrived first must not matter.
        event_at=max(known.event_at, new.event_at)
        if known.record_key == 0
        else min(known.event_at, new.event_at),
        terminate_cause=known.terminate_cause or new.terminate_cause,
    )


def _flagged(record: StoredRecord, flag: int) -> StoredRecord:
    return replace(record, flags=record.flags | flag)


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
    if record.flags & _UNKNOWN_STATUS:
        return
    usable = not record.flags & _SESSION_TIME_ABSURD
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
    session.terminate_cause = _cause(report) or session.terminate_cause
    session.judge_at = None
