"""What the staff's use cases need from outside beyond `ports`, as Protocols."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from portal.model.audit import AuditEntry, Head
from portal.model.identifiers import IdentifierKind
from portal.model.outcome import EndReason
from portal.model.patron import PatronCard
from portal.model.session import Session, SessionRef
from portal.model.staff import AllowanceGrant, StaffMember
from portal.model.usage import Extra, Usage
from portal.service.ports import UnitOfWork


class AuditLog(Protocol):
    """The rows of the audit chain."""

    def lock_head(self) -> Head: ...
    def head(self) -> Head: ...
    def add(self, entry: AuditEntry, sealed: bytes | None) -> None: ...
    def after(self, seq: int, limit: int) -> list[AuditEntry]: ...
    def before(
        self, seq: int | None, limit: int, *, actions: Iterable[str] = ()
    ) -> list[AuditEntry]: ...
    def find(self, seq: int) -> AuditEntry | None: ...
    def personal(self, seqs: Iterable[int]) -> dict[int, bytes]: ...
    def erase_personal(self, subject: str) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedIdentifier:
    """One number of a person as it is stored."""

    kind: IdentifierKind
    key_id: int
    digest: bytes
    sealed: bytes
    last4: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPerson:
    """A patron's row and the personal values that stand beside it."""

    handle: str
    home_branch_id: int
    plan_id: int
    pin_hash: str | None
    valid_until: datetime | None
    created_at: datetime
    name: str
    name_key: str
    name_sort: str


@dataclass(frozen=True, slots=True)
class NamePosition:
    """Where a list ordered by name goes on: after this sort key and patron."""

    name_sort: str
    patron_id: int


class People(Protocol):
    """Patrons as persons: names, numbers, blocks."""

    def add(self, person: NewPerson) -> int: ...
    def add_identifiers(
        self, patron_id: int, identifiers: Iterable[SealedIdentifier]
    ) -> None: ...
    def taken(self, digests: Mapping[str, Sequence[bytes]]) -> set[IdentifierKind]: ...
    def by_handle(self, handle: str) -> PatronCard | None: ...
    def by_digests(
        self, digests: Mapping[str, Sequence[bytes]], limit: int
    ) -> list[PatronCard]: ...
    def by_name(
        self, words: Sequence[str], after: NamePosition | None, limit: int
    ) -> list[tuple[str, PatronCard]]: ...
    def cards(self, patron_ids: Iterable[int]) -> dict[int, PatronCard]: ...
    def identifiers(self, patron_id: int) -> list[SealedIdentifier]: ...
    def block(
        self, patron_id: int, until: datetime | None, note: str | None
    ) -> None: ...
    def set_pin(self, patron_id: int, pin_hash: str | None) -> None: ...
    def erase(self, patron_id: int, now: datetime) -> None: ...


class Grants(Protocol):
    """Time and data that staff gave on top of plans."""

    def add(self, grant: AllowanceGrant, request_key: str | None) -> None: ...
    def by_request(self, request_key: str) -> AllowanceGrant | None: ...
    def find(self, grant_id: int) -> AllowanceGrant | None: ...
    def total(self, patron_id: int, day: int) -> Extra: ...
    def of_patron(self, patron_id: int, limit: int) -> list[AllowanceGrant]: ...
    def undo(self, grant_id: int, now: datetime) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofStep:
    """One dynamic-authorization request of a session with what became of it."""

    id: int
    session: SessionRef
    kind: str
    reason: str
    facts: Mapping[str, object]
    state: str
    decided_at: datetime
    attempts: int
    sent_at: datetime | None
    answered_at: datetime | None
    error_cause: int | None
    proof: str | None
    proved_at: datetime | None


class UsageRecords(Protocol):
    """Sessions as people read them: of a patron, of a branch, now and then."""

    def of_patron(
        self,
        patron_id: int,
        *,
        branch_id: int | None,
        before: SessionRef | None,
        limit: int,
    ) -> list[Session]: ...
    def of_branch(
        self,
        branch_id: int,
        *,
        begin: datetime,
        end: datetime,
        before: SessionRef | None,
        limit: int,
    ) -> list[Session]: ...
    def online(self, branch_id: int | None, limit: int) -> list[Session]: ...
    def proof(
        self, refs: Iterable[SessionRef]
    ) -> dict[SessionRef, list[ProofStep]]: ...
    def totals(
        self, branch_id: int, *, begin: datetime, end: datetime
    ) -> dict[bool, Usage]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserSessionRow:
    """One signed-in browser, as stored: the cookie's keyed hash and its times."""

    digest: bytes
    staff_id: int
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None


class StaffRegister(Protocol):
    """Staff accounts and the browsers they are signed in with."""

    def add(
        self, member: StaffMember, password_hash: str, now: datetime
    ) -> StaffMember: ...
    def members(self) -> list[StaffMember]: ...
    def find(self, staff_ids: Iterable[int]) -> dict[int, StaffMember]: ...
    def credentials(self, username: str) -> tuple[StaffMember, str] | None: ...
    def set_password(self, staff_id: int, password_hash: str) -> None: ...
    def disable(self, staff_id: int, now: datetime | None) -> None: ...
    def open_browser(self, row: BrowserSessionRow) -> None: ...
    def browser(
        self, digests: Sequence[bytes]
    ) -> tuple[BrowserSessionRow, StaffMember] | None: ...
    def touch_browser(self, digest: bytes, now: datetime) -> None: ...
    def end_browsers(
        self,
        now: datetime,
        *,
        digests: Sequence[bytes] = (),
        staff_id: int | None = None,
    ) -> int: ...


class AuditUnitOfWork(Protocol):
    """A transaction in which audit entries can be written and read."""

    @property
    def audit(self) -> AuditLog: ...


class AuditStore(Protocol):
    """Where the chain is kept."""

    def read(self) -> AbstractContextManager[AuditUnitOfWork]: ...


class StaffUnitOfWork(UnitOfWork, Protocol):
    """One transaction of the staff's use cases."""

    @property
    def audit(self) -> AuditLog: ...
    @property
    def staff(self) -> StaffRegister: ...
    @property
    def people(self) -> People: ...
    @property
    def grants(self) -> Grants: ...
    @property
    def usage_log(self) -> UsageRecords: ...


class StaffStore(Protocol):
    """Where everything is kept, as the staff's use cases see it."""

    def write(self) -> AbstractContextManager[StaffUnitOfWork]: ...
    def read(self) -> AbstractContextManager[StaffUnitOfWork]: ...


class Judging(Protocol):
    """What every act that changes a patron's rights calls (`service.judge.Judge`)."""

    def run(self, uow: UnitOfWork, patron_ids: Iterable[int], now: datetime) -> int: ...
    def end(
        self,
        uow: UnitOfWork,
        session: Session,
        reason: EndReason,
        facts: Mapping[str, object],
        now: datetime,
    ) -> int: ...
