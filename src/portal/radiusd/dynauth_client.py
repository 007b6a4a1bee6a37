"""The dynamic-authorization client (RFC 5176): sends, sends again, checks the answer.

It runs in the loop and owns its socket. What it learns goes to `told`, which has the
outbox written on the writer's thread; nothing here touches the database.
"""

import asyncio
import ipaddress
import logging
import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, cast

from portal.model.outcome import DynauthRequest, RequestKind
from portal.radius.attributes import AttributeType
from portal.radius.authenticator import verify_reply
from portal.radius.codes import Code
from portal.radius.dynauth import coa_request, disconnect_request, error_cause
from portal.radius.errors import MalformedPacketError
from portal.radius.packet import Packet, parse
from portal.radius.retransmission import DYNAUTH
from portal.radius.secret import SharedSecret
from portal.radius.values import attribute, encode_date
from portal.radiusd.clients import AccessServer, Snapshot
from portal.radiusd.metrics import Metrics

log = logging.getLogger(__name__)

_ANSWERS = {
    (RequestKind.DISCONNECT, Code.DISCONNECT_ACK): "ack",
    (RequestKind.DISCONNECT, Code.DISCONNECT_NAK): "nak",
    (RequestKind.CHANGE, Code.COA_ACK): "ack",
    (RequestKind.CHANGE, Code.COA_NAK): "nak",
}

Destination = tuple[str, int]


class Told(Protocol):
    """Hears what became of a request."""

    def sent(self, request_id: int) -> None: ...
    def answered(
        self, request: DynauthRequest, answer: str, error_cause: int | None
    ) -> None: ...


@dataclass(slots=True, eq=False)
class _Pending:
    request: DynauthRequest
    destination: Destination
    identifier: int
    octets: bytes
    secret: SharedSecret
    began: float
    attempts: int = 0
    timer: asyncio.TimerHandle | None = None


@dataclass(slots=True)
class _Line:
    """Everything on its way to one access server; an identifier has 256 values."""

    pending: dict[int, _Pending] = field(default_factory=dict)
    waiting: deque[tuple[DynauthRequest, AccessServer]] = field(default_factory=deque)
    latest: int = field(default_factory=lambda: random.randrange(256))

    def free_identifier(self) -> int | None:
        for step in range(1, 257):
            identifier = (self.latest + step) % 256
            if identifier not in self.pending:
                self.latest = identifier
                return identifier
        return None


class DynauthClient(asyncio.DatagramProtocol):
    """Carries the outbox's requests to the access servers."""

    def __init__(
        self,
        *,
        snapshot: Callable[[], Snapshot],
        clock: Callable[[], datetime],
        told: Told,
        metrics: Metrics,
    ) -> None:
        self._snapshot = snapshot
        self._clock = clock
        self._told = told
        self._metrics = metrics
        self._lines: dict[Destination, _Line] = {}
        self._in_flight: set[int] = set()
        self._transport: asyncio.DatagramTransport | None = None
        self._is_ipv6 = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Python 3.11's own datagram transport is no subclass of DatagramTransport.
        self._transport = cast("asyncio.DatagramTransport", transport)
        own = transport.get_extra_info("sockname")
        self._is_ipv6 = ":" in own[0]

    def send(self, requests: Sequence[DynauthRequest]) -> None:
        """Start on requests that were claimed; one that is on its way stays so."""
        for request in requests:
            if request.id in self._in_flight:
                continue
            self._in_flight.add(request.id)
            server = self._snapshot().access_server(request.nas_id)
            destination = None if server is None else _destination(server)
            if server is None or destination is None:
                log.warning("dynauth.no_address", extra={"nas": request.nas_id})
                self._settle(request, "silence", None)
                continue
            line = self._lines.setdefault(destination, _Line())
            line.waiting.append((request, server))
            self._start_waiting(destination, line)

    def close(self) -> None:
        """Leave what is unanswered: its claim expires, and whoever runs takes it up."""
        for line in self._lines.values():
            for pending in line.pending.values():
                if pending.timer is not None:
                    pending.timer.cancel()
        self._lines.clear()
        if self._transport is not None:
            self._transport.close()

    def datagram_received(self, data: bytes, peer: tuple[Any, ...]) -> None:
        destination = (_spelling(peer[0]), peer[1])
        line = self._lines.get(destination)
        try:
            reply = parse(data)
        except MalformedPacketError:
            self._metrics.drop("dynauth", "malformed", peer[0], None)
            return
        pending = None if line is None else line.pending.get(reply.identifier)
        if line is None or pending is None:
            # The repetition's answer after the first one's, as a rule.
            self._metrics.drop("dynauth", "unexpected", peer[0], None)
            return
        answer = _answer(pending, reply)
        if answer is None:
            self._metrics.drop("dynauth", "false_authenticator", peer[0], None)
            return
        self._finish(line, pending, *answer)

    def error_received(self, error: Exception) -> None:
        # An ICMP message is a hint that anybody can forge; the timers decide.
        self._metrics.dynauth_sent["icmp_error"] += 1
        del error

    def _start_waiting(self, destination: Destination, line: _Line) -> None:
        while line.waiting:
            identifier = line.free_identifier()
            if identifier is None:
                return
            request, server = line.waiting.popleft()
            secret = server.dynauth_secret
            assert secret is not None  # noqa: S101 - _destination saw to it
            pending = _Pending(
                request=request,
                destination=destination,
                identifier=identifier,
                octets=_octets(request, server, secret, identifier, self._clock()),
                secret=secret,
                began=asyncio.get_running_loop().time(),
            )
            line.pending[identifier] = pending
            self._transmit(line, pending)

    def _transmit(self, line: _Line, pending: _Pending) -> None:
        loop = asyncio.get_running_loop()
        pending.attempts += 1
        delay = DYNAUTH.next_delay(
            pending.attempts, random.uniform(-0.1, 0.1), loop.time() - pending.began
        )
        if delay is None or self._transport is None:
            self._finish(line, pending, "silence", None)
            return
        self._transport.sendto(pending.octets, self._socket_address(pending))
        self._metrics.dynauth_sent[pending.request.kind.value] += 1
        if pending.attempts == 1:
            self._told.sent(pending.request.id)
        pending.timer = loop.call_later(delay, self._transmit, line, pending)

    def _socket_address(self, pending: _Pending) -> Destination:
        """The destination in the notation of the socket's family."""
        host, port = pending.destination
        if self._is_ipv6 and ":" not in host:
            return f"::ffff:{host}", port
        return host, port

    def _finish(
        self, line: _Line, pending: _Pending, answer: str, cause: int | None
    ) -> None:
        if pending.timer is not None:
            pending.timer.cancel()
        del line.pending[pending.identifier]
        self._settle(pending.request, answer, cause)
        self._start_waiting(pending.destination, line)
        if not line.pending:
            self._lines.pop(pending.destination, None)

    def _settle(self, request: DynauthRequest, answer: str, cause: int | None) -> None:
        self._in_flight.discard(request.id)
        self._metrics.dynauth_answers[request.kind.value, answer] += 1
        log.info(
            "dynauth.answered",
            extra={
                "nas": request.nas_id,
                "kind": request.kind.value,
                "answer": answer,
                "error_cause": cause,
            },
        )
        self._told.answered(request, answer, cause)


def _destination(server: AccessServer) -> Destination | None:
    if server.nas.dynauth_address is None or server.dynauth_secret is None:
        return None
    return _spelling(server.nas.dynauth_address), server.nas.dynauth_port


def _spelling(address: str) -> str:
    parsed = ipaddress.ip_address(address.partition("%")[0])
    mapped = parsed.ipv4_mapped if parsed.version == 6 else None
    return str(mapped or parsed)


def _octets(
    request: DynauthRequest,
    server: AccessServer,
    secret: SharedSecret,
    identifier: int,
    now: datetime,
) -> bytes:
    # RFC 5176 section 6.3: what makes an old request worthless to a listener.
    stamp = attribute(AttributeType.EVENT_TIMESTAMP, encode_date(int(now.timestamp())))
    if request.kind is RequestKind.DISCONNECT:
        attributes = server.profile.disconnect_attributes(request, server.nas)
        return disconnect_request(identifier, [*attributes, stamp], secret)
    attributes = server.profile.change_attributes(request, server.nas)
    return coa_request(identifier, [*attributes, stamp], secret)


def _answer(pending: _Pending, reply: Packet) -> tuple[str, int | None] | None:
    """What the NAS says, with its Error-Cause; None if this is not its answer."""
    answer = _ANSWERS.get((pending.request.kind, Code(reply.code)))
    if answer is None or not verify_reply(reply, pending.octets, pending.secret):
        return None
    try:
        return answer, error_cause(reply)
    except MalformedPacketError:
        return answer, None
