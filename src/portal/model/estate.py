"""What the province has set up: branches, RADIUS clients, access servers, plans."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntFlag, StrEnum
from ipaddress import IPv4Network, IPv6Network

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Branch:
    """A library of the province; its time zone rules its patrons' days."""

    id: int
    code: str
    name_fa: str
    name_en: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class RadiusSecret:
    """One shared secret of a client with the time it is good for."""

    sealed: bytes
    valid_from: datetime
    valid_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RadiusClient:
    """A source network that may speak RADIUS to us; the secret hangs on it alone.

    RFC 2865 5.4: NAS-IP-Address must not choose the secret.
    """

    id: int
    name: str
    network: Network
    require_message_authenticator: bool
    limit_proxy_state: bool
    is_proxy: bool
    secrets: tuple[RadiusSecret, ...]


class ProfileName(StrEnum):
    """The dialects of access servers this program knows."""

    COOVACHILLI = "coovachilli"
    GATEWAY = "gateway"


@dataclass(frozen=True, slots=True, kw_only=True)
class Nas:
    """An access server of one branch, reached through one RADIUS client."""

    id: int
    branch_id: int
    client_id: int
    name: str
    profile: str
    identifier: str | None
    address: str | None
    uam_server_url: str
    uam_networks: tuple[Network, ...]
    uam_port: int
    uam_secret_sealed: bytes | None
    dynauth_address: str | None
    dynauth_port: int
    dynauth_secret_sealed: bytes | None
    interim_interval: int  # seconds
    line_rate: int  # bits per second; more than this is a counter gone wrong
    heard_at: datetime | None = None
    restarted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanTerms:
    """One version of a plan's terms. None means unlimited, everywhere."""

    id: int  # of the version
    plan_id: int
    code: str
    version: int
    name_fa: str
    name_en: str
    time_per_day: int | None  # seconds
    data_per_day: int | None  # octets, both directions together
    speed_down: int | None  # bits per second
    speed_up: int | None
    devices: int | None
    idle_timeout: int | None  # seconds
    longest_session: int | None  # seconds


class RecordFlag(IntFlag):
    """What was odd about a record or a session; kept beside it, never dropped."""

    CLOCK_INSANE = 1  # Event-Timestamp unusable, arrival used instead
    SESSION_TIME_ABSURD = 2  # longer than the session can have lasted
    RATE_EXCEEDED = 4  # more octets than the line can carry
    FALSE_CLASS = 8  # a Class that is not ours
    UNKNOWN_STATUS = 16  # an Acct-Status-Type without a meaning here
    LATE_START = 32  # the session was first heard of by an Interim or Stop
