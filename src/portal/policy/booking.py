"""From a session's records to bookings per day and hour: a function of the set.

Theory. A session's records are points on its own clock (Acct-Session-Time) with
cumulative counters. Sorted by that clock, each accepted point adds a span: as many
seconds as its session time is ahead of the point before, ending at its event time, and
the octets by which its counters pass the highest seen so far. Spans are split exactly
at window boundaries; octets go pro rata to time with the rounding in the last window,
so windows always add up to the session. Nothing depends on the order of arrival: a
record that sorts after the latest accepted point just adds its span, any other makes
the session be computed anew and the difference booked.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from portal.model.estate import RecordFlag
from portal.model.session import StoredRecord
from portal.model.usage import Usage
from portal.policy.windows import Hour, Window, day_at, hour_at

# A NAS counts whole seconds and may send a burst it buffered: so much grace on top of
# line rate x elapsed time before a counter is called absurd.
_RATE_GRACE = 10
_UNUSABLE = int(RecordFlag.SESSION_TIME_ABSURD | RecordFlag.UNKNOWN_STATUS)
_RATE_EXCEEDED = int(RecordFlag.RATE_EXCEEDED)
_ZERO = Usage()
_W = TypeVar("_W", Window, Hour)


@dataclass(frozen=True, slots=True)
class Span:
    """Use between two points: [starts, ends] in epoch seconds."""

    starts: int
    ends: int
    usage: Usage


def exceeds_line_rate(before: Usage, record: StoredRecord, line_rate: int) -> bool:
    """Whether counters moved further than the line could carry them."""
    seconds = record.session_time - before.session_time + _RATE_GRACE
    most = line_rate * seconds // 8
    return (
        record.downloaded - before.downloaded > most
        or record.uploaded - before.uploaded > most
    )


def advances(before: Usage, record: StoredRecord) -> bool:
    """Whether a record sorts after every point up to `before`."""
    if record.session_time != before.session_time:
        return record.session_time > before.session_time
    return (
        record.downloaded >= before.downloaded
        and record.uploaded >= before.uploaded
        and (record.downloaded, record.uploaded) != (before.downloaded, before.uploaded)
    )


def span_to(before: Usage, record: StoredRecord) -> tuple[Span, Usage]:
    """The span a record adds after `before`, and the counters it reaches."""
    reached = Usage(
        max(before.session_time, record.session_time),
        max(before.downloaded, record.downloaded),
        max(before.uploaded, record.uploaded),
    )
    delta = reached - before
    ends = int(record.event_at.timestamp())
    return Span(ends - delta.session_time, ends, delta), reached


def _order(record: StoredRecord) -> tuple[int, int, int, datetime, int]:
    return (
        record.session_time,
        record.downloaded,
        record.uploaded,
        record.event_at,
        record.status_type,
    )


@dataclass(frozen=True, slots=True)
class Timeline:
    """A session as its whole set of records tells it."""

    spans: tuple[Span, ...]
    reached: Usage
    point_at: datetime | None
    exceeded: frozenset[tuple[int, int]]  # (status type, record key) set aside


def timeline(records: Iterable[StoredRecord], line_rate: int | None = None) -> Timeline:
    """The session anew at a line rate; without one as its records' flags have it.

    That is what was booked: a line rate may be corrected while sessions are open.
    """
    spans: list[Span] = []
    reached = _ZERO
    point_at: datetime | None = None
    exceeded: set[tuple[int, int]] = set()
    for record in sorted(records, key=_order):
        if record.flags & _UNUSABLE:
            continue
        if (
            record.flags & _RATE_EXCEEDED
            if line_rate is None
            else exceeds_line_rate(reached, record, line_rate)
        ):
            exceeded.add((record.status_type, record.record_key))
            continue
        span, reached = span_to(reached, record)
        if span.usage:
            spans.append(span)
        point_at = record.event_at
    return Timeline(tuple(spans), reached, point_at, frozenset(exceeded))


def _pieces(
    span: Span, window_at: Callable[[int, str], _W], time_zone: str
) -> Iterable[tuple[_W, Usage]]:
    """Each window that a span touches, with its share."""
    window = window_at(span.starts, time_zone)
    if span.ends <= window.ends:
        return ((window, span.usage),)
    length = span.ends - span.starts
    pieces: list[tuple[_W, Usage]] = []
    left, at = span.usage, span.starts
    while window.ends < span.ends:
        seconds = window.ends - at
        share = Usage(
            seconds,
            span.usage.downloaded * seconds // length,
            span.usage.uploaded * seconds // length,
        )
        pieces.append((window, share))
        left, at = left - share, window.ends
        window = window_at(at, time_zone)
    pieces.append((window, left))
    return pieces


def by_day(spans: Iterable[Span], time_zone: str) -> dict[date, Usage]:
    """Use per local day."""
    days: dict[date, Usage] = {}
    for span in spans:
        for window, share in _pieces(span, day_at, time_zone):
            days[window.day] = days.get(window.day, _ZERO) + share
    return days


def by_hour(spans: Iterable[Span], time_zone: str) -> dict[datetime, Usage]:
    """Use per local clock hour, keyed by the instant at which the hour begins."""
    hours: dict[datetime, Usage] = {}
    for span in spans:
        for hour, share in _pieces(span, hour_at, time_zone):
            hours[hour.at] = hours.get(hour.at, _ZERO) + share
    return hours
