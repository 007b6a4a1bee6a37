"""How a web process reads requests: whole, before they take one of its few threads.

A phone at the edge of the Wi-Fi, a browser's spare connection and a person who means
harm all send half a request and wait. gunicorn gives each of them a thread as soon as
the first octet is there, so that a dozen stop the page for everyone. Here the worker's
own loop collects requests, and what is not whole in time is closed.
"""

import errno
import re
import selectors
import socket
import struct
import time
from functools import partial
from typing import Any

from gunicorn.http.errors import (
    LimitRequestHeaders,
    LimitRequestLine,
    ParseException,
)
from gunicorn.workers.gthread import TConn, ThreadWorker
from werkzeug.datastructures import Headers

from portal.web.headers import content_policy, protect

# The largest form of the staff pages is 64 KiB; the rest is for its head.
LARGEST = 96 * 1024
WHOLE_WITHIN = 10.0
_PIECE = 64 * 1024
# Room for any page, so that a browser that reads slowly keeps no thread waiting, and
# an end to waiting for one that does not read a long file at all.
_SEND_ROOM = 256 * 1024
_SEND_WITHIN = struct.pack("ll", 20, 0)
_PASSING = {errno.EAGAIN, errno.EWOULDBLOCK, errno.ECONNABORTED}

_LENGTH = re.compile(rb"(?im)^content-length:[ \t]*([0-9]{1,12})[ \t]*\r?$")
_CHUNKED = re.compile(rb"(?im)^transfer-encoding:")
_PAGE = """\
<!doctype html><html lang="fa" dir="rtl"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>مشکل: این درخواست خوانده نشد</title></head><body>
<h1>این درخواست خوانده نشد.</h1>
<p>صفحه را ببندید و دوباره باز کنید. اگر باز هم پیش آمد، به کتابدار بگویید.</p>
<div lang="en" dir="ltr"><h2>This request could not be read.</h2>
<p>Close the page and open it again. If it happens again, ask at the desk.</p></div>
</body></html>
""".encode()
_REASONS = {
    400: "Bad Request",
    413: "Content Too Large",
    414: "URI Too Long",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
}


def end_of(arrived: bytes | bytearray) -> int | None:
    """How many octets the request at the front of `arrived` has; None: not yet known.

    The length that a head names is believed before the body is there.
    """
    gap = arrived.find(b"\r\n\r\n")
    if gap < 0:
        return None
    body = gap + 4
    head = bytes(arrived[: gap + 2])
    if _CHUNKED.search(head):
        last = arrived.find(b"\r\n0\r\n\r\n", gap + 2)
        return None if last < 0 else last + 7
    length = _LENGTH.search(head)
    return body if length is None else body + int(length[1])


def refusal(status: int) -> bytes:
    """An answer to what never became a request; it repeats nothing of what came."""
    headers = Headers(
        [
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Length", str(len(_PAGE))),
            ("Connection", "close"),
            ("Cache-Control", "no-store"),
        ]
    )
    protect(headers, content_policy())
    lines = [f"HTTP/1.1 {status} {_REASONS[status]}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + _PAGE


class _Connection(TConn):  # type: ignore[misc]
    """One browser's connection, and what of its request has arrived."""

    def __init__(self, cfg: Any, sock: Any, client: Any, server: Any) -> None:
        super().__init__(cfg, sock, client, server)
        self.arrived = bytearray()
        self.ends: int | None = None

    def take(self, piece: bytes) -> None:
        self.arrived += piece
        if self.ends is None:
            self.ends = end_of(self.arrived)

    @property
    def is_whole(self) -> bool:
        return self.ends is not None and len(self.arrived) >= self.ends

    @property
    def is_too_large(self) -> bool:
        return max(len(self.arrived), self.ends or 0) > LARGEST

    def close(self, graceful: bool = False) -> None:
        # gunicorn lingers up to two seconds for the browser to hang up first, in the
        # loop that serves everyone. All that was sent is read, so nothing is lost.
        del graceful
        self.sock.close()


class PatientWorker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's worker with threads, which take whole requests only."""

    def accept(self, listener: socket.socket) -> None:
        try:
            sock, client = listener.accept()
        except OSError as trouble:
            if trouble.errno in _PASSING:
                return
            raise
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_ROOM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _SEND_WITHIN)
        self.nr_conns += 1
        connection = _Connection(self.cfg, sock, client, listener.getsockname())
        connection.timeout = time.monotonic() + WHOLE_WITHIN
        self.pending_conns.append(connection)
        self.poller.register(
            sock,
            selectors.EVENT_READ,
            partial(self.on_pending_socket_readable, connection),
        )

    def on_pending_socket_readable(self, conn: _Connection, client: Any) -> None:
        """Collect; a whole request goes to a thread."""
        try:
            piece = conn.sock.recv(_PIECE)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        conn.take(piece)
        if piece and not conn.is_whole and not conn.is_too_large:
            return
        self.poller.unregister(client)
        self.pending_conns.remove(conn)
        if conn.is_whole and not conn.is_too_large:
            conn.init()
            conn.parser.unreader.unread(bytes(conn.arrived))
            conn.data_ready = True
            self.enqueue_req(conn)
            return
        if piece:
            _send(conn.sock, refusal(413))
        self.nr_conns -= 1
        conn.close()

    def murder_pending(self) -> None:
        if not self.alive:
            # Whoever has not finished asking keeps no process from ending.
            for conn in self.pending_conns:
                conn.timeout = 0.0
        super().murder_pending()

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:
        """Answer with a page that tells nothing, and log no address."""
        del req, addr
        status = _status_of(exc)
        if status == 500:
            self.log.error("http.broken", exc_info=exc)
        else:
            self.log.info("http.unreadable", extra={"status": status})
        _send(client, refusal(status))


def _status_of(trouble: Exception) -> int:
    if isinstance(trouble, LimitRequestLine):
        return 414
    if isinstance(trouble, LimitRequestHeaders):
        return 431
    return 400 if isinstance(trouble, ParseException) else 500


def _send(sock: Any, answer: bytes) -> None:
    """As far as it goes: whoever sent nonsense is not waited for."""
    try:
        sock.send(answer)
    except OSError:
        return
