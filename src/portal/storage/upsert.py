"""INSERT ... ON CONFLICT, the same on both databases, many rows in one statement.

SQLite runs the statement once a row, without leaving C. PostgreSQL gets each column as
one array and runs it once: a round trip, a parse and a plan for the whole batch.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    Connection,
    Dialect,
    Table,
    Text,
    bindparam,
    case,
    cast,
    func,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

from portal.storage.driver import send, send_once
from portal.storage.many import array

Merge = Callable[[Any, Any], Any]
Values = Sequence[Any]


class Upsert:
    """A table, its key, and how other columns merge with what is stored."""

    def __init__(
        self, table: Table, *, key: Sequence[str], merge: Mapping[str, Merge]
    ) -> None:
        """`merge` maps a column to f(stored column, new value) -> SQL expression.

        A column that is not named keeps what is stored; without any, a row that is
        there already is an error.
        """
        self._table = table
        self._key = list(key)
        self._merge = dict(merge)
        self._names = [column.name for column in table.columns]
        self._texts: dict[str, str] = {}

    def run(self, connection: Connection, rows: Sequence[Values]) -> None:
        """Write rows, each with all columns of the table in its order, keys distinct.

        Values are as the database keeps them: instants in microseconds.
        """
        if not rows:
            return
        dialect = connection.dialect
        text = self._texts.get(dialect.name)
        if text is None:
            text = self._texts[dialect.name] = self._text(dialect)
        if dialect.name == "sqlite":
            send(connection, text, rows)
            return
        columns = zip(self._names, zip(*rows, strict=True), strict=True)
        send_once(connection, text, {name: array(some) for name, some in columns})

    def _text(self, dialect: Dialect) -> str:
        insert: Any
        if dialect.name == "sqlite":
            insert = sqlite.insert(self._table)
        else:
            insert = postgresql.insert(self._table)
            insert = insert.from_select(self._names, select(self._unnested()))
        if self._merge:
            insert = insert.on_conflict_do_update(
                index_elements=self._key,
                set_={
                    name: merge(self._table.c[name], insert.excluded[name])
                    for name, merge in self._merge.items()
                },
            )
        return str(insert.compile(dialect=dialect))

    def _unnested(self) -> Any:
        arrays = [
            cast(bindparam(column.name, type_=Text), ARRAY(column.type))
            for column in self._table.columns
        ]
        return func.unnest(*arrays).table_valued(*self._names).render_derived()


def replaced(_stored: Any, new: Any) -> Any:
    """The new value takes the old one's place."""
    return new


def added(stored: Any, new: Any) -> Any:
    """The new value is added to the old one."""
    return stored + new


def larger(left: Any, right: Any) -> Any:
    """The larger of two values on either database; NULL loses."""
    return case((left.is_(None), right), (left < right, right), else_=left)
