"""UDP sockets and the lock of radiusd: taken at the start, or the start is refused."""

import errno
import fcntl
import os
import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from portal.radius.packet import MAX_LENGTH
from portal.radiusd.exchange import Peer

# A branch that comes back after a cut line sends its whole backlog at once.
_RECEIVE_BUFFER = 4 << 20
# So that one socket's flood does not keep the other, and the timers, waiting.
_BURST = 128


class StartRefusedError(Exception):
    """Why radiusd does not start, in one line that names what to change."""


def udp_socket(host: str, port: int, setting: str) -> socket.socket:
    """A bound, non-blocking socket; `setting` names the port for the one who set it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_DGRAM)
    try:
        bound.setblocking(False)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise StartRefusedError(not_bound(error, host, port, setting)) from None
    return bound


def not_bound(error: OSError, host: str, port: int, setting: str) -> str:
    """Say in one line why an address could not be had."""
    match error.errno:
        case errno.EADDRINUSE:
            return f"{setting}: port {port} is taken at {host}"
        case errno.EACCES:
            return f"{setting}: port {port} needs a privilege this user lacks"
        case errno.EADDRNOTAVAIL:
            return f"{setting}: {host} is not an address of this machine"
        case _:
            return f"{setting}: {host} port {port}: {error.strerror}"


def read_burst(bound: socket.socket, take: Callable[[bytes, Peer], None]) -> None:
    """Pass on what has arrived, until there is no more or others should have a turn."""
    for _ in range(_BURST):
        try:
            datagram, peer = bound.recvfrom(MAX_LENGTH)
        except OSError:
            # Nothing more, or a note about an earlier reply of ours.
            return
        take(datagram, peer)


@contextmanager
def held(lock_file: Path | None) -> Generator[None]:
    """Hold the lock while the block runs; the kernel frees it whatever happens."""
    if lock_file is None:
        yield
        return
    handle = os.open(lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StartRefusedError(
                "PORTAL_DATABASE_URL: another radiusd is running on this database, it"
                f" holds {lock_file}; an SQLite database has room for one"
            ) from None
        yield
    finally:
        os.close(handle)
