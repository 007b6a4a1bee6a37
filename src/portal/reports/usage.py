"""The usage log of a branch as CSV, for spreadsheets and for machines.

UTF-8 with a byte order mark (else Excel reads Persian names as Latin-1), RFC 4180 line
ends, ASCII digits, instants as ISO 8601 in UTC and on the branch's wall, and the wall
once more in the Jalali calendar. Nobody is named: the pseudonym stands in `patron`.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from portal.model.calendar import jalali_iso, local_day
from portal.model.estate import Branch, RecordFlag
from portal.service.usage_log import LogRow

_BOM = b"\xef\xbb\xbf"
COLUMNS = (
    "branch",
    "access_server",
    "session",
    "patron",
    "card_last4",
    "state",
    "began_utc",
    "began_local",
    "began_jalali",
    "ended_utc",
    "ended_local",
    "ended_jalali",
    "seconds",
    "downloaded",
    "uploaded",
    "device",
    "address",
    "terminate_cause",
    "flags",
)


def csv_file(branch: Branch, rows: Iterable[LogRow]) -> Iterator[bytes]:
    """A file, line by line."""
    tz = ZoneInfo(branch.time_zone)
    yield _BOM + _line(COLUMNS)
    for row in rows:
        yield _line(_cells(branch, row, tz))


def _cells(branch: Branch, row: LogRow, tz: tzinfo) -> Iterable[object]:
    session = row.session
    return (
        branch.code,
        row.access_server,
        f"{session.ref.month}-{session.ref.id}",
        row.handle,
        row.card_last4,
        session.state.value,
        *_instants(session.began_at, tz),
        *_instants(session.ended_at, tz),
        session.usage.session_time,
        session.usage.downloaded,
        session.usage.uploaded,
        session.device,
        session.framed_ip,
        session.terminate_cause,
        " ".join(flag.name.lower() for flag in RecordFlag(session.flags) if flag.name),
    )


def _instants(instant: datetime | None, tz: tzinfo) -> tuple[str, str, str]:
    """UTC and local ISO 8601 to the second, and the Jalali date with the local time."""
    if instant is None:
        return ("", "", "")
    utc = instant.astimezone(UTC).replace(microsecond=0)
    local = utc.astimezone(tz)
    jalali = f"{jalali_iso(local_day(utc, tz))} {local:%H:%M:%S}"
    return (utc.isoformat().replace("+00:00", "Z"), local.isoformat(), jalali)


def _line(cells: Iterable[object]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([_cell(cell) for cell in cells])
    return out.getvalue().encode("utf-8", "replace")


# What a spreadsheet takes for a formula, full-width forms and leading blanks included.
_FORMULA = frozenset("=+-@\t\r\n＝＋－＠")


def _cell(value: object) -> object:
    """A value that no spreadsheet computes: numbers as they are, text disarmed."""
    if value is None:
        return ""
    if isinstance(value, int):
        return value
    text = str(value)
    start = text.lstrip(" \u00a0\u200c\u200e\u200f")[:1] or text[:1]
    return f"'{text}" if start in _FORMULA else text
