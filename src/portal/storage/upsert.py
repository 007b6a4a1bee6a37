"""INSERT ... ON CONFLICT, the same on both databases, many rows at once."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table, case
from sqlalchemy.dialects import postgresql, sqlite

Merge = Callable[[Any, Any], Any]


def upsert(
    connection: Connection, statement: "Upsert", rows: Iterable[Mapping[str, Any]]
) -> None:
    """Run a prepared upsert over rows, in the order given."""
    given = list(rows)
    if given:
        connection.execute(statement.on(connection.dialect.name), given)


class Upsert:
    """A table, its key, and how each other column merges with what is stored."""

    def __init__(
        self, table: Table, *, key: Sequence[str], merge: Mapping[str, Merge]
    ) -> None:
        """`merge` maps a column to f(stored column, new value) -> SQL expression."""
        self._table = table
        self._key = list(key)
        self._merge = dict(merge)

    @cache  # noqa: B019 - a few module-level statements, kept for good
    def on(self, dialect: str) -> Any:
        insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
        statement = insert(self._table)
        return statement.on_conflict_do_update(
            index_elements=self._key,
            set_={
                name: merge(self._table.c[name], statement.excluded[name])
                for name, merge in self._merge.items()
            },
        )


def replaced(_stored: Any, new: Any) -> Any:
    """The new value takes the old one's place."""
    return new


def added(stored: Any, new: Any) -> Any:
    """The new value is added to the old one."""
    return stored + new


def larger(left: Any, right: Any) -> Any:
    """The larger of two values on either database; NULL loses."""
    return case((left.is_(None), right), (left < right, right), else_=left)
