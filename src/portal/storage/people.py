"""Patrons as persons: their rows, names, numbers and blocks."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    and_,
    delete,
    insert,
    or_,
    select,
    tuple_,
    update,
)

from portal.model.identifiers import IdentifierKind
from portal.model.patron import Patron, PatronCard
from portal.service.staff_ports import NamePosition, NewPerson, SealedIdentifier
from portal.storage.tables import (
    branch,
    patron,
    patron_identifier,
    patron_person,
    plan,
)

_card = patron_identifier.alias("card")


class PeopleTable:
    """People's accounts on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # ------------------------------------------------------------------- writing

    def add(self, person: NewPerson) -> int:
        """Insert the account and its name; its id."""
        row = self._connection.execute(
            insert(patron).returning(patron.c.id),
            {
                "handle": person.handle,
                "home_branch_id": person.home_branch_id,
                "plan_id": person.plan_id,
                "pin_hash": person.pin_hash,
                "valid_until": person.valid_until,
                "created_at": person.created_at,
            },
        )
        patron_id: int = row.scalar_one()
        self._connection.execute(
            insert(patron_person),
            {
                "patron_id": patron_id,
                "name": person.name,
                "name_key": person.name_key,
                "name_sort": person.name_sort,
            },
        )
        return patron_id

    def add_identifiers(
        self, patron_id: int, identifiers: Iterable[SealedIdentifier]
    ) -> None:
        rows = [
            {
                "patron_id": patron_id,
                "kind": one.kind.value,
                "key_id": one.key_id,
                "digest": one.digest,
                "sealed": one.sealed,
                "last4": one.last4,
            }
            for one in identifiers
        ]
        if rows:
            self._connection.execute(insert(patron_identifier), rows)

    def block(self, patron_id: int, until: datetime | None, note: str | None) -> None:
        self._set(patron_id, blocked_until=until, block_note=note)

    def set_pin(self, patron_id: int, pin_hash: str | None) -> None:
        self._set(patron_id, pin_hash=pin_hash)

    def erase(self, patron_id: int, now: datetime) -> None:
        """Remove every personal value; sessions and bookings stay, naming nobody."""
        for table in (patron_person, patron_identifier):
            self._connection.execute(
                delete(table).where(table.c.patron_id == patron_id)
            )
        self._set(patron_id, pin_hash=None, block_note=None, erased_at=now)

    def _set(self, patron_id: int, **values: object) -> None:
        self._connection.execute(
            update(patron).where(patron.c.id == patron_id).values(**values)
        )

    # ------------------------------------------------------------------- reading

    def taken(self, digests: Mapping[str, Sequence[bytes]]) -> set[IdentifierKind]:
        """The kinds whose number someone already bears."""
        if not digests:
            return set()
        found = self._connection.scalars(
            select(patron_identifier.c.kind).where(_any_of(digests)).distinct()
        )
        return {IdentifierKind(kind) for kind in found}

    def by_handle(self, handle: str) -> PatronCard | None:
        """An account that has not been erased."""
        row = self._connection.execute(
            _cards().where(patron.c.handle == handle, patron.c.erased_at.is_(None))
        ).mappings()
        found = row.one_or_none()
        return None if found is None else _patron_card(found)

    def by_digests(
        self, digests: Mapping[str, Sequence[bytes]], limit: int
    ) -> list[PatronCard]:
        """Who bears one of these numbers, by name."""
        if not digests:
            return []
        bearers = select(patron_identifier.c.patron_id).where(_any_of(digests))
        rows = self._connection.execute(
            _cards()
            .where(patron.c.id.in_(bearers))
            .order_by(patron_person.c.name_sort, patron.c.id)
            .limit(limit)
        )
        return [_patron_card(row) for row in rows.mappings()]

    def by_name(
        self, words: Sequence[str], after: NamePosition | None, limit: int
    ) -> list[tuple[str, PatronCard]]:
        """Whose name holds every word, with the sort key to go on from."""
        if not words:
            return []
        query = (
            _cards()
            .where(
                *(
                    patron_person.c.name_key.contains(word, autoescape=True)
                    for word in words
                )
            )
            .order_by(patron_person.c.name_sort, patron.c.id)
            .limit(limit)
        )
        if after is not None:
            query = query.where(
                tuple_(patron_person.c.name_sort, patron.c.id)
                > tuple_(after.name_sort, after.patron_id)
            )
        rows = self._connection.execute(query).mappings()
        return [(row["name_sort"], _patron_card(row)) for row in rows]

    def cards(self, patron_ids: Iterable[int]) -> dict[int, PatronCard]:
        """Accounts by id; the erased have neither name nor card."""
        wanted = set(patron_ids)
        if not wanted:
            return {}
        rows = self._connection.execute(_cards().where(patron.c.id.in_(wanted)))
        return {row["id"]: _patron_card(row) for row in rows.mappings()}

    def identifiers(self, patron_id: int) -> list[SealedIdentifier]:
        rows = self._connection.execute(
            select(patron_identifier)
            .where(patron_identifier.c.patron_id == patron_id)
            .order_by(patron_identifier.c.kind)
        )
        return [
            SealedIdentifier(
                kind=IdentifierKind(row.kind),
                key_id=row.key_id,
                digest=row.digest,
                sealed=row.sealed,
                last4=row.last4,
            )
            for row in rows
        ]


def _any_of(digests: Mapping[str, Sequence[bytes]]) -> ColumnElement[bool]:
    return or_(
        *(
            and_(
                patron_identifier.c.kind == kind,
                patron_identifier.c.digest.in_(list(values)),
            )
            for kind, values in digests.items()
        )
    )


def _cards() -> Select[Any]:
    joined = (
        patron.join(branch, branch.c.id == patron.c.home_branch_id)
        .join(plan, plan.c.id == patron.c.plan_id)
        .outerjoin(patron_person, patron_person.c.patron_id == patron.c.id)
        .outerjoin(
            _card,
            and_(
                _card.c.patron_id == patron.c.id,
                _card.c.kind == IdentifierKind.CARD.value,
            ),
        )
    )
    return select(
        patron.c.id,
        patron.c.handle,
        patron.c.home_branch_id,
        patron.c.plan_id,
        patron.c.blocked_until,
        patron.c.block_note,
        patron.c.valid_until,
        patron.c.pin_hash.is_not(None).label("has_pin"),
        branch.c.time_zone,
        branch.c.name_fa.label("home_branch_fa"),
        branch.c.name_en.label("home_branch_en"),
        plan.c.name_fa.label("plan_name_fa"),
        plan.c.name_en.label("plan_name_en"),
        patron_person.c.name,
        patron_person.c.name_sort,
        _card.c.last4,
    ).select_from(joined)


def _patron_card(row: RowMapping) -> PatronCard:
    return PatronCard(
        patron=Patron(
            id=row["id"],
            handle=row["handle"],
            home_branch_id=row["home_branch_id"],
            plan_id=row["plan_id"],
            time_zone=row["time_zone"],
            blocked_until=row["blocked_until"],
            valid_until=row["valid_until"],
        ),
        name=row["name"] or "",
        card_last4=row["last4"] or "",
        plan_name_fa=row["plan_name_fa"],
        plan_name_en=row["plan_name_en"],
        home_branch_fa=row["home_branch_fa"],
        home_branch_en=row["home_branch_en"],
        has_pin=bool(row["has_pin"]),
        block_note=row["block_note"],
    )
