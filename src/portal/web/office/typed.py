"""What comes in with an address or a form, read into values or refused."""

from datetime import date
from typing import NamedTuple

from flask import Flask
from werkzeug.routing import BaseConverter, ValidationError

from portal.model.calendar import (
    DateError,
    DateReason,
    DayRange,
    jalali_iso,
    parse_jalali_date,
)
from portal.model.session import SessionRef

_LARGEST = 2**63 - 1


class RefConverter(BaseConverter):
    """A session in an address: `202611-912345678901234567`."""

    regex = "[0-9]{6}-[0-9]{1,19}"

    def to_python(self, value: str) -> SessionRef:
        found = parse_ref(value)
        if found is None:
            raise ValidationError
        return found

    def to_url(self, value: SessionRef) -> str:
        return ref_text(value)


class HandleConverter(BaseConverter):
    """A patron's pseudonym in an address."""

    regex = "[a-z0-9]{1,32}"


def register(app: Flask) -> None:
    app.url_map.converters.update(ref=RefConverter, handle=HandleConverter)


def parse_ref(text: str) -> SessionRef | None:
    month, _, number = text.partition("-")
    if not (month.isascii() and month.isdigit() and len(month) == 6):
        return None
    if not (number.isascii() and number.isdigit() and len(number) <= 19):
        return None
    return SessionRef(int(month), int(number)) if int(number) <= _LARGEST else None


def ref_text(ref: SessionRef) -> str:
    return f"{ref.month}-{ref.id}"


def parse_number(text: str, *, most: int = _LARGEST) -> int | None:
    """A whole number from 0 to `most` in ASCII digits."""
    if not (text.isascii() and text.isdigit() and len(text) <= 19):
        return None
    return int(text) if int(text) <= most else None


class TypedDays(NamedTuple):
    """A range of days as a filter read it; errors by field, then `days` is usable."""

    days: DayRange
    errors: dict[str, DateReason]


def parse_day(text: str, today: date) -> date:
    """A typed day of this century. Raises DateError."""
    day = parse_jalali_date(text, today)
    if not 2000 <= day.year < 2100:
        raise DateError(DateReason.NO_SUCH_DAY)
    return day


def typed_days(from_text: str, until_text: str, today: date) -> TypedDays:
    """The range of a filter: empty means today, what cannot be read means today too."""
    errors: dict[str, DateReason] = {}
    days: list[date] = []
    for name, text in (("from", from_text), ("until", until_text)):
        try:
            days.append(parse_day(text, today) if text.strip() else today)
        except DateError as error:
            errors[name] = error.reason
            days.append(today)
    first, last = min(days), max(days)
    return TypedDays(DayRange(first, last), errors)


def day_text(day: date) -> str:
    """A day as an address holds it: Jalali, ASCII."""
    return jalali_iso(day)
