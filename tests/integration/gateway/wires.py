"""The other ends of an access server's wires: a RADIUS server and a browser."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Self, TypeVar
from urllib.parse import parse_qs, urlsplit

from portal.gateway.challenge import mixed_challenge
from portal.gateway.quirks import CHILLI_1_9, Quirks
from portal.gateway.sim.options import branch_options
from portal.radius.attributes import AttributeType
from portal.radius.authenticator import (
    chap_response,
    verify_accounting_request,
    verify_chap,
    verify_message_authenticator,
)
from portal.radius.codes import AcctStatusType, Code
from portal.radius.errors import MalformedPacketError
from portal.radius.packet import Packet, parse
from portal.radius.replies import access_reply, accounting_response
from portal.radius.secret import SharedSecret
from portal.radius.values import parse_integer

SECRET = SharedSecret(b"radius-secret")
UAM_SECRET = b"uam-secret"
T = TypeVar("T")

Address = tuple[str, int]
Decide = Callable[[Packet], bytes | None]


@dataclass(frozen=True, slots=True)
class Heard:
    """One datagram that reached the RADIUS server."""

    packet: Packet
    raw: bytes
    peer: Address


class FakeRadiusServer(asyncio.DatagramProtocol):
    """Answers authentication and accounting on one port; every octet is checked."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.replies: list[Packet] = []
        self.octets: list[bytes] = []
        self.accept: dict[bytes, Sequence[bytes]] = {b"alice": ()}
        self.password = b"pw"
        self.silent = False
        self.decide: Decide = self.answer
        self.port = 0
        self._transport: asyncio.DatagramTransport | None = None
        self._news = asyncio.Event()

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: self, local_addr=("127.0.0.1", 0)
        )
        self.port = self._transport.get_extra_info("sockname")[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._transport is not None
        self._transport.close()

    def datagram_received(self, data: bytes, addr: Address) -> None:
        self.octets.append(data)
        try:
            packet = parse(data)
        except MalformedPacketError:
            self._news.set()
            return
        if packet.code in {Code.ACCESS_REQUEST, Code.ACCOUNTING_REQUEST}:
            self.heard.append(Heard(packet, data, addr))
            reply = None if self.silent else self.decide(packet)
            if reply is not None:
                self.send(reply, addr)
        else:
            self.replies.append(packet)
        self._news.set()

    def send(self, octets: bytes, peer: Address) -> None:
        assert self._transport is not None
        self._transport.sendto(octets, peer)

    def answer(self, packet: Packet) -> bytes | None:
        if packet.code == Code.ACCOUNTING_REQUEST:
            assert verify_accounting_request(packet, SECRET)
            return accounting_response(packet, SECRET)
        assert verify_message_authenticator(packet, SECRET)
        name = packet.get(AttributeType.USER_NAME) or b""
        if name in self.accept and verify_chap(packet, self.password):
            return access_reply(Code.ACCESS_ACCEPT, packet, SECRET, self.accept[name])
        return access_reply(Code.ACCESS_REJECT, packet, SECRET, [])

    async def until(self, probe: Callable[[], T | None], within: float = 10.0) -> T:
        """Return the first true answer of `probe`, asked after each datagram."""
        async with asyncio.timeout(within):
            while not (found := probe()):
                self._news.clear()
                await self._news.wait()
        return found

    async def until_statuses(self, *statuses: AcctStatusType) -> None:
        """Wait until exactly these reports, resends left out, have come."""
        await self.until(lambda: self.statuses() == list(statuses))

    def reports(self, status: AcctStatusType) -> list[Packet]:
        return [packet for packet in self._once() if _status(packet) == status]

    def statuses(self) -> list[AcctStatusType]:
        return [_status(packet) for packet in self._once()]

    def _once(self) -> list[Packet]:
        accounting = [
            heard.packet
            for heard in self.heard
            if heard.packet.code == Code.ACCOUNTING_REQUEST
        ]
        return list({packet.authenticator: packet for packet in accounting}.values())


def _status(packet: Packet) -> AcctStatusType:
    value = packet.get(AttributeType.ACCT_STATUS_TYPE)
    assert value is not None
    return AcctStatusType(parse_integer(value))


def branch_mapping(
    radius_port: int, uam_port: int, dynauth_port: int
) -> dict[str, Any]:
    """Plain options of the branch at 127.0.0.2."""
    return {
        "name": "khorramabad",
        "address": "127.0.0.2",
        "uam_server": "http://127.0.0.1:8080/login",
        "uam_secret": UAM_SECRET.decode(),
        "uam_port": uam_port,
        "radius_secret": "radius-secret",
        "auth_port": radius_port,
        "acct_port": radius_port,
        "dynauth_port": dynauth_port,
        "devices": 2,
        "check_seconds": 60,
    }


def quirked(quirks: Quirks = CHILLI_1_9, **mapping: Any) -> Any:
    """Options of one access server with these quirks, whatever profile names them."""
    options = branch_options(branch_mapping(1, 1, 0) | mapping)
    return replace(options.nas, quirks=quirks)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a browser got."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def location(self) -> str:
        return self.headers.get("location", "")

    @property
    def fields(self) -> dict[str, str]:
        query = parse_qs(urlsplit(self.location).query, keep_blank_values=True)
        return {name: values[0] for name, values in query.items()}


async def raw_exchange(address: Address, octets: bytes, within: float = 10.0) -> bytes:
    """Send octets and return all that comes back until the other side closes."""
    async with asyncio.timeout(within):
        reader, writer = await asyncio.open_connection(*address)
        try:
            writer.write(octets)
            await writer.drain()
            return await reader.read()
        except ConnectionError:
            return b""
        finally:
            writer.close()


async def fetch(
    url: str,
    *,
    method: str = "GET",
    body: bytes = b"",
    headers: dict[str, str] | None = None,
) -> Reply | None:
    """Fetch like a browser that follows nothing; None for a closed connection."""
    parts = urlsplit(url)
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    lines = {"Host": parts.netloc, "Content-Length": str(len(body))} | (headers or {})
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    octets = f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode() + body
    assert parts.hostname is not None
    got = await raw_exchange((parts.hostname, parts.port or 80), octets)
    if not got:
        return None
    head_octets, _, content = got.partition(b"\r\n\r\n")
    first, *rest = head_octets.decode().split("\r\n")
    pairs = (line.partition(": ") for line in rest)
    return Reply(
        int(first.split(" ")[1]),
        {name.lower(): value for name, _, value in pairs},
        content,
    )


@dataclass(slots=True)
class Browser:
    """The browser of one simulated device."""

    url: str
    challenge: bytes = b""
    seen: list[Reply | None] = field(default_factory=list)

    async def get(self, path: str) -> Reply | None:
        reply = await fetch(self.url + path)
        self.seen.append(reply)
        if reply is not None and "challenge" in reply.fields:
            self.challenge = bytes.fromhex(reply.fields["challenge"])
        return reply

    async def sign_in(
        self, name: str = "alice", password: bytes = b"pw"
    ) -> Reply | None:
        if not self.challenge:
            await self.get("/start")
        mixed = mixed_challenge(self.challenge, UAM_SECRET)
        response = chap_response(0, password, mixed)[1:].hex()
        return await self.get(f"/logon?username={name}&response={response}")


@asynccontextmanager
async def dynauth_client(
    address: str = "127.0.0.1",
) -> AsyncIterator[Callable[[bytes, Address], Coroutine[Any, Any, bytes]]]:
    """Give `ask(octets, server)`, which returns the next datagram that comes back."""
    loop = asyncio.get_running_loop()
    came: asyncio.Queue[bytes] = asyncio.Queue()

    class Inbox(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, _: object) -> None:
            came.put_nowait(data)

    transport, _ = await loop.create_datagram_endpoint(Inbox, local_addr=(address, 0))

    async def ask(octets: bytes, server: Address) -> bytes:
        transport.sendto(octets, server)
        async with asyncio.timeout(10):
            return await came.get()

    try:
        yield ask
    finally:
        transport.close()
