"""Staff accounts: adding them, changing a password, closing one."""

import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from portal.model.audit import Action
from portal.model.persian import ascii_digits, normalise
from portal.model.staff import Role, StaffMember
from portal.service.audit import record
from portal.service.keys import KeyRing
from portal.service.pins import PinHasher
from portal.service.ports import Clock
from portal.service.staff_ports import StaffStore, StaffUnitOfWork

SHORTEST_PASSWORD = 8
LONGEST_NAME = 200
_USERNAME = re.compile(r"[a-z][a-z0-9._-]{1,31}")


class StaffReason(StrEnum):
    """Why a staff account cannot be made or changed."""

    USERNAME = "username"
    TAKEN = "taken"
    NAME = "name"
    PASSWORD = "password"  # noqa: S105 - a reason, not a secret
    BRANCH_NEEDED = "branch_needed"
    NO_SUCH_BRANCH = "no_such_branch"
    NO_SUCH_MEMBER = "no_such_member"


@dataclass(frozen=True, slots=True)
class StaffRefused:
    """Nothing was changed, and why."""

    reason: StaffReason


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStaff:
    """A staff member to add; a desk's branch by its code."""

    username: str
    name: str
    role: Role
    branch: str | None
    password: str = field(repr=False)


class StaffAccounts:
    """Keeps the accounts of staff; `actor` is who does it, for the audit chain."""

    def __init__(
        self, *, store: StaffStore, keys: KeyRing, clock: Clock, hasher: PinHasher
    ) -> None:
        self._store = store
        self._keys = keys
        self._clock = clock
        self._hasher = hasher

    def add(self, new: NewStaff, actor: str) -> StaffMember | StaffRefused:
        """Add an account; a desk has a branch, an administrator the province."""
        username = canonical_username(new.username)
        if not is_username(username):
            return StaffRefused(StaffReason.USERNAME)
        name = normalise(new.name)
        if not 0 < len(name) <= LONGEST_NAME:
            return StaffRefused(StaffReason.NAME)
        if len(new.password) < SHORTEST_PASSWORD:
            return StaffRefused(StaffReason.PASSWORD)
        if (new.role is Role.DESK) != (new.branch is not None):
            return StaffRefused(StaffReason.BRANCH_NEEDED)
        hashed = self._hasher.hash(new.password)
        now = self._clock()
        with self._store.write() as uow:
            branches = {branch.code: branch.id for branch in uow.estate.branches()}
            if new.branch is not None and new.branch not in branches:
                return StaffRefused(StaffReason.NO_SUCH_BRANCH)
            if uow.staff.credentials(username) is not None:
                return StaffRefused(StaffReason.TAKEN)
            draft = StaffMember(
                id=0,
                username=username,
                name=name,
                role=new.role,
                branch_id=None if new.branch is None else branches[new.branch],
            )
            member = uow.staff.add(draft, hashed, now)
            record_staff(uow, self._keys, Action.STAFF_ADDED, member, actor, now)
            return member

    def members(self) -> list[StaffMember]:
        with self._store.read() as uow:
            return uow.staff.members()

    def set_password(
        self, username: str, password: str, actor: str
    ) -> StaffMember | StaffRefused:
        """Change a password and sign the member out everywhere."""
        if len(password) < SHORTEST_PASSWORD:
            return StaffRefused(StaffReason.PASSWORD)
        hashed = self._hasher.hash(password)
        return self._change(username, actor, password_hash=hashed)

    def close(self, username: str, actor: str) -> StaffMember | StaffRefused:
        """Close an account and sign the member out everywhere; its acts stay."""
        return self._change(username, actor, close=True)

    def _change(
        self,
        username: str,
        actor: str,
        *,
        password_hash: str | None = None,
        close: bool = False,
    ) -> StaffMember | StaffRefused:
        now = self._clock()
        with self._store.write() as uow:
            known = uow.staff.credentials(canonical_username(username))
            if known is None:
                return StaffRefused(StaffReason.NO_SUCH_MEMBER)
            member = known[0]
            if password_hash is not None:
                uow.staff.set_password(member.id, password_hash)
            if close:
                uow.staff.disable(member.id, now)
                member = replace(member, disabled_at=now)
            uow.staff.end_browsers(now, staff_id=member.id)
            record_staff(uow, self._keys, Action.STAFF_CHANGED, member, actor, now)
            return member


def record_staff(
    uow: StaffUnitOfWork,
    keys: KeyRing,
    action: Action,
    member: StaffMember,
    actor: str,
    now: datetime,
) -> None:
    """Put an act about a staff account into the audit chain."""
    record(
        uow,
        keys,
        actor=actor,
        action=action,
        subject=member.actor,
        details={"role": member.role.value, "closed": bool(member.disabled_at)},
        branch_id=member.branch_id,
        now=now,
    )


def is_username(name: str) -> bool:
    """Whether a canonical name can be that of an account."""
    return _USERNAME.fullmatch(name) is not None


def canonical_username(typed: str) -> str:
    """A user name however it was typed: small letters, ASCII digits."""
    return ascii_digits(typed).strip().casefold()
