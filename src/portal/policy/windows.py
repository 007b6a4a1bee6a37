"""Quota days and ledger hours as whole epoch seconds, in a zone's local time.

The ledger splits every span of use at these boundaries, so they must be cheap: zones
change their offset only on quarter hours, hence one cached answer a quarter.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from portal.model.calendar import day_start, local_day, next_midnight

_QUARTER = 900


@dataclass(frozen=True, slots=True)
class Window:
    """A local day: [starts, ends) in epoch seconds."""

    day: date
    starts: int
    ends: int
    ends_at: datetime  # the same as an instant


@lru_cache(maxsize=4096)
def _day(time_zone: str, quarter: int) -> Window:
    tz = ZoneInfo(time_zone)
    instant = datetime.fromtimestamp(quarter * _QUARTER, UTC)
    day = local_day(instant, tz)
    midnight = next_midnight(instant, tz)
    return Window(
        day,
        int(day_start(day, tz).timestamp()),
        int(midnight.timestamp()),
        midnight.astimezone(UTC),
    )


def day_at(epoch: int, time_zone: str) -> Window:
    """The local day that holds an instant."""
    return _day(time_zone, epoch // _QUARTER)


@dataclass(frozen=True, slots=True)
class Hour:
    """A local clock hour: [starts, ends) in epoch seconds."""

    at: datetime  # its beginning
    starts: int
    ends: int


@lru_cache(maxsize=4096)
def _hour(time_zone: str, quarter: int) -> Hour:
    epoch = quarter * _QUARTER
    offset = datetime.fromtimestamp(epoch, ZoneInfo(time_zone)).utcoffset()
    shift = int(offset.total_seconds()) if offset else 0
    starts = (epoch + shift) // 3600 * 3600 - shift
    return Hour(datetime.fromtimestamp(starts, UTC), starts, starts + 3600)


def hour_at(epoch: int, time_zone: str) -> Hour:
    """The local clock hour that holds an instant.

    Hours follow the local clock: Tehran's begin at half past of UTC.
    """
    return _hour(time_zone, epoch // _QUARTER)
