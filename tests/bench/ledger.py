"""Whether the ledger holds what was acknowledged, and agrees with itself."""

from collections.abc import Iterator

from sqlalchemy import Connection, Table, func, select

from portal.storage.tables import (
    accounting_record,
    dynauth_request,
    quarantine,
    session,
    usage_day,
    usage_hour,
)
from tests.bench.load.job import Job, Report


def differences(connection: Connection, job: Job, report: Report) -> Iterator[str]:
    """Each session of a job that is not as it was acknowledged."""
    counted = connection.execute(
        select(accounting_record.c.session_id, func.count().label("records"))
        .join(session, session.c.id == accounting_record.c.session_id)
        .where(session.c.acct_session_id.startswith(job.prefix))
        .group_by(accounting_record.c.session_id)
    )
    records = {row.session_id: row.records for row in counted}
    rows = connection.execute(
        select(session).where(session.c.acct_session_id.startswith(job.prefix))
    )
    kept = {row.acct_session_id: row for row in rows}
    for owed in report.acknowledged:
        row = kept.get(owed.session)
        if row is None:
            yield f"{owed.session} is missing"
            continue
        # What CoovaChilli calls input is what the device received.
        found = (
            records.get(row.id, 0),
            row.session_time,
            row.downloaded,
            row.uploaded,
        )
        if found != (owed.records, owed.seconds, owed.received, owed.sent):
            yield f"{owed.session} stands at {found}, acknowledged was {owed}"
        elif row.flags or row.patron_id is None:
            yield f"{owed.session} has flags {row.flags}, patron {row.patron_id}"


def contradictions(connection: Connection) -> Iterator[str]:
    """Where bookings and sessions differ, and what a quiet branch should not have."""
    sessions = _total(connection, session)
    for table in (usage_day, usage_hour):
        if (booked := _total(connection, table)) != sessions:
            yield f"{table.name} adds up to {booked}, sessions to {sessions}"
    for table in (quarantine, dynauth_request):
        count = connection.scalar(select(func.count()).select_from(table))
        if count:
            yield f"{count} rows in {table.name}"


def _total(connection: Connection, table: Table) -> tuple[int, ...]:
    columns = (table.c.session_time, table.c.downloaded, table.c.uploaded)
    row = connection.execute(select(*(func.sum(c) for c in columns))).one()
    return tuple(int(value or 0) for value in row)
