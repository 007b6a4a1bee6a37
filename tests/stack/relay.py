"""A line between an access server and radiusd that loses what the test wants lost."""

import selectors
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from portal.radius.packet import MAX_LENGTH
from tests.stack.radius_peer import Address
from tests.stack.wait import until


class UdpRelay:
    """Passes datagrams on in a thread of its own; `with` starts and ends it.

    The access server talks to `address`; radiusd sees `source` as its address. The
    latest sender gets the replies.
    """

    def __init__(self, upstream: Address, source: str, *, swallow: int = 0) -> None:
        """`swallow` is how many of radiusd's replies get lost, the first ones."""
        self.requests: list[bytes] = []
        self.replies: list[bytes] = []
        """Everything radiusd replied, what got lost too."""
        self._upstream = upstream
        self._lose_until = swallow
        self._front = _bound("127.0.0.1")
        self._back = _bound(source)
        self._peer: Address | None = None
        self._wake, self._woken = socket.socketpair()
        self._thread = threading.Thread(target=self._pump, name="relay")

    @property
    def address(self) -> Address:
        host, port = self._front.getsockname()
        return host, port

    def lost_reply(self) -> bytes:
        """The first reply that was swallowed, once it was."""
        return until(lambda: self.replies[:1], what="a reply gets lost", within=30)[0]

    def lose_next(self) -> None:
        """The next reply gets lost as well."""
        self._lose_until = len(self.replies) + 1

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._wake.close()
        self._thread.join()
        for each in (self._front, self._back, self._woken):
            each.close()

    def _pump(self) -> None:
        actions: dict[socket.socket, Callable[[], None]] = {
            self._front: self._forward,
            self._back: self._return,
        }
        with selectors.DefaultSelector() as selector:
            for each in (*actions, self._woken):
                selector.register(each, selectors.EVENT_READ)
            while True:
                ready = {key.fileobj for key, _ in selector.select()}
                if self._woken in ready:
                    return
                for each, action in actions.items():
                    if each in ready:
                        action()

    def _forward(self) -> None:
        octets, self._peer = self._front.recvfrom(MAX_LENGTH)
        self.requests.append(octets)
        self._back.sendto(octets, self._upstream)

    def _return(self) -> None:
        octets = self._back.recv(MAX_LENGTH)
        self.replies.append(octets)
        if len(self.replies) > self._lose_until and self._peer is not None:
            self._front.sendto(octets, self._peer)


def _bound(address: str) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((address, 0))
    return made
