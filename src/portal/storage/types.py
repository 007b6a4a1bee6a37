"""Column types that mean the same on SQLite and PostgreSQL.

An instant is stored as whole microseconds since 1970 UTC: exact, ordered, and free of
either database's own idea of time zones. Inside the program it is an aware datetime.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, bindparam, type_coerce
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_microseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // _MICROSECOND


def stored(instant: datetime | None) -> int | None:
    """An instant as its column keeps it."""
    return None if instant is None else (instant - _EPOCH) // _MICROSECOND


def read(value: int | None) -> datetime | None:
    """An instant from its column, exactly up to the year 2242.

    Until then a double holds the seconds to half a microsecond or better, and Python
    rounds to the nearest whole one; adding a timedelta would take twice as long.
    """
    return None if value is None else datetime.fromtimestamp(value / 1_000_000, UTC)


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime kept as a 64-bit count of microseconds."""

    impl = BigInteger
    cache_ok = True

    # The processors themselves and not `process_...`: two calls less a value, and a
    # session has eight instants.

    def bind_processor(
        self, dialect: Dialect
    ) -> Callable[[datetime | None], int | None]:
        del dialect
        return stored

    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[int | None], datetime | None]:
        del dialect, coltype
        return read


def counted(value: ColumnElement[Any]) -> ColumnElement[int]:
    """An instant in a statement as the number that is stored, to reckon with."""
    return type_coerce(value, BigInteger)


def instant(name: str) -> ColumnElement[int]:
    """A parameter to reckon with; it is given in microseconds."""
    return bindparam(name, type_=BigInteger)
