"""A RADIUS server in the place of the client, a clock to turn, and builders."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from portal.gateway.access_server import AccessServer
from portal.gateway.device import Device
from portal.gateway.options import NasOptions
from portal.gateway.quirks import CHILLI_1_9, Limit, Quirks
from portal.gateway.sim.traffic import Traffic
from portal.model.mac import MacAddress
from portal.radius.attributes import AttributeType
from portal.radius.authenticator import password, verify_chap
from portal.radius.codes import AcctStatusType, Code
from portal.radius.packet import Packet, encode, parse
from portal.radius.secret import SharedSecret
from portal.radius.values import (
    attribute,
    encode_integer,
    encode_text,
    integer,
    parse_integer,
)
from tests.vectors.pcap import RADIUS_SECRET, UAM_SECRET

SECRET = SharedSecret(RADIUS_SECRET)
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


class FakeClock:
    """A clock that stands still until it is turned."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def turn(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class FakeRadiusClient:
    """Answers as a RADIUS server with these accounts would; keeps every report."""

    passwords: dict[str, bytes] = field(default_factory=lambda: {"alice": b"pw"})
    accepts: dict[str, Sequence[bytes]] = field(default_factory=dict)
    reject_message: str = ""
    silent: bool = False
    requests: list[Packet] = field(default_factory=list)
    reports: list[Packet] = field(default_factory=list)

    async def ask(
        self, attributes: Callable[[bytes], Sequence[bytes]]
    ) -> Packet | None:
        authenticator = bytes(range(16))
        request = parse(
            encode(Code.ACCESS_REQUEST, 1, authenticator, attributes(authenticator))
        )
        self.requests.append(request)
        if self.silent:
            return None
        name = (request.get(AttributeType.USER_NAME) or b"").decode("latin-1")
        if self._knows(request, self.passwords.get(name)):
            return reply(Code.ACCESS_ACCEPT, self.accepts.get(name, ()))
        message = encode_text(self.reject_message)
        return reply(
            Code.ACCESS_REJECT,
            [attribute(AttributeType.REPLY_MESSAGE, message)] if message else [],
        )

    def report(self, attributes: Sequence[bytes]) -> None:
        self.reports.append(
            parse(encode(Code.ACCOUNTING_REQUEST, 1, bytes(16), attributes))
        )

    def statuses(self) -> list[AcctStatusType]:
        return [status(packet) for packet in self.reports]

    def _knows(self, request: Packet, secret: bytes | None) -> bool:
        if secret is None:
            return False
        clear = password(request, SECRET)
        return verify_chap(request, secret) if clear is None else clear == secret


def reply(code: Code, attributes: Sequence[bytes]) -> Packet:
    return parse(encode(code, 1, bytes(16), attributes))


def status(packet: Packet) -> AcctStatusType:
    return AcctStatusType(integer(packet, AttributeType.ACCT_STATUS_TYPE) or 0)


def number(packet: Packet, kind: AttributeType) -> int:
    value = packet.get(kind)
    assert value is not None, kind
    return parse_integer(value)


def seconds(kind: AttributeType, value: int) -> bytes:
    return attribute(kind, encode_integer(value))


def nas_options(
    quirks: Quirks = CHILLI_1_9,
    *,
    ignored: frozenset[Limit] = frozenset(),
    uam_secret: bytes = UAM_SECRET,
    address: str = "192.0.2.2",
) -> NasOptions:
    """The access server of the captures."""
    return NasOptions(
        nas_identifier="branch-1",
        address=address,
        called_station=MacAddress.parse("02-4C-52-00-00-FE"),
        uam_server="http://192.0.2.1:8080/login",
        uam_secret=uam_secret,
        radius_secret=SECRET,
        auth_server=("192.0.2.1", 1812),
        acct_server=("192.0.2.1", 1813),
        quirks=quirks,
        ignored=ignored,
    )


def device(number: int = 1) -> Device:
    """Device n of the captures' LAN."""
    return Device(
        number=number,
        mac=MacAddress(bytes.fromhex(f"024c520000{number:02x}")),
        address=f"10.91.0.{number + 1}",
        uam_address="10.91.0.1",
        meter=Traffic(),
    )


class Branch:
    """An access server with one device, a fake RADIUS server and a fake clock."""

    def __init__(
        self,
        quirks: Quirks = CHILLI_1_9,
        *,
        ignored: frozenset[Limit] = frozenset(),
        uam_secret: bytes = UAM_SECRET,
    ) -> None:
        self.clock = FakeClock()
        self.radius = FakeRadiusClient()
        options = nas_options(quirks, ignored=ignored, uam_secret=uam_secret)
        self.server = AccessServer(options, self.clock, self.radius)
        self.device = device()
        self.server.attach(self.device)

    @property
    def traffic(self) -> Traffic:
        assert isinstance(self.device.meter, Traffic)
        return self.device.meter
