"""What radiusd is given to run with: its options, and the use cases behind it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from portal.model.outcome import Accept, DynauthRequest, Reject
from portal.model.session import AccessRequest, AccountingReport, SessionRef
from portal.service.ports import Clock, NasProfile, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Addresses and bounds of one radiusd."""

    bind: str = "127.0.0.1"
    auth_port: int = 1812
    acct_port: int = 1813
    status_host: str = "127.0.0.1"
    status_port: int = 8082
    lock_file: Path | None = None
    """Held while running; for SQLite, where a second radiusd may not write."""
    pause: float = 0.0
    """Seconds between two transactions; SQLite's other writers need 0.5 ms or more."""
    batch_limit: int = 256
    """Requests in one transaction at most, however quickly they are done."""
    batch_seconds: float = 0.015
    """Work in one transaction at most: others wait for its locks."""
    backlog_limit: int = 4096
    """Requests waiting for the writer at most."""
    reply_lifetime: float = 30.0
    """Seconds for which a repeated request gets the reply it had."""
    drain: float = 3.5
    """Seconds for what was read before SIGTERM to be committed and answered."""


class Authorizer(Protocol):
    """Answers Access-Requests (portal.service.authorize)."""

    def decide(self, batch: Sequence[AccessRequest]) -> Sequence[Accept | Reject]: ...


class Accounting(Protocol):
    """Books accounting reports (portal.service.accounting)."""

    def book(self, batch: Sequence[AccountingReport]) -> int: ...


class Enforcement(Protocol):
    """Ends sessions and keeps the proof (portal.service.enforcement)."""

    behind: bool
    """Whether the last tick left sessions due."""

    def tick(self) -> int: ...
    def claim(self, limit: int) -> Sequence[DynauthRequest]: ...
    def sent(self, request_id: int) -> None: ...
    def answered(
        self, request: DynauthRequest, answer: str, error_cause: int | None
    ) -> None:
        """`answer` is "ack", "nak" or "silence"."""
        ...

    def prove(self) -> int: ...
    def sweep(self) -> int: ...
    def heartbeat(self, heard: Mapping[int, datetime]) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """The use cases and the store that one radiusd serves."""

    store: Store
    authorizer: Authorizer
    accounting: Accounting
    enforcement: Enforcement
    profiles: Mapping[str, NasProfile]
    clock: Clock
    open_secret: Callable[[bytes], bytes]
    """Opens a sealed RADIUS secret; raises SealBrokenError."""
    read_class: Callable[[bytes], SessionRef | None]
    """The session that a Class of ours names; None for any other value."""
    refusal: Callable[[], str | None]
    """Why this store must not be written to (schema, durability), in one line.

    Asked on the writer's own thread. Raises StoreUnavailableError while the database
    is away: then radiusd starts, stays silent and asks again.
    """
