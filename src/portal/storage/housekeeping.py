"""Forgetting what is older than it may be, and making room for what comes.

Everything is dropped a chunk at a time, so that on SQLite nobody waits long for the
write lock; on PostgreSQL sessions and accounting records go by the partition.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, Table, delete, select, tuple_

from portal.storage.partitions import drop_partitions, ensure_partitions
from portal.storage.tables import (
    accounting_record,
    browser_session,
    dynauth_request,
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

    def forget_tickets(self, before: datetime, limit: int) -> int:
        """Tickets that expired before an instant."""
        return self._forget(ticket, ticket.c.expires_at < before, limit)

    def forget_browsers(self, before: datetime, limit: int) -> int:
        """Browser sessions of staff that were over before an instant."""
        gone = browser_session.c.expires_at < before
        return self._forget(browser_session, gone, limit)

    def forget_months(self, before: datetime) -> int:
        """Whole months of sessions and records; PostgreSQL only, by the partition."""
        return len(drop_partitions(self._connection, _month(before)))

    def forget_use(self, before: datetime, limit: int) -> int:
        """Rows older than an instant of everything that tells of use.

        Sessions and records by whole months: none is kept shorter than asked for.
        """
        forgotten = 0
        for table, old in _old(before):
            forgotten += self._forget(table, old, limit - forgotten)
            if forgotten >= limit:
                break
        return forgotten

    def _forget(self, table: Table, old: ColumnElement[bool], limit: int) -> int:
        key = table.primary_key.columns
        chunk = select(*key).where(old).limit(limit)
        gone = self._connection.execute(delete(table).where(tuple_(*key).in_(chunk)))
        return gone.rowcount


def _old(before: datetime) -> Iterator[tuple[Table, ColumnElement[bool]]]:
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
