"""Many values in one parameter, so that a statement has one text whatever the batch.

A text that stays the same is prepared once: `IN (?, ?, ...)` would be another statement
for each length. SQLite gets JSON, PostgreSQL the text form of an array.
"""

import json
from collections.abc import Callable, Collection, Iterable
from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, Dialect, Text, TypeDecorator, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class _Many(TypeDecorator[Collection[Any]]):
    """Whole numbers or texts, as one text."""

    impl = Text
    cache_ok = True

    def process_bind_param(
        self, value: Collection[Any] | None, dialect: Dialect
    ) -> str | None:
        if value is None:
            return None
        return array(value) if dialect.name == "postgresql" else json.dumps([*value])


class one_of(FunctionElement[bool]):  # noqa: N801 - reads as an operator
    """`one_of(column, "name")`: whether a column has one of the values given as name.

    No Boolean to SQLAlchemy, which would compare it with 1 on SQLite and so hide the
    column from its indexes.
    """

    inherit_cache = True

    def __init__(self, column: ColumnElement[Any], name: str) -> None:
        super().__init__(column, bindparam(name, type_=_Many()))


@compiles(one_of, "sqlite")
def _in_json(element: one_of, compiler: SQLCompiler, **options: Any) -> str:
    column, values = (compiler.process(each, **options) for each in element.clauses)
    values = f"(SELECT value FROM json_each({values}))"  # noqa: S608 - a placeholder
    return f"{column} IN {values}"


@compiles(one_of, "postgresql")
def _any_of_array(element: one_of, compiler: SQLCompiler, **options: Any) -> str:
    column, values = (compiler.process(each, **options) for each in element.clauses)
    kind = compiler.dialect.type_compiler_instance.process(
        next(iter(element.clauses)).type
    )
    return f"{column} = ANY(CAST({values} AS {kind}[]))"


def array(values: Iterable[Any]) -> str:
    """PostgreSQL's text form of a one-dimensional array (its manual, 8.15.2)."""
    items = [_ITEM.get(type(value), _of_enum)(value) for value in values]
    return "{" + ",".join(items) + "}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _octets(value: bytes) -> str:
    return f'"\\\\x{value.hex()}"'


def _of_enum(member: Enum) -> str:
    value = member.value
    return _ITEM[type(value)](value)


_ITEM: dict[type, Callable[[Any], str]] = {
    int: str,
    bool: str,
    str: _quoted,
    bytes: _octets,
    type(None): lambda _: "NULL",
}
