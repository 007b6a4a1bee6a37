"""Staff members, what their role lets them do, and where.

A desk belongs to one branch; an administrator to the whole province. How much a role
may give away is a table here, so that the ceiling is one line to read and to change.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from portal.model.usage import Extra


class Role(StrEnum):
    """What a staff member may do."""

    DESK = "desk"  # steers patrons, sees the sessions of one branch
    ADMINISTRATOR = "administrator"  # the whole province, estate and audit included


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffMember:
    """Someone who signs in to /staff or /admin."""

    id: int
    username: str
    name: str
    role: Role
    branch_id: int | None  # None: the whole province
    disabled_at: datetime | None = None

    @property
    def actor(self) -> str:
        """How audit entries name this person: a number that outlives the name."""
        return f"staff:{self.id}"

    @property
    def is_administrator(self) -> bool:
        return self.role is Role.ADMINISTRATOR

    def works_at(self, branch_id: int | None) -> bool:
        """Whether sessions and figures of that branch are this person's to see."""
        if self.is_administrator:
            return True
        return branch_id is not None and branch_id == self.branch_id

    @property
    def scope(self) -> int | None:
        """The one branch whose sessions this person sees; None means every branch.

        Raises PermissionError for a desk without a branch: no branch is not all.
        """
        if self.is_administrator:
            return None
        if self.branch_id is None:
            raise PermissionError("a desk account has no branch")
        return self.branch_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceiling:
    """The most that a role may do for or to one patron."""

    per_day: Extra  # all grants of a patron's local day together, whoever gave them
    block: timedelta  # from now


CEILINGS: Mapping[Role, Ceiling] = MappingProxyType(
    {
        Role.DESK: Ceiling(
            per_day=Extra(seconds=3 * 3600, octets=3 * 10**9),
            block=timedelta(days=31),
        ),
        Role.ADMINISTRATOR: Ceiling(
            per_day=Extra(seconds=24 * 3600, octets=100 * 10**9),
            block=timedelta(days=3660),
        ),
    }
)
UNDO_WITHIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowanceGrant:
    """Time or data that staff gave one patron for one local day."""

    id: int
    patron_id: int
    day: int  # yyyymmdd, the patron's local day
    extra: Extra
    reason: str  # a GrantReason, or words of the one who gave it
    staff_id: int | None
    created_at: datetime
    undone_at: datetime | None = None


class GrantReason(StrEnum):
    """The reasons that come up every day; anything else is written out."""

    STUDY = "study"
    CONNECTION_TROUBLE = "connection_trouble"
    EXAM_OR_DEADLINE = "exam_or_deadline"
    SPECIAL_NEED = "special_need"
