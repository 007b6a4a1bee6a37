"""Days, weeks and Jalali months of a branch, between UTC instants and local dates.

A local day is a plain `date` (Gregorian inside, as databases want it); its beginning is
an aware UTC instant. The zone is handed in, so this module reads no clock and no file.
"""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import NamedTuple

from persiantools.jdatetime import JalaliDate

from portal.model.persian import ascii_digits

_DAY = timedelta(days=1)


def local_day(instant: datetime, tz: tzinfo) -> date:
    """The date on the wall of a place in zone `tz` at an aware instant."""
    return instant.astimezone(tz).date()


def day_start(day: date, tz: tzinfo) -> datetime:
    """The first instant (UTC) of a local day.

    Where clocks spring forward at midnight, as Tehran's did until 2022, 00:00 does not
    exist; fold=0 reads it with the offset before the change, which is that instant.
    """
    return datetime.combine(day, time(), tz).astimezone(UTC)


def next_midnight(instant: datetime, tz: tzinfo) -> datetime:
    """The instant (UTC) at which the local day of `instant` is over."""
    return day_start(local_day(instant, tz) + _DAY, tz)


def week_start(day: date) -> date:
    """The Saturday on or before `day`."""
    return day - timedelta(days=(day.weekday() + 2) % 7)


def jalali_year(day: date) -> int:
    """The Jalali year in which `day` lies."""
    return jalali(day)[0]


def jalali_year_start(day: date) -> date:
    """1 Farvardin of the Jalali year of `day`."""
    return _gregorian(jalali_year(day), 1, 1)


def jalali_year_next(day: date) -> date:
    """1 Farvardin of the Jalali year after that of `day`."""
    return _gregorian(jalali_year(day) + 1, 1, 1)


def jalali_month_start(day: date) -> date:
    """The first day of the Jalali month of `day`."""
    return day - timedelta(days=jalali(day)[2] - 1)


def jalali_month_next(day: date) -> date:
    """The first day of the Jalali month after that of `day`."""
    year, month, _ = jalali(day)
    return _gregorian(year + month // 12, month % 12 + 1, 1)


def jalali(day: date) -> tuple[int, int, int]:
    """Year, month and day of the month in the Jalali calendar."""
    shown = JalaliDate(day)  # type: ignore[no-untyped-call]
    return shown.year, shown.month, shown.day


def jalali_iso(day: date) -> str:
    """`1405-08-30`, ASCII digits: for exports, addresses and form fields."""
    year, month, day_of_month = jalali(day)
    return f"{year:04d}-{month:02d}-{day_of_month:02d}"


def _gregorian(year: int, month: int, day: int) -> date:
    return JalaliDate(year, month, day).to_gregorian()  # type: ignore[no-untyped-call]


class DateReason(StrEnum):
    """Why a typed date is none."""

    EMPTY = "empty"
    FORMAT = "format"
    NO_SUCH_DAY = "no_such_day"


class DateError(ValueError):
    """A typed date that cannot be read."""

    def __init__(self, reason: DateReason) -> None:
        super().__init__(reason.value)
        self.reason = reason


_DAY_WORDS = {
    "امروز": 0,
    "today": 0,
    "دیروز": -1,
    "yesterday": -1,
    "پریروز": -2,
    "فردا": 1,
    "tomorrow": 1,
}
_BIDI_MARKS = re.compile("[\u200c-\u200f\u061c\u202a-\u202e\u2066-\u2069]+")
_DATE = re.compile(r"([0-9]{4}|[0-9]{2})/([0-9]{1,2})/([0-9]{1,2})")
_COMPACT_DATE = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_SEPARATOR = re.compile(r"\s*[/\-.\u066b\u2044\u2010-\u2015\u2212\s]\s*")


def parse_jalali_date(text: str, today: date) -> date:
    """A day typed by a person: year first, Jalali unless the year is a Gregorian one.

    Takes any digits, `/`, `-`, `.` or blanks between the parts, two-digit years (the
    Jalali year nearest to `today`), and the words امروز, دیروز, today, yesterday.
    Raises DateError with its reason.
    """
    typed = " ".join(_BIDI_MARKS.sub("", ascii_digits(text)).split()).casefold()
    if not typed:
        raise DateError(DateReason.EMPTY)
    if typed in _DAY_WORDS:
        return today + timedelta(days=_DAY_WORDS[typed])
    parts = _SEPARATOR.sub("/", typed)
    match = _DATE.fullmatch(parts) or _COMPACT_DATE.fullmatch(parts)
    if match is None:
        raise DateError(DateReason.FORMAT)
    year, month, day = (int(part) for part in match.groups())
    if len(match[1]) == 2:
        year = _nearest_year(year, jalali_year(today))
    try:
        # Jalali and Gregorian years of living memory are six centuries apart.
        return date(year, month, day) if year > 1700 else _gregorian(year, month, day)
    except (ValueError, OverflowError):
        raise DateError(DateReason.NO_SUCH_DAY) from None


def _nearest_year(two_digits: int, year: int) -> int:
    """The year ending in `two_digits` that lies within fifty years of `year`."""
    return year + (two_digits - year + 50) % 100 - 50


class DayRange(NamedTuple):
    """Whole days, both ends included, as a person names them."""

    from_day: date
    until_day: date


class Preset(StrEnum):
    """The ranges that a filter offers by name."""

    TODAY = "today"
    YESTERDAY = "yesterday"
    THIS_WEEK = "this_week"
    THIS_MONTH = "this_month"
    LAST_MONTH = "last_month"

    def days(self, today: date) -> DayRange:
        """The range that this name means on `today`; weeks from Saturday."""
        match self:
            case Preset.TODAY:
                return DayRange(today, today)
            case Preset.YESTERDAY:
                return DayRange(today - _DAY, today - _DAY)
            case Preset.THIS_WEEK:
                first = week_start(today)
                return DayRange(first, first + 6 * _DAY)
            case Preset.THIS_MONTH:
                return _month(today)
            case Preset.LAST_MONTH:
                return _month(jalali_month_start(today) - _DAY)


def _month(day: date) -> DayRange:
    return DayRange(jalali_month_start(day), jalali_month_next(day) - _DAY)


def instants(days: DayRange, tz: tzinfo) -> tuple[datetime, datetime]:
    """The half-open range of UTC instants [first, end) that the local days fill."""
    return day_start(days.from_day, tz), day_start(days.until_day + _DAY, tz)
