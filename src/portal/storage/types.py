"""Column types that mean the same on SQLite and PostgreSQL.

An instant is stored as whole microseconds since 1970 UTC: exact, ordered, and free of
either database's own idea of time zones. Inside the program it is an aware datetime.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_microseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // _MICROSECOND


def stored(instant: datetime | None) -> int | None:
    """An instant as its column keeps it."""
    return None if instant is None else (instant - _EPOCH) // _MICROSECOND


def from_microseconds(value: int) -> datetime:
    """Half the price of adding a timedelta; exact up to the year 2242.

    A double holds the seconds to a quarter of a microsecond or better until then, and
    the conversion rounds to the nearest whole one.
    """
    return datetime.fromtimestamp(value / 1_000_000, UTC)


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime kept as a 64-bit count of microseconds."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(
        self, value: datetime | None, dialect: Dialect
    ) -> int | None:
        del dialect
        if value is None:
            return None
        return to_microseconds(value)

    def process_result_value(
        self, value: Any | None, dialect: Dialect
    ) -> datetime | None:
        del dialect
        if value is None:
            return None
        return from_microseconds(value)
