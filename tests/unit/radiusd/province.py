"""A small province for the daemon's tests: clients, access servers, packets, use cases."""

import itertools
import secrets
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Any

from portal.model.estate import Nas, RadiusClient, RadiusSecret
from portal.model.outcome import (
    Accept,
    DynauthRequest,
    Limits,
    Reject,
    RejectReason,
    RequestKind,
    RequestState,
)
from portal.model.session import AccessRequest, AccountingReport, SessionRef
from portal.nas.profiles import profiles
from portal.radius import requests
from portal.radius.attributes import AttributeType as A
from portal.radius.codes import AcctStatusType
from portal.radius.packet import parse
from portal.radius.secret import SharedSecret
from portal.radius.values import attribute, encode_integer, encode_text
from portal.radiusd.clients import AccessServer, EstateReader, Snapshot
from portal.radiusd.exchange import Work
from portal.radiusd.intake import Role
from portal.radiusd.reading import read_access_request, read_accounting_request
from portal.service.keys import SealBrokenError
from portal.service.ports import StoreUnavailableError

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
SECRET = SharedSecret(b"a branch's secret")
OTHER_SECRET = SharedSecret(b"somebody else's")
SOURCE = "192.0.2.2"
PEER = (SOURCE, 50_000)
CLASS = b"the class of session 7"
SESSION = SessionRef(202611, 7)
PROFILES = profiles()

_identifiers = itertools.cycle(range(256))


def sealed(secret: bytes) -> bytes:
    return b"sealed:" + secret


def unsealed(value: bytes) -> bytes:
    if not value.startswith(b"sealed:"):
        raise SealBrokenError("no key opens it")
    return value.removeprefix(b"sealed:")


def read_class(value: bytes) -> SessionRef | None:
    return SESSION if value == CLASS else None


def a_secret(
    value: bytes = b"a branch's secret",
    valid_from: datetime = datetime(2026, 1, 1, tzinfo=UTC),
    valid_until: datetime | None = None,
) -> RadiusSecret:
    return RadiusSecret(sealed(value), valid_from, valid_until)


def a_client(**changes: Any) -> RadiusClient:
    values: dict[str, Any] = {
        "id": 1,
        "name": "khorramabad",
        "network": ip_network("192.0.2.0/24"),
        "require_message_authenticator": False,
        "limit_proxy_state": True,
        "is_proxy": False,
        "secrets": (a_secret(),),
    }
    return RadiusClient(**values | changes)


def a_nas(**changes: Any) -> Nas:
    values: dict[str, Any] = {
        "id": 11,
        "branch_id": 1,
        "client_id": 1,
        "name": "khorramabad-1",
        "profile": "coovachilli",
        "identifier": "branch-1",
        "address": "192.0.2.2",
        "uam_server_url": "http://192.0.2.1:8080/login",
        "uam_networks": (ip_network("10.91.0.0/24"),),
        "uam_port": 3990,
        "uam_secret_sealed": None,
        "dynauth_address": "127.0.0.1",
        "dynauth_port": 3799,
        "dynauth_secret_sealed": None,
        "interim_interval": 300,
        "line_rate": 1_000_000_000,
    }
    return Nas(**values | changes)


class FakeEstate:
    def __init__(self) -> None:
        self.clients = [a_client()]
        self.servers = [a_nas()]

    def radius_clients(self) -> list[RadiusClient]:
        return list(self.clients)

    def access_servers(self) -> list[Nas]:
        return list(self.servers)


class FakeStore:
    """Only what radiusd itself asks of a store: the estate."""

    def __init__(self) -> None:
        self.estate = FakeEstate()
        self.away = False

    @contextmanager
    def read(self) -> Generator[Any]:
        if self.away:
            raise StoreUnavailableError("away")
        yield self

    write = read


def snapshot_of(
    clients: Iterable[RadiusClient] | None = None,
    servers: Iterable[Nas] | None = None,
) -> Snapshot:
    store = FakeStore()
    if clients is not None:
        store.estate.clients = list(clients)
    if servers is not None:
        store.estate.servers = list(servers)
    read = EstateReader(store, PROFILES, unsealed).read()
    assert read is not None
    return read


def next_identifier() -> int:
    return next(_identifiers)


def text(number: int, value: str) -> bytes:
    return attribute(number, encode_text(value))


def integer(number: int, value: int) -> bytes:
    return attribute(number, encode_integer(value))


def who(nas: str = "branch-1", session: str = "session-1") -> list[bytes]:
    return [
        text(A.USER_NAME, "g1-ticket"),
        text(A.CALLING_STATION_ID, "02-4C-52-00-00-01"),
        text(A.NAS_IDENTIFIER, nas),
        text(A.ACCT_SESSION_ID, session),
    ]


def access_request(
    *more: bytes,
    secret: SharedSecret = SECRET,
    password: bytes = b"ticket password",
    attributes: Sequence[bytes] | None = None,
    identifier: int | None = None,
    signed: bool = True,
) -> bytes:
    authenticator = secrets.token_bytes(16)
    return requests.access_request(
        next_identifier() if identifier is None else identifier,
        authenticator,
        [
            *(who() if attributes is None else attributes),
            requests.user_password(password, authenticator, secret),
            *more,
        ],
        secret,
        message_authenticator=signed,
    )


def accounting_request(
    *more: bytes,
    status: AcctStatusType | int = AcctStatusType.INTERIM_UPDATE,
    secret: SharedSecret = SECRET,
    attributes: Sequence[bytes] | None = None,
    identifier: int | None = None,
) -> bytes:
    return requests.accounting_request(
        next_identifier() if identifier is None else identifier,
        [
            *(who() if attributes is None else attributes),
            integer(A.ACCT_STATUS_TYPE, status),
            *more,
        ],
        secret,
    )


def status_server(secret: SharedSecret = SECRET) -> bytes:
    return requests.status_server(next_identifier(), secrets.token_bytes(16), secret)


NO_LIMITS = Limits(
    timeout=None,
    octets=None,
    ends_at=None,
    ends_by=None,
    judge_at=None,
    idle_timeout=None,
    speed_down=None,
    speed_up=None,
)


def an_accept(nas_id: int = 11, **limits: Any) -> Accept:
    values = {
        name: limits.get(name, getattr(NO_LIMITS, name)) for name in NO_LIMITS.__slots__
    }
    return Accept(
        session=SESSION,
        class_value=CLASS,
        limits=Limits(**values),
        interim_interval=300,
        nas_id=nas_id,
    )


def a_dynauth_request(**changes: Any) -> DynauthRequest:
    values: dict[str, Any] = {
        "id": 1,
        "session": SESSION,
        "nas_id": 11,
        "kind": RequestKind.DISCONNECT,
        "reason": "time_quota",
        "state": RequestState.WAITING,
        "decided_at": NOW,
        "attempts": 1,
        "user_name": "g1-ticket",
        "acct_session_id": "session-1",
        "device": "02-4C-52-00-00-01",
        "framed_ip": "10.91.0.2",
        "limits": None,
    }
    return DynauthRequest(**values | changes)


class FakeAuthorizer:
    """Accepts a ticket by its name; fails as it is told."""

    def __init__(self) -> None:
        self.batches: list[list[AccessRequest]] = []
        self.obstacles: list[Exception] = []
        self.poison: str | None = None

    def decide(self, batch: Sequence[AccessRequest]) -> list[Accept | Reject]:
        if self.obstacles:
            raise self.obstacles.pop(0)
        if any(request.user_name == self.poison for request in batch):
            raise LookupError(self.poison)
        self.batches.append(list(batch))
        return [
            an_accept(request.nas_id)
            if request.user_name.startswith("g1-")
            else Reject(RejectReason.UNKNOWN_TICKET)
            for request in batch
        ]


class FakeAccounting:
    """Keeps what it is given; fails as it is told."""

    def __init__(self) -> None:
        self.batches: list[list[AccountingReport]] = []
        self.obstacles: list[Exception] = []
        self.before: Callable[[], None] = lambda: None
        self.requests = 0

    @property
    def reports(self) -> list[AccountingReport]:
        return [report for batch in self.batches for report in batch]

    def book(self, batch: Sequence[AccountingReport]) -> int:
        self.before()
        if self.obstacles:
            raise self.obstacles.pop(0)
        self.batches.append(list(batch))
        return self.requests


class FakeEnforcement:
    """An outbox in memory."""

    def __init__(self) -> None:
        self.due: list[DynauthRequest] = []
        self.were_sent: list[int] = []
        self.answers: list[tuple[int, str, int | None]] = []
        self.heard: dict[int, datetime] = {}
        self.ticks = 0
        self.behind = False

    def tick(self) -> int:
        self.ticks += 1
        return 0

    def claim(self, limit: int) -> list[DynauthRequest]:
        taken, self.due = self.due[:limit], self.due[limit:]
        return taken

    def sent(self, request_id: int) -> None:
        self.were_sent.append(request_id)

    def answered(
        self, request: DynauthRequest, answer: str, error_cause: int | None
    ) -> None:
        self.answers.append((request.id, answer, error_cause))

    def prove(self) -> int:
        return 0

    def sweep(self) -> int:
        return 0

    def heartbeat(self, heard: Mapping[int, datetime]) -> None:
        self.heard.update(heard)


FRESH = float("inf")
"""An arrival that never gets old."""
SERVER = AccessServer(a_nas(), PROFILES["coovachilli"], None)


def sign_ins(count: int) -> list[Work]:
    packets = [parse(access_request()) for _ in range(count)]
    return [
        Work(
            Role.AUTH,
            read_access_request(packet, SECRET, SERVER, NOW),
            packet,
            SECRET,
            SERVER,
            PEER,
            FRESH,
        )
        for packet in packets
    ]


def reports(count: int) -> list[Work]:
    packets = [parse(accounting_request()) for _ in range(count)]
    return [
        Work(
            Role.ACCT,
            read_accounting_request(packet, SERVER, read_class, NOW),
            packet,
            SECRET,
            SERVER,
            PEER,
            FRESH,
        )
        for packet in packets
    ]
