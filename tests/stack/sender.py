"""An access server that gives nothing up: many records at once, sent until answered.

Every record has answers waiting for it under several identifiers: the same octets go
out again, and now and then the same record under a new identifier or to another server,
as after a restart or a fail-over. A record is acknowledged once, whichever answer comes.
"""

import socket
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from portal.radius.authenticator import verify_reply
from portal.radius.packet import MAX_LENGTH, parse
from portal.radius.secret import SharedSecret
from tests.stack.radius_peer import Address

Record = Callable[[int], bytes]
"""An Accounting-Request with the identifier that it is given."""

_AGAIN = 0.3  # seconds
_SAME_OCTETS = 3  # sends before the record gets a new identifier


@dataclass(eq=False)
class _Waiting:
    record: Record
    identifiers: list[int] = field(default_factory=list)
    octets: bytes = b""
    sends: int = 0
    sent_at: float = 0.0


class Sender:
    """One port; `deliver` returns when every record is acknowledged."""

    def __init__(
        self, source: str, secret: SharedSecret, servers: Sequence[Address]
    ) -> None:
        self._secret = secret
        self._servers = servers
        self._port = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._port.bind((source, 0))
        self._waiting: dict[int, tuple[_Waiting, bytes]] = {}
        self._free = deque(range(256))
        self.resent = 0

    def close(self) -> None:
        self._port.close()

    def deliver(
        self,
        records: Iterable[Record],
        *,
        acknowledged: Callable[[int], None],
        at_once: int = 24,
        within: float = 100,
    ) -> None:
        """`acknowledged` hears how many records have been, after each of them."""
        deadline = time.monotonic() + within
        todo, open_ = deque(records), set[_Waiting]()
        done = 0
        while todo or open_:
            assert time.monotonic() < deadline, f"{len(todo) + len(open_)} unanswered"
            while todo and len(open_) < at_once and self._free:
                each = _Waiting(todo.popleft())
                open_.add(each)
                self._send(each)
            for each in self._answered():
                if each in open_:
                    open_.remove(each)
                    self._release(each)
                    done += 1
                    acknowledged(done)
            for each in open_:
                if time.monotonic() - each.sent_at >= _AGAIN:
                    self.resent += 1
                    self._send(each)

    def _send(self, each: _Waiting) -> None:
        if each.sends % _SAME_OCTETS == 0 and self._free:
            identifier = self._free.popleft()
            each.octets = each.record(identifier)
            each.identifiers.append(identifier)
            self._waiting[identifier] = each, each.octets
        server = self._servers[each.sends // 2 % len(self._servers)]
        each.sends += 1
        each.sent_at = time.monotonic()
        self._port.sendto(each.octets, server)

    def _answered(self) -> list[_Waiting]:
        """Whose answers arrive within a moment."""
        found: list[_Waiting] = []
        self._port.settimeout(0.05)
        while True:
            try:
                reply = parse(self._port.recv(MAX_LENGTH))
            except (TimeoutError, BlockingIOError):
                return found
            self._port.setblocking(False)
            each, octets = self._waiting.get(reply.identifier, (None, b""))
            if each is not None and verify_reply(reply, octets, self._secret):
                found.append(each)

    def _release(self, each: _Waiting) -> None:
        for identifier in each.identifiers:
            del self._waiting[identifier]
            # At the end: an answer to the record before may still be on its way.
            self._free.append(identifier)
