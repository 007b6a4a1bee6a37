"""The audit chain's rows, and the erasable personal values beside them."""

from collections.abc import Iterable

from sqlalchemy import Connection, RowMapping, delete, insert, select, text

from portal.model.audit import FIRST_SEQ, GENESIS, AuditEntry, Head
from portal.storage.tables import audit_entry, audit_person

# Any fixed number that no other lock of this program uses.
_LOCK = 20261122


class AuditTable:
    """Entries in the order of their numbers, on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lock_head(self) -> Head:
        """The last entry, held still until the transaction ends.

        SQLite's writers hold the one write lock already. On PostgreSQL an advisory
        lock works on an empty table too, which SELECT ... FOR UPDATE does not.
        """
        if self._connection.dialect.name == "postgresql":
            self._connection.execute(
                text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK}
            )
        return self.head()

    def head(self) -> Head:
        """The last entry; number 0 before the first."""
        row = self._connection.execute(
            select(audit_entry.c.seq, audit_entry.c.mac)
            .order_by(audit_entry.c.seq.desc())
            .limit(1)
        ).one_or_none()
        return Head(FIRST_SEQ - 1, GENESIS) if row is None else Head(row.seq, row.mac)

    def add(self, entry: AuditEntry, sealed: bytes | None) -> None:
        self._connection.execute(
            insert(audit_entry),
            {name: getattr(entry, name) for name in _FIELDS},
        )
        if sealed is not None:
            self._connection.execute(
                insert(audit_person), {"seq": entry.seq, "sealed": sealed}
            )

    def after(self, seq: int, limit: int) -> list[AuditEntry]:
        """Entries above `seq`, oldest first."""
        rows = self._connection.execute(
            select(audit_entry)
            .where(audit_entry.c.seq > seq)
            .order_by(audit_entry.c.seq)
            .limit(limit)
        )
        return [_entry(row) for row in rows.mappings()]

    def before(
        self, seq: int | None, limit: int, *, actions: Iterable[str] = ()
    ) -> list[AuditEntry]:
        """Entries below `seq` (None: from the end), newest first."""
        query = select(audit_entry).order_by(audit_entry.c.seq.desc()).limit(limit)
        if seq is not None:
            query = query.where(audit_entry.c.seq < seq)
        wanted = tuple(actions)
        if wanted:
            query = query.where(audit_entry.c.action.in_(wanted))
        return [_entry(row) for row in self._connection.execute(query).mappings()]

    def find(self, seq: int) -> AuditEntry | None:
        row = self._connection.execute(
            select(audit_entry).where(audit_entry.c.seq == seq)
        ).mappings()
        found = row.one_or_none()
        return None if found is None else _entry(found)

    def personal(self, seqs: Iterable[int]) -> dict[int, bytes]:
        """The sealed personal values of entries that (still) have any."""
        rows = self._connection.execute(
            select(audit_person).where(audit_person.c.seq.in_(list(seqs)))
        )
        return {row.seq: row.sealed for row in rows}

    def erase_personal(self, subject: str) -> int:
        """Erase the personal values of every entry about `subject`; the number."""
        about = select(audit_entry.c.seq).where(audit_entry.c.subject == subject)
        erased = self._connection.execute(
            delete(audit_person).where(audit_person.c.seq.in_(about))
        )
        return erased.rowcount


_FIELDS = tuple(column.name for column in audit_entry.c)


def _entry(row: RowMapping) -> AuditEntry:
    return AuditEntry(**{name: row[name] for name in _FIELDS})
