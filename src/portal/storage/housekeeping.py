"""Forgetting what is older than it may be, and making room for what comes.

Old rows are looked for without a lock and dropped by their keys, a few at a time, so
that on SQLite nobody waits for the write lock while a table is read through; on
PostgreSQL sessions and accounting records go by the partition.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, Table, delete, select, tuple_

from portal.service.upkeep import OldRows
from portal.storage.partitions import drop_partitions, ensure_partitions
from portal.storage.tables import (
    accounting_record,
    browser_session,
    dynauth_request,
    metadata,
    nas_event,
    quarantine,
    session,
    sign_in_attempt,
    ticket,
    usage_day,
    usage_hour,
)


class HousekeepingTable:
    """Old rows of every table, and partitions, on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def make_room(self, now: datetime) -> int:
        """Partitions created for the months ahead."""
        return len(ensure_partitions(self._connection, now))

    def old_tickets(self, before: datetime, limit: int) -> list[OldRows]:
        """Tickets that expired before an instant."""
        return self._old(((ticket, ticket.c.expires_at < before),), limit)

    def old_browsers(self, before: datetime, limit: int) -> list[OldRows]:
        """Browser sessions of staff that were over before an instant."""
        over = browser_session.c.expires_at < before
        return self._old(((browser_session, over),), limit)

    def forget_months(self, before: datetime) -> int:
        """Whole months of sessions and records; PostgreSQL only, by the partition."""
        return len(drop_partitions(self._connection, _month(before)))

    def old_use(self, before: datetime, limit: int) -> list[OldRows]:
        """Rows older than an instant of everything that tells of use.

        Sessions and records by whole months: none is kept shorter than asked for.
        """
        return self._old(_tells_of_use(before), limit)

    def forget(self, rows: OldRows) -> None:
        """Delete rows that were found before, in an earlier transaction."""
        table = metadata.tables[rows.table]
        key = table.primary_key.columns
        self._connection.execute(delete(table).where(tuple_(*key).in_(rows.keys)))

    def _old(
        self, sources: Iterable[tuple[Table, ColumnElement[bool]]], limit: int
    ) -> list[OldRows]:
        """At most `limit` rows of each source; a look through tables without a lock."""
        found = []
        for table, old in sources:
            query = select(*table.primary_key.columns).where(old).limit(limit)
            keys = [tuple(row) for row in self._connection.execute(query)]
            if keys:
                found.append(OldRows(table.name, keys))
        return found


def _tells_of_use(before: datetime) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    month = _month(before)
    utc = before.astimezone(UTC)
    day = utc.year * 10000 + utc.month * 100 + utc.day
    # Records first: they are found through their session's month alone.
    yield accounting_record, accounting_record.c.month < month
    yield session, session.c.month < month
    yield usage_day, usage_day.c.day < day
    yield usage_hour, usage_hour.c.hour_at < before
    yield nas_event, nas_event.c.received_at < before
    yield quarantine, quarantine.c.received_at < before
    closed = ~dynauth_request.c.open
    yield dynauth_request, closed & (dynauth_request.c.decided_at < before)
    yield sign_in_attempt, sign_in_attempt.c.at < before


def _month(instant: datetime) -> int:
    utc = instant.astimezone(UTC)
    return utc.year * 100 + utc.month
