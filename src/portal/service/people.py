"""Patrons as persons: adding one, finding one by number or name, erasing one."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from portal.model.audit import Action
from portal.model.identifiers import (
    CardNumber,
    IdentifierError,
    IdentifierKind,
    IdentifierReason,
    MobileNumber,
    NationalId,
    kinds,
)
from portal.model.patron import PatronCard
from portal.model.persian import normalise, search_key, search_words, sort_key
from portal.service import lookup
from portal.service.audit import record
from portal.service.keys import KeyRing
from portal.service.pins import PinHasher
from portal.service.ports import Clock
from portal.service.staff_ports import (
    NamePosition,
    NewPerson,
    SealedIdentifier,
    StaffStore,
    StaffUnitOfWork,
)

FOUND_AT_ONCE = 25
SHORTEST_NAME_PART = 2
SHORTEST_PIN = 4
LONGEST_NAME = 200
_HANDLE_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
_PARSERS: Mapping[
    IdentifierKind, type[CardNumber] | type[NationalId] | type[MobileNumber]
] = {
    IdentifierKind.CARD: CardNumber,
    IdentifierKind.NATIONAL_ID: NationalId,
    IdentifierKind.PHONE: MobileNumber,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPatron:
    """A person to add, as typed; branch and plan by their codes."""

    name: str
    card: str
    branch: str
    plan: str
    national_id: str | None = None
    phone: str | None = None
    pin: str | None = field(default=None, repr=False)
    valid_until: datetime | None = None


class AddReason(StrEnum):
    """Why a person cannot be added."""

    NAME = "name"
    NUMBER = "number"  # `kind` and `why` say which and how
    TAKEN = "taken"  # someone else bears the number of `kind`
    NO_SUCH_BRANCH = "no_such_branch"
    NO_SUCH_PLAN = "no_such_plan"
    PIN = "pin"


@dataclass(frozen=True, slots=True)
class AddRefused:
    """Nobody was added, and why."""

    reason: AddReason
    kind: IdentifierKind | None = None
    why: IdentifierReason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """People who fit what was typed; `after` is where the list goes on."""

    people: tuple[PatronCard, ...]
    exact: bool  # by a whole number, not by a part of a name
    after: NamePosition | None = None


class People:
    """Adds, finds and erases patrons; `actor` is who does it, for the audit chain."""

    def __init__(
        self, *, store: StaffStore, keys: KeyRing, clock: Clock, hasher: PinHasher
    ) -> None:
        self._store = store
        self._keys = keys
        self._clock = clock
        self._hasher = hasher

    def add(self, new: NewPatron, actor: str) -> PatronCard | AddRefused:
        """Add a person whose numbers nobody else bears; a phone may be shared."""
        numbers = _numbers(new)
        if isinstance(numbers, AddRefused):
            return numbers
        if not search_key(new.name) or len(normalise(new.name)) > LONGEST_NAME:
            return AddRefused(AddReason.NAME)
        if new.pin is not None and len(new.pin) < SHORTEST_PIN:
            return AddRefused(AddReason.PIN)
        # The slow hash is made before the transaction: the write lock is short.
        pin_hash = None if new.pin is None else self._hasher.hash(new.pin)
        with self._store.write() as uow:
            return self._add(uow, new, numbers, pin_hash, actor)

    def _add(
        self,
        uow: StaffUnitOfWork,
        new: NewPatron,
        numbers: Mapping[IdentifierKind, str],
        pin_hash: str | None,
        actor: str,
    ) -> PatronCard | AddRefused:
        branches = {branch.code: branch.id for branch in uow.estate.branches()}
        plans = {terms.code: terms.plan_id for terms in uow.estate.current_terms()}
        if new.branch not in branches:
            return AddRefused(AddReason.NO_SUCH_BRANCH)
        if new.plan not in plans:
            return AddRefused(AddReason.NO_SUCH_PLAN)
        unique = dict(numbers)
        unique.pop(IdentifierKind.PHONE, None)
        taken = uow.people.taken(lookup.digests(self._keys, unique))
        if taken:
            return AddRefused(AddReason.TAKEN, min(taken))
        now = self._clock()
        name = normalise(new.name)
        person = NewPerson(
            handle=_new_handle(),
            home_branch_id=branches[new.branch],
            plan_id=plans[new.plan],
            pin_hash=pin_hash,
            valid_until=new.valid_until,
            created_at=now,
            name=name,
            name_key=search_key(name),
            name_sort=sort_key(name),
        )
        patron_id = uow.people.add(person)
        uow.people.add_identifiers(patron_id, self._sealed(patron_id, numbers))
        record(
            uow,
            self._keys,
            actor=actor,
            action=Action.PATRON_ADDED,
            subject=f"patron:{person.handle}",
            details={"plan": new.plan, "with_pin": pin_hash is not None},
            branch_id=person.home_branch_id,
            now=now,
        )
        return uow.people.cards([patron_id])[patron_id]

    def find(self, typed: str, after: NamePosition | None = None) -> Found:
        """By card, phone or national ID in any digits, or by any part of the name."""
        with self._store.read() as uow:
            if after is None:
                wanted = lookup.digests(self._keys, kinds(typed))
                bearers = uow.people.by_digests(wanted, FOUND_AT_ONCE)
                if bearers:
                    return Found(people=tuple(bearers), exact=True)
            words = search_words(typed)
            if sum(map(len, words)) < SHORTEST_NAME_PART:
                return Found(people=(), exact=False)
            rows = uow.people.by_name(words, after, FOUND_AT_ONCE + 1)
        shown = rows[:FOUND_AT_ONCE]
        more = len(rows) > FOUND_AT_ONCE
        last = NamePosition(shown[-1][0], shown[-1][1].patron.id) if more else None
        return Found(people=tuple(card for _, card in shown), exact=False, after=last)

    def set_pin(self, handle: str, pin: str, actor: str) -> bool | AddRefused:
        """Give a patron a PIN; False if there is no such patron."""
        if len(pin) < SHORTEST_PIN:
            return AddRefused(AddReason.PIN)
        hashed = self._hasher.hash(pin)
        with self._store.write() as uow:
            card = uow.people.by_handle(handle)
            if card is None:
                return False
            uow.people.set_pin(card.patron.id, hashed)
            self._record(uow, Action.PATRON_PIN_SET, card, actor)
            return True

    def erase(self, handle: str, actor: str) -> bool:
        """Erase every personal value, those beside audit entries too.

        Sessions, bookings and the chain stay, and name nobody any more.
        """
        with self._store.write() as uow:
            card = uow.people.by_handle(handle)
            if card is None:
                return False
            uow.people.erase(card.patron.id, self._clock())
            uow.audit.erase_personal(f"patron:{handle}")
            self._record(uow, Action.PATRON_ERASED, card, actor)
            return True

    def _record(
        self, uow: StaffUnitOfWork, action: Action, card: PatronCard, actor: str
    ) -> None:
        record(
            uow,
            self._keys,
            actor=actor,
            action=action,
            subject=f"patron:{card.patron.handle}",
            details={},
            branch_id=card.patron.home_branch_id,
            now=self._clock(),
        )

    def _sealed(
        self, patron_id: int, numbers: Mapping[IdentifierKind, str]
    ) -> list[SealedIdentifier]:
        return [
            SealedIdentifier(
                kind=kind,
                key_id=self._keys.current,
                digest=lookup.digest(self._keys, kind, value),
                sealed=lookup.seal(self._keys, patron_id, kind, value),
                last4=_PARSERS[kind](value).last4,
            )
            for kind, value in numbers.items()
        ]


def _numbers(new: NewPatron) -> dict[IdentifierKind, str] | AddRefused:
    typed = {
        IdentifierKind.CARD: new.card,
        IdentifierKind.NATIONAL_ID: new.national_id,
        IdentifierKind.PHONE: new.phone,
    }
    found = {}
    for kind, text in typed.items():
        if text is None:
            continue
        try:
            found[kind] = _PARSERS[kind].parse(text).value
        except IdentifierError as error:
            return AddRefused(AddReason.NUMBER, kind, error.reason)
    return found


def _new_handle() -> str:
    """A pseudonym of 60 random bits in letters that are not taken for one another."""
    return "".join(secrets.choice(_HANDLE_ALPHABET) for _ in range(12))
