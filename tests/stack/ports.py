"""Ports of one's own: free for TCP and UDP on every loopback address."""

import itertools
import os
import socket
from collections.abc import Iterator

# Below Linux's ephemeral range (32768 and up), so that no outgoing connection takes a
# port between our look and the server's bind.
_FIRST = 20_000
_PER_WORKER = 1_000


def _candidates() -> Iterator[int]:
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    start = _FIRST + worker % 10 * _PER_WORKER
    # Two runs side by side on one machine begin at different places.
    offset = os.getpid() * 7
    return (start + (offset + n) % _PER_WORKER for n in itertools.count())


_NEXT = _candidates()


def free_port() -> int:
    """Return a port that nothing on this machine listens on, TCP or UDP."""
    return next(port for port in itertools.islice(_NEXT, _PER_WORKER) if _is_free(port))


def _is_free(port: int) -> bool:
    try:
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            with socket.socket(socket.AF_INET, kind) as probe:
                probe.bind(("0.0.0.0", port))
    except OSError:
        return False
    return True
