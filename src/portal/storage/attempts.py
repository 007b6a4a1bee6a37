"""What signing in writes beside the ticket: the log of attempts, and renewed PINs.

The log is no part of the audit chain and is dropped when its time is over.
"""

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from portal.service.sign_in import SignInAttempt
from portal.storage.tables import patron, sign_in_attempt


class AttemptTable:
    """Sign-in attempts on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, attempt: SignInAttempt) -> None:
        self._connection.execute(
            insert(sign_in_attempt),
            {
                "id": attempt.id,
                "at": attempt.at,
                "branch_id": attempt.branch_id,
                "nas_id": attempt.nas_id,
                "patron_id": attempt.patron_id,
                "device": attempt.device,
                "last4": attempt.last4,
                "outcome": attempt.outcome,
            },
        )

    def of_branch(
        self, branch_id: int, *, before: datetime, limit: int
    ) -> list[SignInAttempt]:
        """Attempts at a branch before an instant, the newest first."""
        rows = self._connection.execute(
            select(sign_in_attempt)
            .where(
                sign_in_attempt.c.branch_id == branch_id,
                sign_in_attempt.c.at < before,
            )
            .order_by(sign_in_attempt.c.at.desc(), sign_in_attempt.c.id.desc())
            .limit(limit)
        )
        return [SignInAttempt(**row) for row in rows.mappings()]

    def purge(self, before: datetime, limit: int) -> int:
        """Forget attempts older than an instant, a chunk at a time."""
        old = (
            select(sign_in_attempt.c.id)
            .where(sign_in_attempt.c.at < before)
            .order_by(sign_in_attempt.c.id)
            .limit(limit)
        )
        gone = self._connection.execute(
            delete(sign_in_attempt).where(sign_in_attempt.c.id.in_(old))
        )
        return gone.rowcount

    def renew_pin(self, patron_id: int, *, stored: str, renewed: str) -> None:
        """Replace a PIN's hash, unless the PIN was changed in the meantime."""
        self._connection.execute(
            update(patron)
            .where(patron.c.id == patron_id, patron.c.pin_hash == stored)
            .values(pin_hash=renewed)
        )
