"""Accounting sessions, the records that tell of them, the tickets that open them."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from portal.model.usage import Usage


class SessionState(StrEnum):
    """Where a session stands."""

    PENDING = "pending"  # accepted, no Start yet
    OPEN = "open"
    LOST = "lost"  # presumed lost by the sweep; a later record revives it
    STOPPED = "stopped"  # a Stop arrived
    RESTARTED = "restarted"  # ended by the NAS's Accounting-On or -Off
    NEVER_STARTED = "never_started"

    @property
    def live(self) -> bool:
        """Whether it holds a device slot and drains the allowance."""
        return self in (SessionState.PENDING, SessionState.OPEN)


class SessionRef(NamedTuple):
    """A session's place in the ledger: its month (yyyymm, UTC) and its number.

    A tuple, because it is the key of every look-up on the path of a packet.
    """

    month: int
    id: int


class Origin(NamedTuple):
    """Whose a session is, and at which access server: that never changes."""

    patron_id: int | None
    nas_id: int


@dataclass(slots=True, kw_only=True)
class Session:
    """One accounting session: identity, limits told, counters accepted so far.

    Mutable inside one transaction: the ledger loads it, changes it and writes it back.
    """

    ref: SessionRef
    branch_id: int
    nas_id: int
    patron_id: int | None
    plan_version_id: int | None
    grant_id: str | None
    user_name: str
    acct_session_id: str
    device: str
    framed_ip: str | None = None
    language: str | None = None
    state: SessionState = SessionState.PENDING
    flags: int = 0
    accepted_at: datetime | None = None
    started_at: datetime | None = None
    heard_at: datetime
    ended_at: datetime | None = None
    terminate_cause: int | None = None
    point_at: datetime | None = None
    usage: Usage = field(default_factory=Usage)
    told_timeout: int | None = None  # seconds from the session's start
    told_octets: int | None = None  # octets from the session's start
    ends_at: datetime | None = None
    ends_by: str | None = None
    judge_at: datetime | None = None

    @property
    def began_at(self) -> datetime:
        """The NAS's word for its start, else the nearest instant we know."""
        return self.started_at or self.accepted_at or self.heard_at


@dataclass(slots=True, kw_only=True)
class Ticket:
    """A short-lived name that opens one session (section 6.1 of the design)."""

    grant_id: str
    patron_id: int
    nas_id: int
    device: str
    challenge: str | None
    language: str
    minted_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    acct_session_id: str | None = None
    session: SessionRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountingReport:
    """One Accounting-Request as the ledger reads it: directions already ours.

    Counters are cumulative since the session's start. `event_at` is None where the NAS
    gave no usable time.
    """

    nas_id: int
    status_type: int
    acct_session_id: str
    user_name: str
    device: str
    framed_ip: str | None
    session: SessionRef | None  # from a Class of ours, verified
    false_class: bool
    session_time: int
    downloaded: int
    uploaded: int
    event_at: datetime | None  # Event-Timestamp, or arrival less Acct-Delay-Time
    received_at: datetime
    terminate_cause: int | None
    extra: bytes | None
    packet: bytes  # as it came, for the quarantine

    @property
    def happened_at(self) -> datetime:
        """The NAS's word for it, else its arrival."""
        return self.event_at or self.received_at


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRecord:
    """An accounting record as the ledger keeps it."""

    status_type: int
    record_key: int
    session_time: int
    downloaded: int
    uploaded: int
    event_at: datetime
    received_at: datetime
    terminate_cause: int | None
    flags: int
    extra: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRequest:
    """An Access-Request that carries a ticket, verified as far as the wire goes."""

    nas_id: int
    user_name: str
    password: bytes | None  # PAP
    chap: tuple[int, bytes, bytes] | None  # ident, response, challenge
    acct_session_id: str | None
    device: str | None
    framed_ip: str | None
    received_at: datetime
