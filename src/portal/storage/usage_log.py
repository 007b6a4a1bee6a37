"""Sessions as people read them, newest first, with the proof of what ended them."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Connection,
    RowMapping,
    Select,
    func,
    or_,
    select,
    text,
)

from portal.model.session import Session, SessionRef
from portal.model.usage import Usage
from portal.service.staff_ports import ProofStep
from portal.storage.sessions import session_of
from portal.storage.tables import dynauth_request, session, usage_hour

# Spelled as in the partial indexes: SQLite does not see through bound parameters.
_LIVE = text("session.state IN ('pending','open')")
_BEGAN = func.coalesce(session.c.started_at, session.c.accepted_at, session.c.heard_at)
_SEEN_UNTIL = func.coalesce(session.c.ended_at, session.c.heard_at)
_SPAN = timedelta(days=31)  # no session is longer: its month is at most one back


class UsageLogTable:
    """What was used, by whom and where, on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of_patron(
        self,
        patron_id: int,
        *,
        branch_id: int | None,
        before: SessionRef | None,
        limit: int,
    ) -> list[Session]:
        """A patron's sessions, newest first; `branch_id` None: at every branch."""
        query = _newest_first(before, limit).where(session.c.patron_id == patron_id)
        if branch_id is not None:
            query = query.where(session.c.branch_id == branch_id)
        return self._sessions(query)

    def of_branch(
        self,
        branch_id: int,
        *,
        begin: datetime,
        end: datetime,
        before: SessionRef | None,
        limit: int,
    ) -> list[Session]:
        """A branch's sessions of which any part lies in [begin, end), newest first."""
        query = _newest_first(before, limit).where(
            session.c.branch_id == branch_id,
            session.c.month >= _month(begin - _SPAN),
            session.c.month <= _month(end + _SPAN),
            end > _BEGAN,
            or_(begin <= _SEEN_UNTIL, _LIVE),
        )
        return self._sessions(query)

    def online(self, branch_id: int | None, limit: int) -> list[Session]:
        """Live sessions, newest first; `branch_id` None: of every branch."""
        query = _newest_first(None, limit).where(_LIVE)
        if branch_id is not None:
            query = query.where(session.c.branch_id == branch_id)
        return self._sessions(query)

    def proof(self, refs: Iterable[SessionRef]) -> dict[SessionRef, list[ProofStep]]:
        """The dynamic-authorization requests of sessions, oldest first."""
        ids = {ref.id for ref in refs}
        if not ids:
            return {}
        rows = self._connection.execute(
            select(dynauth_request)
            .where(dynauth_request.c.session_id.in_(ids))
            .order_by(dynauth_request.c.decided_at, dynauth_request.c.id)
        )
        steps: dict[SessionRef, list[ProofStep]] = {}
        for row in rows.mappings():
            step = _proof_step(row)
            steps.setdefault(step.session, []).append(step)
        return steps

    def totals(
        self, branch_id: int, *, begin: datetime, end: datetime
    ) -> dict[bool, Usage]:
        """What a branch's whole hours in [begin, end) add up to, by attribution."""
        rows = self._connection.execute(
            select(
                usage_hour.c.attributed,
                func.sum(usage_hour.c.session_time),
                func.sum(usage_hour.c.downloaded),
                func.sum(usage_hour.c.uploaded),
            )
            .where(
                usage_hour.c.branch_id == branch_id,
                usage_hour.c.hour_at >= begin,
                usage_hour.c.hour_at < end,
            )
            .group_by(usage_hour.c.attributed)
        )
        # PostgreSQL sums 64-bit integers into a Decimal.
        return {bool(row[0]): Usage(*(int(n) for n in row[1:])) for row in rows}

    def _sessions(self, query: Select[Any]) -> list[Session]:
        return [session_of(row) for row in self._connection.execute(query)]


def _newest_first(before: SessionRef | None, limit: int) -> Select[Any]:
    # A session's number sorts by time (41 bits of milliseconds in front).
    query = select(*session.c).order_by(session.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(session.c.id < before.id)
    return query


def _month(instant: datetime) -> int:
    return instant.year * 100 + instant.month


def _proof_step(row: RowMapping) -> ProofStep:
    return ProofStep(
        id=row["id"],
        session=SessionRef(row["session_month"], row["session_id"]),
        kind=row["kind"],
        reason=row["reason"],
        facts=json.loads(row["facts"]),
        state=row["state"],
        decided_at=row["decided_at"],
        attempts=row["attempts"],
        sent_at=row["sent_at"],
        answered_at=row["answered_at"],
        error_cause=row["error_cause"],
        proof=row["proof"],
        proved_at=row["proved_at"],
    )
