"""The audit chain's entries: what they hold, and the exact octets a MAC covers.

An entry names nobody: actor and subject are pseudonyms, details are codes and amounts.
Names, notes and numbers belong to the sealed side value that can be erased.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

Detail = str | int | bool | None

GENESIS = bytes(32)  # the MAC before the first entry
FIRST_SEQ = 1

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Action(StrEnum):
    """What can stand in the chain; each has a sentence in the translations."""

    PATRON_ADDED = "patron.added"
    PATRON_OPENED = "patron.opened"
    PATRON_BLOCKED = "patron.blocked"
    PATRON_UNBLOCKED = "patron.unblocked"
    PATRON_PIN_SET = "patron.pin_set"
    PATRON_ERASED = "patron.erased"
    ALLOWANCE_GRANTED = "allowance.granted"
    GRANT_UNDONE = "allowance.undone"
    SESSION_ENDED = "session.ended"
    NAME_REVEALED = "name.revealed"
    LOG_EXPORTED = "log.exported"
    AUDIT_OPENED = "audit.opened"
    AUDIT_CHECKED = "audit.checked"
    STAFF_ADDED = "staff.added"
    STAFF_CHANGED = "staff.changed"
    STAFF_SIGNED_IN = "staff.signed_in"
    STAFF_SIGNED_OUT = "staff.signed_out"
    BRANCH_ADDED = "branch.added"
    CLIENT_ADDED = "client.added"
    CLIENT_CHANGED = "client.changed"
    NAS_ADDED = "nas.added"
    NAS_CHANGED = "nas.changed"
    PLAN_ADDED = "plan.added"
    PLAN_CHANGED = "plan.changed"
    KEYS_ROTATED = "keys.rotated"
    DEMO_FILLED = "demo.filled"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One act of staff or of policy, as the chain keeps it."""

    seq: int
    at: datetime
    actor: str
    action: str
    subject: str
    branch_id: int | None
    details: str  # canonical JSON of an object
    key_id: int
    mac: bytes = b""

    def sealed_text(self) -> bytes:
        """What the MAC covers after the MAC before it: every field, in one spelling."""
        fields = [
            self.seq,
            (self.at - _EPOCH) // _MICROSECOND,
            self.actor,
            self.action,
            self.subject,
            self.branch_id,
            self.details,
            self.key_id,
        ]
        return canonical(fields)


def canonical(value: object) -> bytes:
    """JSON with one spelling a value: ASCII, sorted keys, no blanks."""
    text = json.dumps(
        value, ensure_ascii=True, sort_keys=True, separators=(",", ":"), allow_nan=False
    )
    return text.encode("ascii")


def details_text(details: Mapping[str, Detail]) -> str:
    return canonical(dict(details)).decode("ascii")


class BrokenWhy(StrEnum):
    """In what way a chain is broken."""

    MISSING = "missing"  # a number is skipped: an entry was removed
    ALTERED = "altered"  # the MAC does not fit: changed, inserted or put elsewhere
    TAIL_MISSING = "tail_missing"  # the head kept outside is ahead of the chain
    HEAD_DIFFERS = "head_differs"  # the chain was written anew below the kept head
    HEAD_UNREADABLE = "head_unreadable"  # the head's own seal does not fit
    KEY_MISSING = "key_missing"  # the ring no longer holds the entry's key


@dataclass(frozen=True, slots=True)
class Verified:
    """The chain is whole; `head` is the kept number its tail was held against."""

    entries: int
    head: int | None = None  # None: no head has been written yet


@dataclass(frozen=True, slots=True)
class Broken:
    """The chain is broken at entry `seq`."""

    seq: int
    why: BrokenWhy


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry's number and MAC, as kept outside the database."""

    seq: int
    mac: bytes
