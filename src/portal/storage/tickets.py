"""Tickets between minting and the session they open."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from portal.model.session import SessionRef, Ticket
from portal.storage.driver import Query, fetch
from portal.storage.many import one_of
from portal.storage.tables import ticket
from portal.storage.types import stored, to_microseconds
from portal.storage.upsert import Upsert, replaced

_FIND = select(ticket).where(one_of(ticket.c.grant_id, "names"))
_FOUND = Query(_FIND)
_FOUND_LOCKED = Query(_FIND.order_by(ticket.c.grant_id).with_for_update())
_USE = Upsert(
    ticket,
    key=["grant_id"],
    merge={
        "used_at": replaced,
        "acct_session_id": replaced,
        "session_month": replaced,
        "session_id": replaced,
    },
)


class TicketTable:
    """Tickets, read and written inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, grant_ids: Iterable[str], *, lock: bool) -> dict[str, Ticket]:
        names = sorted(grant_ids)
        query = _FOUND_LOCKED if lock else _FOUND
        rows = fetch(self._connection, {"names": names}, query)[0]
        return {found.grant_id: found for found in map(_ticket, rows)}

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
        ordered = sorted(tickets, key=lambda t: t.grant_id)
        _USE.run(self._connection, [_row(t) for t in ordered])

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


def _ticket(row: Sequence[Any]) -> Ticket:
    """Of a row with all columns of the table, in its order."""
    *given, used_at, acct_session_id, month, number = row
    grant_id, patron_id, nas_id, device, challenge, language, minted_at, expires_at = (
        given
    )
    return Ticket(
        grant_id=grant_id,
        patron_id=patron_id,
        nas_id=nas_id,
        device=device,
        challenge=challenge,
        language=language,
        minted_at=minted_at,
        expires_at=expires_at,
        used_at=used_at,
        acct_session_id=acct_session_id,
        session=None if number is None else SessionRef(month, number),
    )


def _row(ticket: Ticket) -> tuple[Any, ...]:
    """The column values of a ticket, in the order of its table."""
    return (
        ticket.grant_id,
        ticket.patron_id,
        ticket.nas_id,
        ticket.device,
        ticket.challenge,
        ticket.language,
        to_microseconds(ticket.minted_at),
        to_microseconds(ticket.expires_at),
        stored(ticket.used_at),
        ticket.acct_session_id,
        *(ticket.session or (None, None)),
    )
