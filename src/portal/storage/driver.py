"""Statements on the path of every packet: described with SQLAlchemy, run by the driver.

SQLAlchemy Core knows both databases' texts and what their values mean; it takes longer
to run a statement than the database does. So its text is kept, the driver runs it, and
several statements go to PostgreSQL in one round trip.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Dialect, Select, exc

Values = Sequence[Any]
_Convert = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class _Text:
    """A query in one dialect."""

    sql: str
    order: Sequence[str] | None  # of positional parameters; None: they have names
    given: Mapping[str, _Convert]
    found: Sequence[tuple[int, _Convert]]  # columns that are converted, by position

    def parameters(self, given: Mapping[str, Any]) -> Any:
        values = {**given}
        for name, convert in self.given.items():
            values[name] = convert(values[name])
        if self.order is None:
            return values
        return [values[name] for name in self.order]

    def rows(self, found: list[tuple[Any, ...]]) -> list[Values]:
        return [self._converted(row) for row in found] if self.found else [*found]

    def _converted(self, row: tuple[Any, ...]) -> Values:
        values = [*row]
        for at, convert in self.found:
            if values[at] is not None:
                values[at] = convert(values[at])
        return values


class Query:
    """A query with named parameters, `one_of` in the place of IN."""

    def __init__(self, select: Select[Any]) -> None:
        self._select = select
        self._texts: dict[str, _Text] = {}

    def text(self, dialect: Dialect) -> _Text:
        text = self._texts.get(dialect.name)
        if text is None:
            text = self._texts[dialect.name] = _compiled(self._select, dialect)
        return text


def fetch(
    connection: Connection, given: Mapping[str, Any], *queries: Query
) -> list[list[Values]]:
    """All rows of each query, which run in this order with the same parameters.

    Values stand in the order of the query's columns.
    """
    texts = [query.text(connection.dialect) for query in queries]
    driver: Any = connection.connection.driver_connection
    with _reported(connection):
        if connection.dialect.name == "sqlite":
            found = [
                driver.execute(text.sql, text.parameters(given)).fetchall()
                for text in texts
            ]
        else:
            with driver.pipeline():
                cursors = [
                    driver.execute(text.sql, text.parameters(given)) for text in texts
                ]
            found = [cursor.fetchall() for cursor in cursors]
    return [text.rows(rows) for text, rows in zip(texts, found, strict=True)]


def send(connection: Connection, sql: str, rows: Sequence[Values]) -> None:
    """Run a statement for each row, as SQLite does it best."""
    driver: Any = connection.connection.driver_connection
    with _reported(connection):
        driver.executemany(sql, rows)


def send_once(connection: Connection, sql: str, given: Mapping[str, Any]) -> None:
    """Run a statement; inside `together`, without waiting for what comes of it."""
    driver: Any = connection.connection.driver_connection
    with _reported(connection):
        driver.execute(sql, given)


@contextmanager
def together(connection: Connection) -> Iterator[None]:
    """One round trip for everything that is sent inside; errors show at its end."""
    if connection.dialect.name == "sqlite":
        yield
        return
    driver: Any = connection.connection.driver_connection
    with _reported(connection), driver.pipeline():
        yield


@contextmanager
def _reported(connection: Connection) -> Iterator[None]:
    """The driver's errors as SQLAlchemy reports them; a lost connection is dropped."""
    dialect = connection.dialect
    base = dialect.loaded_dbapi.Error
    try:
        yield
    except base as error:
        gone = dialect.is_disconnect(
            error, connection.connection.dbapi_connection, None
        )
        if gone:
            connection.invalidate(error)
        raise exc.DBAPIError.instance(
            None, None, error, base, connection_invalidated=gone, dialect=dialect
        ) from error


def _compiled(select: Select[Any], dialect: Dialect) -> _Text:
    compiled: Any = select.compile(dialect=dialect)
    given = {
        name: convert
        for name, bind in compiled.binds.items()
        if (convert := bind.type.dialect_impl(dialect).bind_processor(dialect))
    }
    kinds = [column.type.dialect_impl(dialect) for column in select.selected_columns]
    found = [
        (at, convert)
        for at, kind in enumerate(kinds)
        if (convert := kind.result_processor(dialect, None))
    ]
    return _Text(str(compiled), compiled.positiontup, given, found)
