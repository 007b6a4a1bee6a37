"""Monthly partitions of sessions and accounting records on PostgreSQL.

A partition holds one yyyymm. They are made long before their month begins, because the
default partition, which takes whatever has no other, cannot give rows back. SQLite has
one table each; asking for partitions there does nothing.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy import Connection, text

from portal.storage.tables import accounting_record, session

PARTITIONED = (session.name, accounting_record.name)
MONTHS_AHEAD = 24

_NAME = re.compile(rf"(?:{'|'.join(PARTITIONED)})_(?:[0-9]{{6}}|default)")


def is_partition(name: str | None) -> bool:
    """Whether a table's name is that of one of our partitions."""
    return name is not None and _NAME.fullmatch(name) is not None


def months(now: datetime, ahead: int = MONTHS_AHEAD) -> list[int]:
    """Months as yyyymm (UTC): the previous month, this one and `ahead` more."""
    return list(_months(now, ahead))


def ensure_partitions(connection: Connection, now: datetime) -> list[str]:
    """Create what is missing, the default partitions too; the names created."""
    if connection.dialect.name != "postgresql":
        return []
    present = _present(connection)
    created = []
    for parent in PARTITIONED:
        wanted = {f"{parent}_default": "DEFAULT"}
        for month in months(now):
            bounds = f"FOR VALUES FROM ({month}) TO ({_following(month)})"
            wanted[f"{parent}_{month}"] = bounds
        for name, bounds in wanted.items():
            if name not in present:
                connection.execute(
                    text(f"CREATE TABLE {name} PARTITION OF {parent} {bounds}")
                )
                created.append(name)
    return created


def missing_months(connection: Connection, now: datetime, ahead: int = 2) -> list[int]:
    """Months from the present one on that would fall into the default partition."""
    if connection.dialect.name != "postgresql":
        return []
    present = _present(connection)
    return [
        month
        for month in months(now, ahead)[1:]
        if any(f"{parent}_{month}" not in present for parent in PARTITIONED)
    ]


def drop_partitions(connection: Connection, before: int) -> list[str]:
    """Drop the partitions of months (yyyymm) earlier than `before`; their names."""
    if connection.dialect.name != "postgresql":
        return []
    dropped = []
    for name in sorted(_present(connection)):
        month = name.rpartition("_")[2]
        if month.isdecimal() and int(month) < before:
            connection.execute(text(f"DROP TABLE {name}"))
            dropped.append(name)
    return dropped


def _present(connection: Connection) -> set[str]:
    rows = connection.execute(
        text(
            "SELECT child.relname FROM pg_inherits"
            " JOIN pg_class child ON child.oid = inhrelid"
            " JOIN pg_class parent ON parent.oid = inhparent"
            " WHERE parent.relname = ANY(:parents)"
            " AND pg_table_is_visible(parent.oid)"
        ),
        {"parents": list(PARTITIONED)},
    )
    return set(rows.scalars())


def _months(now: datetime, ahead: int) -> Iterator[int]:
    utc = now.astimezone(UTC)
    month = _previous(utc.year * 100 + utc.month)
    for _ in range(ahead + 2):
        yield month
        month = _following(month)


def _following(month: int) -> int:
    return month + (1 if month % 100 < 12 else 89)


def _previous(month: int) -> int:
    return month - (1 if month % 100 > 1 else 89)
