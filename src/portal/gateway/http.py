"""Just enough HTTP for pages that every phone on a network may open, hostile ones too.

One request a connection, bounded in size, in time and in number; what is malformed is
closed without an answer. No framework: this runs on small gateways.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

log = logging.getLogger(__name__)

_HEAD_OCTETS = 8192
_BODY_OCTETS = 8192
_FIELDS = 50


class BadRequestError(Exception):
    """Octets that are not a request this server answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A parsed request; of repeated fields the first counts."""

    method: str
    path: str
    raw_path: str
    """Path and query as they came."""
    host: str
    """Host header, or the authority of an absolute URL, in lower case."""
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def value(self, name: str) -> str:
        """A value of the query or the form, the query first; empty when missing."""
        return self.query.get(name) or self.form.get(name) or ""

    @property
    def url(self) -> str:
        """What the browser believes to have asked for."""
        return f"http://{self.host}{self.raw_path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A reply; the connection is closed behind it."""

    status: str = "200 OK"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def encode(self, *, with_body: bool = True) -> bytes:
        head = "".join(f"{name}: {value}\r\n" for name, value in self.headers)
        octets = f"HTTP/1.0 {self.status}\r\n{head}\r\n".encode("latin-1", "replace")
        return octets + self.body if with_body else octets


Peers = tuple[tuple[str, int], tuple[str, int]]
"""Our own address and port, then the browser's."""

Handler = Callable[[Request, Peers], Awaitable[Response | None]]
"""Answers a request; None closes the connection without a reply."""


@dataclass(slots=True)
class HttpServer:
    """Serves one handler on any number of addresses."""

    handler: Handler
    request_seconds: float = 5.0
    """To send the whole request; later octets find a closed door."""
    answer_seconds: float = 120.0
    """For the answer, which may wait for a RADIUS server."""
    most_connections: int = 256
    _open: set[asyncio.Task[None]] = field(default_factory=set)
    _servers: list[asyncio.Server] = field(default_factory=list)

    async def listen(self, address: str, port: int) -> int:
        """Bind one more address; returns the port. OSError when it is taken."""
        server = await asyncio.start_server(
            self._serve, address, port, limit=_HEAD_OCTETS
        )
        self._servers.append(server)
        bound: int = server.sockets[0].getsockname()[1]
        return bound

    async def close(self) -> None:
        """Free the addresses and drop the connections that are still open."""
        for server in self._servers:
            server.close()
        self._servers.clear()
        connections = tuple(self._open)
        for connection in connections:
            connection.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        # Not a coroutine: asyncio of Python 3.11 logs the cancelling of its own task
        # for one as an error.
        if len(self._open) >= self.most_connections:
            writer.close()
            return
        task = asyncio.create_task(self._serve_one(reader, writer))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _serve_one(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            await self._answer(reader, writer)
        except (OSError, TimeoutError, BadRequestError):
            pass
        except Exception:
            log.exception("http.handler_failed")
        finally:
            writer.close()

    async def _answer(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        async with asyncio.timeout(self.request_seconds):
            request = await read_request(reader)
        peers = (
            writer.get_extra_info("sockname")[:2],
            writer.get_extra_info("peername")[:2],
        )
        async with asyncio.timeout(self.answer_seconds):
            response = await self.handler(request, peers)
        if response is None:
            return
        writer.write(response.encode(with_body=request.method != "HEAD"))
        async with asyncio.timeout(self.request_seconds):
            await writer.drain()


async def read_request(reader: asyncio.StreamReader) -> Request:
    """Read one request; BadRequestError for everything that is none."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        raise BadRequestError from None
    line, _, rest = head.decode("latin-1").partition("\r\n")
    headers = _headers(rest)
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdecimal()) or "transfer-encoding" in headers:
        raise BadRequestError
    if len(length) > 5 or int(length) > _BODY_OCTETS:
        raise BadRequestError
    try:
        body = await reader.readexactly(int(length))
    except asyncio.IncompleteReadError:
        raise BadRequestError from None
    return parse_request(line, headers, body)


def parse_request(line: str, headers: Mapping[str, str], body: bytes) -> Request:
    """A request line (origin or absolute form, RFC 9112 3.2) with its headers."""
    parts = line.split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        raise BadRequestError
    method, target, _ = parts
    if method not in {"GET", "HEAD", "POST"} or not target.isprintable():
        raise BadRequestError
    try:
        # Two slashes in front would read as an authority.
        url = urlsplit("/" + target.lstrip("/") if target.startswith("/") else target)
        query = _fields(url.query)
        form = _form(headers, body)
    except ValueError:
        raise BadRequestError from None
    if not target.startswith("/") and url.scheme != "http":
        raise BadRequestError
    authority = url.netloc if url.scheme else headers.get("host", "")
    path = url.path or "/"
    return Request(
        method=method,
        path=path,
        raw_path=f"{path}?{url.query}" if url.query else path,
        host=authority.lower(),
        query=query,
        form=form,
        headers=headers,
        body=body,
    )


def _headers(text: str) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in text.split("\r\n"):
        name, colon, value = line.partition(":")
        if line and not colon:
            raise BadRequestError
        headers.setdefault(name.strip().lower(), value.strip())
    return headers


def _form(headers: Mapping[str, str], body: bytes) -> dict[str, str]:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        return {}
    return _fields(body.decode("latin-1"))


def _fields(text: str) -> dict[str, str]:
    pairs = parse_qsl(
        text, keep_blank_values=True, errors="surrogateescape", max_num_fields=_FIELDS
    )
    return dict(reversed(pairs))
