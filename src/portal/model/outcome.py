"""Outcomes of decisions: why someone is refused, what is granted, why access ends."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from portal.model.session import SessionRef


class DenyReason(StrEnum):
    """Why a patron or a ticket is refused. Sentences live in the translations."""

    TIME_USED = "time_used"
    DATA_USED = "data_used"
    BLOCKED = "blocked"
    MEMBERSHIP_ENDED = "membership_ended"
    TOO_MANY_DEVICES = "too_many_devices"


class EndReason(StrEnum):
    """Why the server ends a session."""

    TIME_QUOTA = "time_quota"
    DATA_QUOTA = "data_quota"
    BLOCKED = "blocked"
    MEMBERSHIP_ENDED = "membership_ended"
    LONGEST_SESSION = "longest_session"
    STAFF = "staff"
    PATRON = "patron"


@dataclass(frozen=True, slots=True)
class Deny:
    """A refusal; `until` is when asking again can succeed, None if not by waiting."""

    reason: DenyReason
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a session may use, counted from its start. None means unlimited."""

    timeout: int | None  # seconds
    octets: int | None  # both directions
    ends_at: datetime | None
    ends_by: EndReason | None
    judge_at: datetime | None
    idle_timeout: int | None
    speed_down: int | None
    speed_up: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Accept:
    """What an Access-Accept tells the NAS; `class_value` goes into Class."""

    session: SessionRef
    class_value: bytes
    limits: Limits
    interim_interval: int
    nas_id: int


class RejectReason(StrEnum):
    """Why an Access-Request is rejected, for metrics and logs."""

    UNKNOWN_TICKET = "unknown_ticket"
    WRONG_PASSWORD = "wrong_password"  # noqa: S105 - a reason, not a secret
    EXPIRED = "expired"
    OTHER_SESSION = "other_session"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Reject:
    """An Access-Reject: denial, with the policy's reason where there is one."""

    reason: RejectReason
    deny: Deny | None = None


class RequestKind(StrEnum):
    """What a dynamic-authorization request asks of the NAS (RFC 5176)."""

    DISCONNECT = "disconnect"
    CHANGE = "change"


class RequestState(StrEnum):
    """How far a dynamic-authorization request has come, up to its proof."""

    WAITING = "waiting"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"  # ACKed, proof outstanding
    VERIFIED = "verified"
    FAILED = "failed"  # use after the ACK, or refused for good
    UNKNOWN = "unknown"  # NAS not heard: still open, tried again
    SUPERSEDED = "superseded"  # no longer wanted when its turn came


@dataclass(frozen=True, slots=True, kw_only=True)
class DynauthRequest:
    """One open entry of the outbox with what is needed to send it."""

    id: int
    session: SessionRef
    nas_id: int
    kind: RequestKind
    reason: EndReason | str
    state: RequestState
    decided_at: datetime
    attempts: int
    user_name: str
    acct_session_id: str
    device: str
    framed_ip: str | None
    limits: Limits | None  # of a change: everything, counted from the start
    sent_at: datetime | None = None
    answered_at: datetime | None = None
