"""Staff accounts, and the browsers they are signed in with."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, RowMapping, insert, or_, select, update

from portal.model.staff import Role, StaffMember
from portal.service.staff_ports import BrowserSessionRow
from portal.storage.tables import browser_session, staff


class StaffTable:
    """Staff members and their browser sessions on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(
        self, member: StaffMember, password_hash: str, now: datetime
    ) -> StaffMember:
        """Insert; the member with the number it was given."""
        inserted = self._connection.execute(
            insert(staff).returning(staff.c.id),
            {
                "username": member.username,
                "name": member.name,
                "role": member.role.value,
                "branch_id": member.branch_id,
                "password_hash": password_hash,
                "created_at": now,
            },
        )
        return replace(member, id=inserted.scalar_one())

    def members(self) -> list[StaffMember]:
        rows = self._connection.execute(select(staff).order_by(staff.c.username))
        return [_member(row) for row in rows.mappings()]

    def find(self, staff_ids: Iterable[int]) -> dict[int, StaffMember]:
        wanted = set(staff_ids)
        if not wanted:
            return {}
        rows = self._connection.execute(select(staff).where(staff.c.id.in_(wanted)))
        return {row["id"]: _member(row) for row in rows.mappings()}

    def credentials(self, username: str) -> tuple[StaffMember, str] | None:
        rows = self._connection.execute(
            select(staff).where(staff.c.username == username)
        )
        row = rows.mappings().one_or_none()
        return None if row is None else (_member(row), row["password_hash"])

    def set_password(self, staff_id: int, password_hash: str) -> None:
        self._connection.execute(
            update(staff)
            .where(staff.c.id == staff_id)
            .values(password_hash=password_hash)
        )

    def disable(self, staff_id: int, now: datetime | None) -> None:
        self._connection.execute(
            update(staff).where(staff.c.id == staff_id).values(disabled_at=now)
        )

    # ----------------------------------------------------------------- browsers

    def open_browser(self, row: BrowserSessionRow) -> None:
        self._connection.execute(
            insert(browser_session),
            {
                "digest": row.digest,
                "staff_id": row.staff_id,
                "created_at": row.created_at,
                "seen_at": row.seen_at,
                "expires_at": row.expires_at,
            },
        )

    def browser(
        self, digests: Sequence[bytes]
    ) -> tuple[BrowserSessionRow, StaffMember] | None:
        """The browser session that a cookie names, and whose it is."""
        rows = self._connection.execute(
            select(
                staff,
                browser_session.c.digest,
                browser_session.c.created_at.label("opened_at"),
                browser_session.c.seen_at,
                browser_session.c.expires_at,
                browser_session.c.ended_at,
            )
            .select_from(
                browser_session.join(staff, staff.c.id == browser_session.c.staff_id)
            )
            .where(browser_session.c.digest.in_(list(digests)))
        )
        row = rows.mappings().one_or_none()
        if row is None:
            return None
        opened = BrowserSessionRow(
            digest=row["digest"],
            staff_id=row["id"],
            created_at=row["opened_at"],
            seen_at=row["seen_at"],
            expires_at=row["expires_at"],
            ended_at=row["ended_at"],
        )
        return opened, _member(row)

    def touch_browser(self, digest: bytes, now: datetime) -> None:
        self._connection.execute(
            update(browser_session)
            .where(browser_session.c.digest == digest)
            .values(seen_at=now)
        )

    def end_browsers(
        self,
        now: datetime,
        *,
        digests: Sequence[bytes] = (),
        staff_id: int | None = None,
    ) -> int:
        """End browser sessions by cookie hash, or all of one member; the number."""
        ended = self._connection.execute(
            update(browser_session)
            .where(
                browser_session.c.ended_at.is_(None),
                or_(
                    browser_session.c.digest.in_(list(digests)),
                    browser_session.c.staff_id == staff_id,
                ),
            )
            .values(ended_at=now)
        )
        return ended.rowcount


def _member(row: RowMapping) -> StaffMember:
    return StaffMember(
        id=row["id"],
        username=row["username"],
        name=row["name"],
        role=Role(row["role"]),
        branch_id=row["branch_id"],
        disabled_at=row["disabled_at"],
    )
