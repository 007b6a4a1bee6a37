"""What the use cases need from outside, as Protocols; bootstrap supplies the real ones.

A unit of work is one transaction. `Store.write()` takes the write lock at its start
(SQLite: BEGIN IMMEDIATE) and commits when the block ends without an exception.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from portal.model.estate import Branch, Nas, PlanTerms, RadiusClient
from portal.model.outcome import Accept, DynauthRequest, RequestState
from portal.model.patron import Candidate
from portal.model.session import Origin, Session, SessionRef, StoredRecord, Ticket
from portal.model.usage import Usage
from portal.policy.judgement import Account
from portal.radius.packet import Packet

Clock = Callable[[], datetime]


class StoreUnavailableError(Exception):
    """The database does not answer; nothing was written."""


class StoreBusyError(Exception):
    """The write lock was not to be had in time; nothing was written, try again."""


class BadRecordError(Exception):
    """The database refused a value; the rest of the batch may still be good."""


class Estate(Protocol):
    """Branches, clients, access servers and plans."""

    def branches(self) -> list[Branch]: ...
    def radius_clients(self) -> list[RadiusClient]: ...
    def access_servers(self) -> list[Nas]: ...
    def terms(self, version_ids: Iterable[int]) -> dict[int, PlanTerms]: ...
    def current_terms(self) -> list[PlanTerms]: ...
    def lock_access_servers(self, nas_ids: Iterable[int]) -> None: ...
    def heard(self, at: Mapping[int, datetime]) -> None: ...
    def beat(
        self, process: str, instance: str, up_since: datetime, now: datetime
    ) -> None: ...


class Patrons(Protocol):
    """People's accounts as sign-in and judging need them."""

    def candidates(
        self, digests: Mapping[str, Sequence[bytes]], limit: int
    ) -> list[Candidate]: ...
    def accounts(
        self, patron_ids: Iterable[int], now: datetime, *, lock: bool
    ) -> dict[int, Account]: ...
    def lock(self, patron_ids: Iterable[int]) -> None: ...


class Tickets(Protocol):
    """Tickets between minting and the session they open."""

    def find(self, grant_ids: Iterable[str], *, lock: bool) -> dict[str, Ticket]: ...
    def by_challenge(
        self, nas_id: int, challenge: str, *, lock: bool = False
    ) -> Ticket | None: ...
    def add(self, ticket: Ticket) -> None: ...
    def save(self, tickets: Iterable[Ticket]) -> None: ...
    def forget(self, grant_id: str) -> None: ...
    def unused_of(self, patron_ids: Iterable[int], now: datetime) -> list[Ticket]: ...
    def purge(self, before: datetime, limit: int) -> int: ...


class Ledger(Protocol):
    """Sessions, accounting records and bookings."""

    def origins(self, refs: Iterable[SessionRef]) -> dict[SessionRef, Origin]:
        """Whose sessions these are, and where. Unknown ones are left out."""
        ...

    def sessions(
        self, refs: Iterable[SessionRef], *, lock: bool = False
    ) -> dict[SessionRef, Session]: ...
    def by_nas_session(
        self, keys: Iterable[tuple[int, str]], since_month: int
    ) -> list[Session]:
        """Sessions by (nas id, Acct-Session-Id), newest first, closed ones too."""
        ...

    def save(self, sessions: Iterable[Session]) -> None: ...
    def records(self, ref: SessionRef) -> list[StoredRecord]: ...
    def add_records(
        self, records: Iterable[tuple[SessionRef, StoredRecord]]
    ) -> None: ...
    def book_days(self, deltas: Mapping[tuple[int, date], Usage]) -> None: ...
    def book_hours(
        self, deltas: Mapping[tuple[int, datetime, bool], Usage]
    ) -> None: ...
    def due_for_judgement(self, now: datetime, limit: int) -> list[Session]: ...
    def judge_soon(self, plan_id: int, now: datetime) -> None: ...
    def live_of_nas(self, nas_id: int) -> list[Session]: ...
    def stale(self, up_since: datetime, now: datetime, limit: int) -> list[Session]:
        """Open sessions not heard of for three interims while their NAS was heard."""
        ...

    def never_started(self, before: datetime, limit: int) -> list[Session]: ...
    def restarted_at(self, nas_id: int) -> datetime | None:
        """When a NAS last said that it had started or was to stop."""
        ...

    def add_nas_event(
        self, nas_id: int, status_type: int, event_at: datetime, received_at: datetime
    ) -> bool:
        """False if the same event (same kind within 60 s) is already on record."""
        ...

    def quarantine(
        self,
        *,
        received_at: datetime,
        nas_id: int | None,
        packet: bytes,
        reason: str,
    ) -> None: ...


class Outbox(Protocol):
    """Dynamic-authorization requests waiting for the NAS, and their proof."""

    def add(self, requests: Iterable["NewRequest"]) -> int: ...
    def open_for(
        self, refs: Iterable[SessionRef]
    ) -> dict[SessionRef, DynauthRequest]: ...
    def any_due(self, now: datetime) -> bool: ...
    def claim(
        self, now: datetime, until: datetime, limit: int
    ) -> list[DynauthRequest]: ...
    def update(self, request_id: int, progress: "Progress") -> None: ...
    def withdraw(
        self, refs: Iterable[SessionRef], reasons: Iterable[str], now: datetime
    ) -> int: ...
    def provable(self, now: datetime, limit: int) -> list[DynauthRequest]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a request has come. None leaves a value as it is."""

    state: RequestState
    open: bool
    due_at: datetime | None = None
    sent_at: datetime | None = None
    answered_at: datetime | None = None
    error_cause: int | None = None
    proof: str | None = None
    proved_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRequest:
    """A decision on its way into the outbox."""

    session: SessionRef
    nas_id: int
    kind: str
    reason: str
    facts: Mapping[str, object]
    decided_at: datetime
    timeout: int | None = None
    octets: int | None = None


class UnitOfWork(Protocol):
    """One transaction and what can be done in it."""

    @property
    def estate(self) -> Estate: ...
    @property
    def patrons(self) -> Patrons: ...
    @property
    def tickets(self) -> Tickets: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def outbox(self) -> Outbox: ...
    def savepoint(self) -> AbstractContextManager[None]: ...
    def together(self) -> AbstractContextManager[None]:
        """Sessions, records and bookings written inside go off in one round trip."""
        ...


class Store(Protocol):
    """Where everything is kept."""

    def write(self) -> AbstractContextManager[UnitOfWork]: ...
    def read(self) -> AbstractContextManager[UnitOfWork]: ...


class NasProfile(Protocol):
    """One dialect of access server, as RADIUS sees it."""

    @property
    def name(self) -> str: ...
    @property
    def check_interval(self) -> int:
        """Seconds that its own enforcement of a limit may take."""
        ...

    @property
    def nak_without_cause_means_gone(self) -> bool: ...

    @property
    def can_change(self) -> bool:
        """Whether a CoA-Request can give a session new limits."""
        ...

    def access_attributes(self, accept: Accept) -> list[bytes]:
        """Encoded attributes of an Access-Accept, without Message-Authenticator."""
        ...

    def counters(self, packet: Packet) -> tuple[int, int]:
        """(downloaded, uploaded) octets of an Accounting-Request."""
        ...

    def disconnect_attributes(self, request: DynauthRequest, nas: Nas) -> list[bytes]:
        """What identifies the session, without Event-Timestamp."""
        ...

    def change_attributes(self, request: DynauthRequest, nas: Nas) -> list[bytes]:
        """What identifies the session, then every limit of `request.limits`."""
        ...
