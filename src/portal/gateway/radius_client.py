"""The RADIUS client of an access server: questions with answers, and reports.

Octets go out of two kinds of UDP source port: a fresh one for every Access-Request, and
one for all accounting, on which CoovaChilli also listens for dynamic authorization.
"""

import asyncio
import logging
import random
import secrets
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from portal.gateway.options import Endpoint, NasOptions
from portal.gateway.retransmission import FixedSchedule, Schedule
from portal.radius.authenticator import ZEROS, verify_reply
from portal.radius.codes import Code
from portal.radius.errors import MalformedPacketError
from portal.radius.packet import Packet, header, parse
from portal.radius.requests import access_request, accounting_request
from portal.radius.retransmission import ACCESS, ACCOUNTING

log = logging.getLogger(__name__)

Waiting = asyncio.Future[Packet]
Wait = Callable[[Waiting, float], Awaitable[None]]
Answer = Callable[[bytes, Endpoint], bytes | None]

_REPLIES = frozenset(
    (
        Code.ACCESS_ACCEPT,
        Code.ACCESS_REJECT,
        Code.ACCESS_CHALLENGE,
        Code.ACCOUNTING_RESPONSE,
    )
)
# A dead centre for a day must not fill the memory of a small box.
_LONGEST_BACKLOG = 10_000


async def wait_for_reply(reply: Waiting, seconds: float) -> None:
    """Return when the reply is there or the time is over."""
    await asyncio.wait({reply}, timeout=seconds)


class RadiusSocket(asyncio.DatagramProtocol):
    """A UDP source port: requests out by identifier, verified replies back."""

    def __init__(self, client: "RadiusClient", answer: Answer | None = None) -> None:
        self._client = client
        self._answer = answer
        self._transport: asyncio.DatagramTransport | None = None
        self._waiting: dict[int, tuple[Endpoint, bytes, Waiting]] = {}
        self._last = -1

    async def open(self, address: str, port: int) -> None:
        """Bind; OSError when the port is taken."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: self, local_addr=(address, port)
        )

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def free_identifier(self) -> int | None:
        """The next identifier that no open request has; None when all 256 do."""
        for step in range(1, 257):
            identifier = (self._last + step) % 256
            if identifier not in self._waiting:
                self._last = identifier
                return identifier
        return None

    def expect(self, request: bytes, server: Endpoint) -> Waiting:
        """A future for the reply to this request."""
        reply: Waiting = asyncio.get_running_loop().create_future()
        self._waiting[request[1]] = (server, request, reply)
        return reply

    def release(self, request: bytes) -> None:
        self._waiting.pop(request[1], None)

    def send(self, octets: bytes, peer: Endpoint) -> None:
        transport = self._transport
        if self._client.line_up and transport and not transport.is_closing():
            transport.sendto(octets, peer)

    def datagram_received(self, data: bytes, addr: Endpoint) -> None:
        if not self._client.line_up:
            return
        try:
            packet = parse(data)
        except MalformedPacketError:
            return
        if packet.code in _REPLIES:
            self._take_reply(packet, addr)
        elif self._answer is not None:
            answer = self._answer(data, addr)
            if answer is not None:
                self.send(answer, addr)

    def _take_reply(self, packet: Packet, peer: Endpoint) -> None:
        waiting = self._waiting.get(packet.identifier)
        if waiting is None:
            return
        server, request, reply = waiting
        # A false reply is dropped and the wait goes on (RFC 2865 section 3).
        if (
            peer == server
            and not reply.done()
            and self._client.genuine(packet, request)
        ):
            reply.set_result(packet)


class RadiusClient:
    """Asks and reports, with the retransmission of RFC 5080 or of a quirk."""

    def __init__(
        self,
        options: NasOptions,
        *,
        wait: Wait = wait_for_reply,
        answer: Answer | None = None,
    ) -> None:
        self.line_up = True
        """False: the line to the centre is cut, nothing passes in or out."""
        self.lost = 0
        """Accounting records that were given up."""
        self._options = options
        self._wait = wait
        self._accounting = RadiusSocket(self, answer)
        self._backlog: deque[Sequence[bytes]] = deque(maxlen=_LONGEST_BACKLOG)
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self, port: int = 0) -> None:
        """Bind the accounting socket, to the dynamic-authorization port if shared."""
        await self._accounting.open(self._options.address, port)

    def abandon(self) -> None:
        """Forget every report that is still unanswered, as a power cut does."""
        self._backlog.clear()
        for task in tuple(self._tasks):
            task.cancel()

    async def close(self) -> None:
        """Give up what is still unanswered and the port."""
        self.abandon()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._accounting.close()

    async def drain(self, seconds: float) -> None:
        """Wait until every report is answered or given up, at most so long."""
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=seconds)

    @property
    def unanswered(self) -> int:
        """Reports sent or queued that have no answer yet."""
        return len(self._tasks) + len(self._backlog)

    async def ask(
        self, attributes: Callable[[bytes], Sequence[bytes]]
    ) -> Packet | None:
        """Send an Access-Request from a fresh port; None when nobody answered.

        `attributes` gets the Request Authenticator, which hides the password.
        """
        options = self._options
        authenticator = secrets.token_bytes(16)
        request = self._access_request(attributes(authenticator), authenticator)
        socket = RadiusSocket(self)
        await socket.open(options.address, 0)
        try:
            reply = socket.expect(request, options.auth_server)
            schedule = (
                FixedSchedule() if options.quirks.fixed_retransmission else ACCESS
            )
            return await self._exchange(socket, request, reply, schedule)
        finally:
            socket.close()

    def report(self, attributes: Sequence[bytes]) -> None:
        """Send an Accounting-Request now, and again until answered or given up."""
        identifier = self._accounting.free_identifier()
        if identifier is None:
            if len(self._backlog) == _LONGEST_BACKLOG:
                self.lost += 1
            self._backlog.append(attributes)
            return
        request = accounting_request(
            identifier, attributes, self._options.radius_secret
        )
        reply = self._accounting.expect(request, self._options.acct_server)
        # The first send is not left to the task: a Stop must be on the wire before
        # the Disconnect-ACK that follows it.
        self._accounting.send(request, self._options.acct_server)
        task = asyncio.create_task(self._deliver(request, reply))
        self._tasks.add(task)
        task.add_done_callback(self._delivered)

    def genuine(self, reply: Packet, request: bytes) -> bool:
        required = (
            request[0] == Code.ACCESS_REQUEST
            and not self._options.quirks.unsigned_replies
        )
        return verify_reply(
            reply,
            request,
            self._options.radius_secret,
            require_message_authenticator=required,
        )

    async def _deliver(self, request: bytes, reply: Waiting) -> None:
        fixed = self._options.quirks.fixed_retransmission
        schedule: Schedule = FixedSchedule() if fixed else ACCOUNTING
        socket = self._accounting
        try:
            if await self._exchange(socket, request, reply, schedule, sent=1) is None:
                self.lost += 1
                log.warning(
                    "accounting.lost", extra={"nas": self._options.nas_identifier}
                )
        finally:
            socket.release(request)

    def _delivered(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if self._backlog and not task.cancelled():
            self.report(self._backlog.popleft())

    async def _exchange(
        self,
        socket: RadiusSocket,
        request: bytes,
        reply: Waiting,
        schedule: Schedule,
        sent: int = 0,
    ) -> Packet | None:
        server = (
            self._options.auth_server
            if request[0] == Code.ACCESS_REQUEST
            else self._options.acct_server
        )
        attempt = 1
        while (delay := schedule.next_delay(attempt, _jitter())) is not None:
            if attempt > sent:
                socket.send(request, server)
            await self._wait(reply, delay)
            if reply.done():
                return reply.result()
            attempt += 1
        return None

    def _access_request(
        self, attributes: Sequence[bytes], authenticator: bytes
    ) -> bytes:
        secret = self._options.radius_secret
        identifier = secrets.randbelow(256)
        if not self._options.quirks.message_authenticator_last:
            return access_request(identifier, authenticator, attributes, secret)
        body = b"".join(attributes)
        head = header(Code.ACCESS_REQUEST, identifier, len(body) + 18)
        unsigned = head + authenticator + body + b"\x50\x12"
        return unsigned + secret.hmac(unsigned + ZEROS)


def _jitter() -> float:
    return random.uniform(-0.1, 0.1)
