"""The dynamic-authorization client against access servers on loopback."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from portal.model.outcome import DynauthRequest, RequestKind
from portal.radius.attributes import AttributeType as A
from portal.radius.authenticator import verify_message_authenticator
from portal.radius.codes import Code, ErrorCause
from portal.radius.dynauth import dynauth_reply, verify_dynauth_request
from portal.radius.packet import Packet, parse
from portal.radius.retransmission import Retransmission
from portal.radius.secret import SharedSecret
from portal.radius.values import integer as read_integer
from portal.radiusd import dynauth_client
from portal.radiusd.clients import Snapshot
from portal.radiusd.dynauth_client import DynauthClient
from portal.radiusd.metrics import Metrics
from tests.unit.radiusd.province import (
    NOW,
    OTHER_SECRET,
    SECRET,
    a_dynauth_request,
    a_nas,
    an_accept,
    integer,
    snapshot_of,
)

Answer = tuple[int, str, int | None]


class Notes:
    """Keeps what the client tells, and wakes who waits for it."""

    def __init__(self) -> None:
        self.were_sent: list[int] = []
        self.answers: asyncio.Queue[Answer] = asyncio.Queue()

    def sent(self, request_id: int) -> None:
        self.were_sent.append(request_id)

    def answered(
        self, request: DynauthRequest, answer: str, error_cause: int | None
    ) -> None:
        self.answers.put_nowait((request.id, answer, error_cause))

    async def next(self) -> Answer:
        async with asyncio.timeout(10):
            return await self.answers.get()


class Branch(asyncio.DatagramProtocol):
    """An access server that keeps every request and answers as it is told."""

    def __init__(self) -> None:
        self.octets: asyncio.Queue[bytes] = asyncio.Queue()
        self.reply: Callable[[Packet], Sequence[bytes]] = lambda _: []
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, peer: tuple[Any, ...]) -> None:
        self.octets.put_nowait(data)
        for reply in self.reply(parse(data)):
            self.transport.sendto(reply, peer)

    @property
    def port(self) -> int:
        port: int = self.transport.get_extra_info("sockname")[1]
        return port

    async def next(self) -> bytes:
        async with asyncio.timeout(10):
            return await self.octets.get()


class World:
    """A client and a branch, on loopback."""

    def __init__(self) -> None:
        self.notes = Notes()
        self.branch = Branch()
        self.metrics = Metrics()
        self.snapshot = Snapshot()
        self.client = DynauthClient(
            snapshot=lambda: self.snapshot,
            clock=lambda: NOW,
            told=self.notes,
            metrics=self.metrics,
        )

    def register(self, **nas: Any) -> None:
        port = self.branch.port
        self.snapshot = snapshot_of(servers=[a_nas(dynauth_port=port, **nas)])


@asynccontextmanager
async def world(bind: str = "127.0.0.1") -> AsyncGenerator[World]:
    made = World()
    loop = asyncio.get_running_loop()
    for protocol, host in ((made.branch, "127.0.0.1"), (made.client, bind)):
        await loop.create_datagram_endpoint(
            lambda protocol=protocol: protocol,  # type: ignore[misc]
            local_addr=(host, 0),
        )
    made.register()
    try:
        yield made
    finally:
        made.client.close()
        made.branch.transport.close()


def ack(request: Packet, secret: SharedSecret = SECRET) -> list[bytes]:
    code = {
        Code.DISCONNECT_REQUEST: Code.DISCONNECT_ACK,
        Code.COA_REQUEST: Code.COA_ACK,
    }[Code(request.code)]
    return [dynauth_reply(code, request, secret)]


def nak(cause: int | None) -> Callable[[Packet], list[bytes]]:
    attributes = [] if cause is None else [integer(A.ERROR_CAUSE, cause)]
    return lambda request: [
        dynauth_reply(Code.DISCONNECT_NAK, request, SECRET, attributes)
    ]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sends of RFC 5080's 30 s, a hundred times as fast, however slow the machine."""
    timers = Retransmission(irt=0.02, mrt=0.16, mrc=4, mrd=0)
    monkeypatch.setattr(dynauth_client, "DYNAUTH", timers)


def test_a_disconnect_names_the_session_proves_its_sender_and_has_a_date() -> None:
    async def scene() -> None:
        async with world() as w:
            w.client.send([a_dynauth_request()])
            request = parse(await w.branch.next())

            assert request.code == Code.DISCONNECT_REQUEST
            assert verify_dynauth_request(request, SECRET)
            assert verify_message_authenticator(request, SECRET) is True
            assert request.get(A.USER_NAME) == b"g1-ticket"
            assert request.get(A.ACCT_SESSION_ID) == b"session-1"
            stamp = read_integer(request, A.EVENT_TIMESTAMP)
            assert stamp == int(NOW.timestamp())

    asyncio.run(scene())


def test_a_change_tells_all_limits() -> None:
    async def scene() -> None:
        async with world() as w:
            w.branch.reply = ack
            limits = an_accept(timeout=900, octets=1 << 33).limits
            w.client.send([a_dynauth_request(kind=RequestKind.CHANGE, limits=limits)])
            request = parse(await w.branch.next())

            assert await w.notes.next() == (1, "ack", None)
            assert request.code == Code.COA_REQUEST
            assert read_integer(request, A.SESSION_TIMEOUT) == 900

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (ack, (1, "ack", None)),
        (nak(None), (1, "nak", None)),
        (
            nak(ErrorCause.SESSION_CONTEXT_NOT_FOUND),
            (1, "nak", ErrorCause.SESSION_CONTEXT_NOT_FOUND),
        ),
    ],
    ids=["ack", "nak without cause", "nak 503"],
)
def test_the_answer_is_told_with_its_cause(
    reply: Callable[[Packet], list[bytes]], expected: Answer
) -> None:
    async def scene() -> None:
        async with world() as w:
            w.branch.reply = reply
            w.client.send([a_dynauth_request()])

            assert await w.notes.next() == expected
            assert w.notes.were_sent == [1]

    asyncio.run(scene())


def test_a_socket_for_both_families_reaches_an_access_server_of_the_older() -> None:
    async def scene() -> None:
        async with world(bind="::") as w:
            w.branch.reply = ack
            w.client.send([a_dynauth_request()])

            assert await w.notes.next() == (1, "ack", None)

    asyncio.run(scene())


@pytest.mark.usefixtures("quick")
def test_without_an_answer_the_same_octets_are_sent_again_and_then_given_up() -> None:
    async def scene() -> None:
        async with world() as w:
            w.client.send([a_dynauth_request()])

            assert await w.notes.next() == (1, "silence", None)
            sent = [
                w.branch.octets.get_nowait() for _ in range(w.branch.octets.qsize())
            ]
            assert len(sent) == 4
            assert len(set(sent)) == 1
            assert w.notes.were_sent == [1]

    asyncio.run(scene())


@pytest.mark.usefixtures("quick")
def test_a_late_answer_ends_the_repetitions() -> None:
    async def scene() -> None:
        async with world() as w:
            seen = 0

            def only_the_second(request: Packet) -> list[bytes]:
                nonlocal seen
                seen += 1
                return ack(request) if seen == 2 else []

            w.branch.reply = only_the_second
            w.client.send([a_dynauth_request()])

            assert await w.notes.next() == (1, "ack", None)
            assert seen == 2

    asyncio.run(scene())


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    "forged",
    [
        lambda request: ack(request, OTHER_SECRET),
        lambda request: [dynauth_reply(Code.DISCONNECT_ACK, request, SECRET)[:-1]],
        lambda _: [b"", b"hello", bytes(20)],
        lambda request: [
            bytes((Code.ACCESS_ACCEPT,))
            + dynauth_reply(Code.DISCONNECT_ACK, request, SECRET)[1:]
        ],
        lambda request: [
            octets[:1] + bytes((octets[1] ^ 1,)) + octets[2:] for octets in ack(request)
        ],
    ],
    ids=["wrong secret", "cut", "nonsense", "another code", "another identifier"],
)
def test_what_is_not_the_nas_s_answer_is_not_believed(
    forged: Callable[[Packet], list[bytes]],
) -> None:
    async def scene() -> None:
        async with world() as w:
            w.branch.reply = forged
            w.client.send([a_dynauth_request()])

            assert await w.notes.next() == (1, "silence", None)
            assert sum(w.metrics.dropped.values()) > 0

    asyncio.run(scene())


def test_an_answer_from_elsewhere_is_not_believed() -> None:
    async def scene() -> None:
        async with world() as w:
            w.client.send([a_dynauth_request()])
            request = parse(await w.branch.next())
            assert w.client._transport is not None
            target = w.client._transport.get_extra_info("sockname")
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
                stranger.sendto(ack(request)[0], target)
            w.branch.transport.sendto(ack(request)[0], target)

            assert await w.notes.next() == (1, "ack", None)
            assert w.notes.answers.empty()

    asyncio.run(scene())


def test_a_nas_that_cannot_be_reached_is_silence_at_once() -> None:
    async def scene() -> None:
        async with world() as w:
            w.register(dynauth_address=None)
            w.client.send([a_dynauth_request(id=1), a_dynauth_request(id=2, nas_id=99)])

            assert await w.notes.next() == (1, "silence", None)
            assert await w.notes.next() == (2, "silence", None)
            assert w.notes.were_sent == []

    asyncio.run(scene())


def test_a_request_on_its_way_is_not_started_twice() -> None:
    async def scene() -> None:
        async with world() as w:
            w.client.send([a_dynauth_request()])
            w.client.send([a_dynauth_request()])
            await w.branch.next()
            w.client.send([a_dynauth_request(id=2)])
            await w.branch.next()

            assert w.branch.octets.empty()
            assert w.notes.were_sent == [1, 2]

    asyncio.run(scene())


def test_a_settled_request_may_be_tried_again() -> None:
    async def scene() -> None:
        async with world() as w:
            w.branch.reply = ack
            for _ in range(2):
                w.client.send([a_dynauth_request()])
                assert await w.notes.next() == (1, "ack", None)

    asyncio.run(scene())


def test_more_requests_than_identifiers_take_turns() -> None:
    async def scene() -> None:
        async with world() as w:
            w.client.send([a_dynauth_request(id=number) for number in range(300)])
            first = [parse(await w.branch.next()) for _ in range(256)]
            waiting = w.branch.octets.empty()
            assert w.client._transport is not None
            target = w.client._transport.get_extra_info("sockname")
            w.branch.reply = ack
            for request in first:
                w.branch.transport.sendto(ack(request)[0], target)
            answers = {await w.notes.next() for _ in range(300)}

            assert waiting
            assert len({request.identifier for request in first}) == 256
            assert answers == {(number, "ack", None) for number in range(300)}

    asyncio.run(scene())


@pytest.mark.usefixtures("quick")
def test_after_closing_nothing_more_is_sent() -> None:
    async def scene() -> None:
        async with world() as w:
            w.client.send([a_dynauth_request()])
            await w.branch.next()
            w.client.close()
            waiting = [
                handle
                for handle in asyncio.get_running_loop()._scheduled  # type: ignore[attr-defined]
                if not handle.cancelled()
            ]

            assert waiting == []

    asyncio.run(scene())
