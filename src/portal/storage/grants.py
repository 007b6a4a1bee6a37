"""Time and data that staff gave on top of plans, one row a grant."""

from datetime import datetime

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from portal.model.staff import AllowanceGrant
from portal.model.usage import Extra
from portal.storage.tables import allowance_grant


class GrantTable:
    """Allowance grants on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, grant: AllowanceGrant, request_key: str | None) -> None:
        self._connection.execute(
            insert(allowance_grant),
            {
                "id": grant.id,
                "patron_id": grant.patron_id,
                "day": grant.day,
                "seconds": grant.extra.seconds,
                "octets": grant.extra.octets,
                "reason": grant.reason,
                "staff_id": grant.staff_id,
                "created_at": grant.created_at,
                "request_key": request_key,
            },
        )

    def by_request(self, request_key: str) -> AllowanceGrant | None:
        """The grant that this press of a button has already made."""
        rows = self._connection.execute(
            select(allowance_grant).where(allowance_grant.c.request_key == request_key)
        )
        row = rows.mappings().one_or_none()
        return None if row is None else _grant(row)

    def find(self, grant_id: int) -> AllowanceGrant | None:
        rows = self._connection.execute(
            select(allowance_grant).where(allowance_grant.c.id == grant_id)
        )
        row = rows.mappings().one_or_none()
        return None if row is None else _grant(row)

    def total(self, patron_id: int, day: int) -> Extra:
        """What a local day's grants that were not undone add up to."""
        row = self._connection.execute(
            select(
                func.coalesce(func.sum(allowance_grant.c.seconds), 0),
                func.coalesce(func.sum(allowance_grant.c.octets), 0),
            ).where(
                allowance_grant.c.patron_id == patron_id,
                allowance_grant.c.day == day,
                allowance_grant.c.undone_at.is_(None),
            )
        ).one()
        # PostgreSQL sums 64-bit integers into a Decimal.
        return Extra(seconds=int(row[0]), octets=int(row[1]))

    def of_patron(self, patron_id: int, limit: int) -> list[AllowanceGrant]:
        """Newest first, undone ones too."""
        rows = self._connection.execute(
            select(allowance_grant)
            .where(allowance_grant.c.patron_id == patron_id)
            .order_by(allowance_grant.c.created_at.desc(), allowance_grant.c.id.desc())
            .limit(limit)
        )
        return [_grant(row) for row in rows.mappings()]

    def undo(self, grant_id: int, now: datetime) -> None:
        self._connection.execute(
            update(allowance_grant)
            .where(
                allowance_grant.c.id == grant_id,
                allowance_grant.c.undone_at.is_(None),
            )
            .values(undone_at=now)
        )


def _grant(row: RowMapping) -> AllowanceGrant:
    return AllowanceGrant(
        id=row["id"],
        patron_id=row["patron_id"],
        day=row["day"],
        extra=Extra(seconds=row["seconds"], octets=row["octets"]),
        reason=row["reason"],
        staff_id=row["staff_id"],
        created_at=row["created_at"],
        undone_at=row["undone_at"],
    )
