"""Every sealed value of the database, to be looked at and sealed anew."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Table, literal, select, tuple_, update

from portal.model.identifiers import IdentifierKind
from portal.service.rekey import SealedNumber, SealedSecret, SealedSource
from portal.storage.tables import (
    audit_person,
    nas,
    patron_identifier,
    radius_secret,
)


@dataclass(frozen=True, slots=True)
class _Place:
    table: Table
    key: str
    column: str

    @property
    def key_column(self) -> ColumnElement[int]:
        column: ColumnElement[int] = self.table.c[self.key]
        return column

    @property
    def value(self) -> ColumnElement[bytes]:
        column: ColumnElement[bytes] = self.table.c[self.column]
        return column


_PLACES = {
    SealedSource.CLIENT: _Place(radius_secret, "id", "sealed"),
    SealedSource.UAM: _Place(nas, "id", "uam_secret_sealed"),
    SealedSource.DYNAUTH: _Place(nas, "id", "dynauth_secret_sealed"),
    SealedSource.AUDIT: _Place(audit_person, "seq", "sealed"),
}


class SealedTable:
    """Sealed values on one connection, in the order of their rows."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def secrets(
        self, source: SealedSource, after: int, limit: int
    ) -> list[SealedSecret]:
        """Values of rows whose number is greater than `after`."""
        place = _PLACES[source]
        rows = self._connection.execute(
            select(place.key_column, place.value)
            .where(place.key_column > after, place.value.is_not(None))
            .order_by(place.key_column)
            .limit(limit)
        )
        return [SealedSecret(number, bytes(sealed)) for number, sealed in rows]

    def replace_secret(
        self, source: SealedSource, old: SealedSecret, sealed: bytes
    ) -> None:
        """Put the new value where the old one still is."""
        place = _PLACES[source]
        self._connection.execute(
            update(place.table)
            .where(place.key_column == old.row, place.value == old.sealed)
            .values({place.column: sealed})
        )

    def numbers(self, after: tuple[int, str], limit: int) -> list[SealedNumber]:
        """Patrons' numbers behind the one of this patron and kind."""
        table = patron_identifier
        key = (table.c.patron_id, table.c.kind)
        rows = self._connection.execute(
            select(*key, table.c.key_id, table.c.sealed)
            .where(tuple_(*key) > tuple_(*map(literal, after)))
            .order_by(*key)
            .limit(limit)
        )
        return [
            SealedNumber(patron_id, IdentifierKind(kind), key_id, bytes(sealed))
            for patron_id, kind, key_id, sealed in rows
        ]

    def replace_number(
        self, old: SealedNumber, *, key_id: int, digest: bytes, sealed: bytes
    ) -> None:
        table = patron_identifier
        self._connection.execute(
            update(table)
            .where(
                table.c.patron_id == old.patron_id,
                table.c.kind == old.kind.value,
                table.c.sealed == old.sealed,
            )
            .values(key_id=key_id, digest=digest, sealed=sealed)
        )
