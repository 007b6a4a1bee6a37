"""Requests in flight: so many at once, sent again until answered, each answer timed.

The loop does as little as it can, because it takes its processor time from the server
it measures: packets are there before it starts, and of a reply only the authenticator
is checked, which tells whose answer it is. What it says is read after the loop's end.
"""

import select
import socket
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from portal.radius.packet import HEADER_LENGTH, MAX_LENGTH
from portal.radius.secret import SharedSecret

_RESEND_AFTER = 1.0
_LOOK_EVERY = 0.1
_BUFFER = 4 << 20


@dataclass(slots=True, eq=False)
class Talk:
    """One session's packets; the next is sent when the one before was answered."""

    lane: int
    packets: Sequence[bytes]
    replies: list[bytes] = field(default_factory=list)
    """One for each packet answered so far."""
    first_sent_at: float = 0.0
    sent_at: float = 0.0


@dataclass(slots=True)
class Tally:
    """What happened to the requests of one run."""

    began_at: float = 0.0
    ended_at: float = 0.0
    latencies: list[float] = field(default_factory=list)
    resent: int = 0
    lost: int = 0
    strays: int = 0


class Window:
    """Several sockets to one server, and the requests in flight on them."""

    def __init__(
        self,
        address: tuple[str, int],
        secret: SharedSecret,
        *,
        sockets: int,
        in_flight: int,
        give_up_after: float,
    ) -> None:
        self._sockets = [_connected(address) for _ in range(sockets)]
        self._slots: list[list[Talk | None]] = [[None] * 256 for _ in range(sockets)]
        self._sign = secret.authenticator
        self._most = in_flight
        self._give_up_after = give_up_after
        self._poll = select.epoll()
        self._lane_of = {}
        for lane, each in enumerate(self._sockets):
            self._poll.register(each, select.EPOLLIN)
            self._lane_of[each.fileno()] = lane

    def close(self) -> None:
        self._poll.close()
        for each in self._sockets:
            each.close()

    def run(self, talks: Iterable[Talk], open_at_once: int) -> Tally:
        """Hold every talk to its end; at most so many are under way at once."""
        self._tally = Tally(began_at=time.perf_counter())
        self._in_flight = 0
        self._waiting = deque(talks)
        self._ready: deque[Talk] = deque()
        for _ in range(min(open_at_once, len(self._waiting))):
            self._ready.append(self._waiting.popleft())
        look_at = self._tally.began_at
        while self._ready or self._in_flight:
            self._fill()
            for descriptor, _ in self._poll.poll(_LOOK_EVERY):
                self._receive(self._lane_of[descriptor])
            now = time.perf_counter()
            if now >= look_at:
                self._resend(now)
                look_at = now + _LOOK_EVERY
        return self._tally

    def _fill(self) -> None:
        ready = self._ready
        # A talk whose identifier is still in use on its socket goes to the back.
        tries = len(ready)
        while ready and self._in_flight < self._most and tries:
            talk = ready.popleft()
            packet = talk.packets[len(talk.replies)]
            slots = self._slots[talk.lane]
            if slots[packet[1]] is not None:
                ready.append(talk)
                tries -= 1
                continue
            slots[packet[1]] = talk
            self._in_flight += 1
            talk.first_sent_at = talk.sent_at = time.perf_counter()
            self._send(talk.lane, packet)

    def _send(self, lane: int, packet: bytes) -> None:
        try:
            self._sockets[lane].send(packet)
        except OSError:
            # Nobody listens there at the moment: it is sent again.
            return

    def _receive(self, lane: int) -> None:
        receive, slots, tally = self._sockets[lane].recv, self._slots[lane], self._tally
        while True:
            try:
                reply = receive(MAX_LENGTH)
            except OSError:
                return
            now = time.perf_counter()
            talk = slots[reply[1]] if len(reply) >= HEADER_LENGTH else None
            if talk is None or not self._answers(talk, reply):
                tally.strays += 1
                continue
            slots[reply[1]] = None
            tally.latencies.append(now - talk.first_sent_at)
            tally.ended_at = now
            talk.replies.append(reply)
            self._go_on(talk)

    def _answers(self, talk: Talk, reply: bytes) -> bool:
        """The Response Authenticator (RFC 2865 section 3), without a parse."""
        request = talk.packets[len(talk.replies)]
        return self._sign(reply[:4] + request[4:20] + reply[20:]) == reply[4:20]

    def _go_on(self, talk: Talk) -> None:
        self._in_flight -= 1
        if len(talk.replies) < len(talk.packets):
            self._ready.append(talk)
        elif self._waiting:
            self._ready.append(self._waiting.popleft())

    def _resend(self, now: float) -> None:
        for lane, slots in enumerate(self._slots):
            for talk in filter(None, slots):
                if now - talk.sent_at < _RESEND_AFTER:
                    continue
                packet = talk.packets[len(talk.replies)]
                if now - talk.first_sent_at >= self._give_up_after:
                    slots[packet[1]] = None
                    self._give_up(talk)
                else:
                    talk.sent_at = now
                    self._tally.resent += 1
                    self._send(lane, packet)

    def _give_up(self, talk: Talk) -> None:
        """The rest of its session goes unsaid."""
        self._in_flight -= 1
        self._tally.lost += len(talk.packets) - len(talk.replies)
        if self._waiting:
            self._ready.append(self._waiting.popleft())


def _connected(address: tuple[str, int]) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
    made.connect(address)
    made.setblocking(False)
    return made
