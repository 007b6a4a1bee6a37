"""A patron as decisions see one: no name, no number, only what rules need."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Patron:
    """A library member or guest reader."""

    id: int
    handle: str  # the pseudonym for logs, audit entries and exports
    home_branch_id: int
    plan_id: int
    time_zone: str  # of the home branch: its day is the quota's day
    blocked_until: datetime | None
    valid_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PatronCard:
    """A patron as a person at the desk is shown one."""

    patron: Patron
    name: str
    card_last4: str
    plan_name_fa: str
    plan_name_en: str
    home_branch_fa: str
    home_branch_en: str
    has_pin: bool
    block_note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An account that a typed number may mean; the PIN decides."""

    patron: Patron
    pin_hash: str | None
    card_last4: str
