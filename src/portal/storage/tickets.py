"""Tickets between minting and the session they open."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from portal.model.session import SessionRef, Ticket
from portal.storage.many import one_of
from portal.storage.tables import ticket

_FIND = select(ticket).where(one_of(ticket.c.grant_id, "names"))
_FIND_LOCKED = _FIND.order_by(ticket.c.grant_id).with_for_update()
_USE = (
    update(ticket)
    .where(ticket.c.grant_id == bindparam("name"))
    .values(
        used_at=bindparam("at"),
        acct_session_id=bindparam("acct"),
        session_month=bindparam("month"),
        session_id=bindparam("number"),
    )
)


class TicketTable:
    """Tickets, read and written inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, grant_ids: Iterable[str], *, lock: bool) -> dict[str, Ticket]:
        names = sorted(grant_ids)
        rows = self._connection.execute(
            _FIND_LOCKED if lock else _FIND, {"names": names}
        )
        return {row.grant_id: _ticket(row) for row in rows}

    def by_challenge(
        self, nas_id: int, challenge: str, *, lock: bool = False
    ) -> Ticket | None:
        query = select(ticket).where(
            ticket.c.nas_id == nas_id, ticket.c.challenge == challenge
        )
        if lock:
            query = query.with_for_update()
        row = self._connection.execute(query).one_or_none()
        return None if row is None else _ticket(row)

    def add(self, new: Ticket) -> None:
        self._connection.execute(
            insert(ticket).values(
                grant_id=new.grant_id,
                patron_id=new.patron_id,
                nas_id=new.nas_id,
                device=new.device,
                challenge=new.challenge,
                language=new.language,
                minted_at=new.minted_at,
                expires_at=new.expires_at,
            )
        )

    def save(self, tickets: Iterable[Ticket]) -> None:
        """Write what the first use fixed."""
        self._connection.execute(
            _USE,
            [
                {
                    "name": t.grant_id,
                    "at": t.used_at,
                    "acct": t.acct_session_id,
                    "month": t.session.month if t.session else None,
                    "number": t.session.id if t.session else None,
                }
                for t in tickets
            ],
        )

    def forget(self, grant_id: str) -> None:
        self._connection.execute(delete(ticket).where(ticket.c.grant_id == grant_id))

    def unused_of(self, patron_ids: Iterable[int], now: datetime) -> list[Ticket]:
        rows = self._connection.execute(
            select(ticket).where(
                ticket.c.patron_id.in_(list(patron_ids)),
                ticket.c.expires_at > now,
                ticket.c.used_at.is_(None),
            )
        )
        return [_ticket(row) for row in rows]

    def purge(self, before: datetime, limit: int) -> int:
        """Forget tickets expired before an instant, a chunk at a time."""
        old = (
            select(ticket.c.grant_id)
            .where(ticket.c.expires_at < before)
            .order_by(ticket.c.expires_at)
            .limit(limit)
        )
        gone = self._connection.execute(
            delete(ticket).where(ticket.c.grant_id.in_(old.scalar_subquery()))
        )
        return gone.rowcount


def _ticket(row: Any) -> Ticket:
    ref = (
        SessionRef(row.session_month, row.session_id)
        if row.session_id is not None
        else None
    )
    return Ticket(
        grant_id=row.grant_id,
        patron_id=row.patron_id,
        nas_id=row.nas_id,
        device=row.device,
        challenge=row.challenge,
        language=row.language,
        minted_at=row.minted_at,
        expires_at=row.expires_at,
        used_at=row.used_at,
        acct_session_id=row.acct_session_id,
        session=ref,
    )
