"""Accounting reports as the ledger's records, and how a record joins those before it.

Nothing is dropped: what is odd about a record becomes a flag beside it, and what no
session can have used stays out of the counters.
"""

import struct
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TypeAlias

from portal.model.estate import RecordFlag
from portal.model.session import AccountingReport, Session, StoredRecord
from portal.policy.booking import Timeline, timeline
from portal.radius.codes import AcctStatusType
from portal.service.keys import fingerprint

Records: TypeAlias = Mapping[tuple[int, int], StoredRecord]
"""A session's records by status type and record key."""

# Plain integers: in Python 3.11 one operation of an IntFlag takes as long as booking.
CLOCK_INSANE = int(RecordFlag.CLOCK_INSANE)
SESSION_TIME_ABSURD = int(RecordFlag.SESSION_TIME_ABSURD)
RATE_EXCEEDED = int(RecordFlag.RATE_EXCEEDED)
UNKNOWN_STATUS = int(RecordFlag.UNKNOWN_STATUS)
UNUSABLE = SESSION_TIME_ABSURD | UNKNOWN_STATUS

_ONCE = 0  # the key of the one Start and the one Stop
_OF_ONE = (AcctStatusType.START, AcctStatusType.STOP)
_KNOWN = (*_OF_ONE, AcctStatusType.INTERIM_UPDATE)
_COUNTERS = struct.Struct("!QQQ")
# The most a signed 64-bit column holds; a counter beyond it is absurd anyway.
_MOST = (1 << 63) - 1
# How far an access server's clock may be off, and how far session time may run ahead
# of the time that we know the session to have had.
_GRACE = timedelta(minutes=5)
_LONGEST_UNKNOWN = timedelta(days=31)
_MOST_CAUSE = 0xFFFF


def stored(report: AccountingReport, session: Session) -> StoredRecord:
    """The record as the ledger keeps it; oddities become flags, nothing is dropped."""
    began = session.accepted_at or report.received_at - _LONGEST_UNKNOWN
    flags = 0 if report.status_type in _KNOWN else UNKNOWN_STATUS
    lasted = timedelta(seconds=report.session_time)
    if lasted > report.received_at - began + _GRACE:
        flags |= SESSION_TIME_ABSURD
    event_at = report.event_at
    # Nothing of a session happened before its Accept: such a clock is slow.
    if event_at is None or (not flags and event_at < began + lasted - _GRACE):
        flags |= CLOCK_INSANE
        event_at = report.received_at
    downloaded, uploaded = min(report.downloaded, _MOST), min(report.uploaded, _MOST)
    once = report.status_type in _OF_ONE and not flags & UNUSABLE
    return StoredRecord(
        status_type=report.status_type,
        record_key=_ONCE
        if once
        else _counters_key(report.session_time, downloaded, uploaded),
        session_time=report.session_time,
        downloaded=downloaded,
        uploaded=uploaded,
        event_at=event_at.replace(microsecond=0),
        received_at=report.received_at,
        terminate_cause=cause(report),
        flags=flags,
        extra=report.extra,
    )


def cause(report: AccountingReport) -> int | None:
    """Acct-Terminate-Cause where it can be one; causes are small numbers."""
    number = report.terminate_cause
    return number if number is not None and number <= _MOST_CAUSE else None


def joined(
    known: Records, record: StoredRecord, line_rate: int
) -> tuple[Records, Timeline]:
    """The records together with one more, and the session as they tell it now.

    Start and Stop once a session: later ones merge by maximum (6.5). One that the line
    could not have carried is set aside, where it spoils no good one.
    """
    together, told = _with(known, record, line_rate)
    if record.record_key == _ONCE and (record.status_type, _ONCE) in told.exceeded:
        key = _counters_key(record.session_time, record.downloaded, record.uploaded)
        return _with(known, replace(record, record_key=key), line_rate)
    return together, told


def _with(
    known: Records, record: StoredRecord, line_rate: int
) -> tuple[Records, Timeline]:
    """Every record flagged as the session that they tell together has it."""
    key = (record.status_type, record.record_key)
    together = {**known, key: _merged(known.get(key), record)}
    told = timeline(together.values(), line_rate)
    for each, kept in together.items():
        flags = kept.flags & ~RATE_EXCEEDED
        if each in told.exceeded:
            flags |= RATE_EXCEEDED
        if flags != kept.flags:
            together[each] = replace(kept, flags=flags)
    return together, told


def _merged(known: StoredRecord | None, new: StoredRecord) -> StoredRecord:
    if known is None or (known.flags & UNUSABLE and not new.flags & UNUSABLE):
        return new
    return replace(
        known,
        session_time=max(known.session_time, new.session_time),
        downloaded=max(known.downloaded, new.downloaded),
        uploaded=max(known.uploaded, new.uploaded),
        # An Interim's copies are equal; which one arrived first must not matter.
        event_at=max(known.event_at, new.event_at)
        if known.record_key == _ONCE
        else min(known.event_at, new.event_at),
        terminate_cause=known.terminate_cause or new.terminate_cause,
    )


def _counters_key(*counters: int) -> int:
    return fingerprint(_COUNTERS.pack(*counters))
