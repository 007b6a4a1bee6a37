"""What setting up the province takes and needs: inputs, refusals, Protocols."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from portal.model.estate import Branch, Nas, Network
from portal.service.ports import Estate, Ledger
from portal.service.staff_ports import AuditLog


class EstateReason(StrEnum):
    """Why something cannot be set up; the refused value stands beside it."""

    CODE = "code"  # not a short name of small letters, digits and dashes
    TAKEN = "taken"
    NO_SUCH_BRANCH = "no_such_branch"
    NO_SUCH_CLIENT = "no_such_client"
    NO_SUCH_PLAN = "no_such_plan"
    NO_SUCH_PROFILE = "no_such_profile"
    NO_SUCH_TIME_ZONE = "no_such_time_zone"
    WITHOUT_IDENTIFIER = "without_identifier"


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was changed, and why."""

    reason: EstateReason
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewClient:
    """A RADIUS client to set up; its secret in clear."""

    name: str
    network: Network
    secret: bytes = field(repr=False)
    require_message_authenticator: bool = True
    limit_proxy_state: bool = False
    is_proxy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NewNas:
    """An access server to set up; its secrets in clear."""

    name: str
    branch: str  # code
    client: str  # name
    profile: str
    identifier: str | None
    address: str | None
    uam_server_url: str
    uam_networks: tuple[Network, ...]
    uam_port: int
    uam_secret: bytes | None = field(repr=False)
    dynauth_address: str | None
    dynauth_port: int
    dynauth_secret: bytes | None = field(repr=False)  # None: the client's
    interim_interval: int  # seconds
    line_rate: int  # bits per second


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLimits:
    """What a version of a plan allows. None means unlimited, everywhere."""

    time_per_day: int | None = None  # seconds
    data_per_day: int | None = None  # octets, both directions together
    speed_down: int | None = None  # bits per second
    speed_up: int | None = None
    devices: int | None = None
    idle_timeout: int | None = None  # seconds
    longest_session: int | None = None  # seconds


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A process's start and its latest sign of life."""

    process: str
    instance: str
    up_since: datetime
    seen_at: datetime


class EstateBook(Estate, Protocol):
    """The estate as something that can be added to."""

    def add_branch(
        self, *, code: str, name_fa: str, name_en: str, time_zone: str, now: datetime
    ) -> Branch: ...
    def add_client(
        self,
        *,
        name: str,
        network: Network,
        require_message_authenticator: bool,
        limit_proxy_state: bool,
        is_proxy: bool,
        now: datetime,
    ) -> int: ...
    def add_secret(
        self,
        client_id: int,
        sealed: bytes,
        valid_from: datetime,
        keep_old_until: datetime,
    ) -> None: ...
    def add_nas(self, new: Nas, now: datetime) -> int: ...
    def add_plan(
        self, *, code: str, name_fa: str, name_en: str, now: datetime
    ) -> int: ...
    def add_version(
        self,
        plan_id: int,
        version: int,
        limits: Mapping[str, int | None],
        now: datetime,
    ) -> int: ...


class EstateUnitOfWork(Protocol):
    """One transaction of setting up."""

    @property
    def estate(self) -> EstateBook: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def audit(self) -> AuditLog: ...


class EstateStore(Protocol):
    """Where the estate is kept."""

    def write(self) -> AbstractContextManager[EstateUnitOfWork]: ...
    def read(self) -> AbstractContextManager[EstateUnitOfWork]: ...
