"""The audit chain as an administrator reads it: pages, one entry, a check of all."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from portal.model.audit import (
    FIRST_SEQ,
    GENESIS,
    Action,
    AuditEntry,
    Broken,
    Detail,
    Head,
    Verified,
)
from portal.model.patron import PatronCard
from portal.model.staff import StaffMember
from portal.service.audit import fits, personal_values, record, verify
from portal.service.keys import KeyRing
from portal.service.ports import Clock
from portal.service.staff_ports import StaffStore, StaffUnitOfWork
from portal.service.staff_refusal import RefusalReason, Refused

ENTRIES_AT_ONCE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    """One entry with the name of who acted; whom it is about stays a pseudonym."""

    entry: AuditEntry
    actor: str | None  # the staff member's name; None: not a staff account
    has_personal: bool

    @property
    def details(self) -> Mapping[str, Detail]:
        found: dict[str, Detail] = json.loads(self.entry.details)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPage:
    """Entries newest first; `broken` is the first flaw within these entries."""

    entries: tuple[EntryView, ...]
    older: int | None
    broken: Broken | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedEntry:
    """One entry with the personal values that were kept beside it."""

    view: EntryView
    personal: Mapping[str, str]
    patron: PatronCard | None


class AuditTrail:
    """Reads the chain for administrators."""

    def __init__(
        self, *, store: StaffStore, keys: KeyRing, clock: Clock, head_file: Path | None
    ) -> None:
        self._store = store
        self._keys = keys
        self._clock = clock
        self._head_file = head_file

    def page(
        self, actor: StaffMember, before: int | None = None
    ) -> AuditPage | Refused:
        """Entries below `before`, each checked against the one under it."""
        if not actor.is_administrator:
            return Refused(RefusalReason.ADMINISTRATORS_ONLY)
        with self._store.read() as uow:
            # One more than is shown: its MAC is what the oldest shown one rests on.
            found = uow.audit.before(before, ENTRIES_AT_ONCE + 1)
            shown = found[:ENTRIES_AT_ONCE]
            entries = _views(uow, shown)
        more = len(found) > ENTRIES_AT_ONCE
        below = (
            Head(found[-1].seq, found[-1].mac) if more else Head(FIRST_SEQ - 1, GENESIS)
        )
        return AuditPage(
            entries=tuple(entries),
            older=shown[-1].seq if more else None,
            broken=fits(self._keys, below, reversed(shown)),
        )

    def open(self, actor: StaffMember, seq: int) -> OpenedEntry | Refused:
        """One entry with its personal values; opening them is itself an entry."""
        if not actor.is_administrator:
            return Refused(RefusalReason.ADMINISTRATORS_ONLY)
        with self._store.write() as uow:
            entry = uow.audit.find(seq)
            if entry is None:
                return Refused(RefusalReason.NOT_FOUND)
            opened = personal_values(self._keys, uow.audit.personal([seq]))
            patron = None
            if entry.subject.startswith("patron:"):
                patron = uow.people.by_handle(entry.subject.removeprefix("patron:"))
            record(
                uow,
                self._keys,
                actor=actor.actor,
                action=Action.AUDIT_OPENED,
                subject=f"audit:{seq}",
                details={},
                now=self._clock(),
            )
            return OpenedEntry(
                view=_views(uow, [entry])[0],
                personal=opened.get(seq, {}),
                patron=patron,
            )

    def check(self, actor: StaffMember) -> Verified | Broken | Refused:
        """Walk the whole chain, its tail included; the check is itself an entry."""
        if not actor.is_administrator:
            return Refused(RefusalReason.ADMINISTRATORS_ONLY)
        outcome = verify(self._store, self._keys, self._head_file)
        with self._store.write() as uow:
            record(
                uow,
                self._keys,
                actor=actor.actor,
                action=Action.AUDIT_CHECKED,
                subject="audit",
                details=_outcome_details(outcome),
                now=self._clock(),
            )
        return outcome


def _outcome_details(outcome: Verified | Broken) -> dict[str, Detail]:
    if isinstance(outcome, Verified):
        return {"whole": True, "entries": outcome.entries}
    return {"whole": False, "entry": outcome.seq, "why": outcome.why.value}


def _views(uow: StaffUnitOfWork, entries: list[AuditEntry]) -> list[EntryView]:
    ids = {
        int(entry.actor.removeprefix("staff:"))
        for entry in entries
        if entry.actor.startswith("staff:")
    }
    members = uow.staff.find(ids)
    names = {member.actor: member.name for member in members.values()}
    personal = uow.audit.personal([entry.seq for entry in entries])
    return [
        EntryView(
            entry=entry,
            actor=names.get(entry.actor),
            has_personal=entry.seq in personal,
        )
        for entry in entries
    ]
