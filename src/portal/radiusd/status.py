"""The status port: /healthz and /metrics over the least HTTP that serves them."""

import asyncio
from collections.abc import Callable
from http import HTTPStatus

from portal.radiusd.metrics import Metrics

_TEXT = "text/plain; charset=utf-8"
_METRICS = "text/plain; version=0.0.4; charset=utf-8"
_PATIENCE = 5.0
_MAX_HEAD = 8192


class StatusPages:
    """Answers one request a connection."""

    def __init__(self, *, metrics: Metrics, healthy: Callable[[], bool]) -> None:
        self._metrics = metrics
        self._healthy = healthy

    async def listen(self, host: str, port: int) -> asyncio.Server:
        return await asyncio.start_server(self._serve, host, port, limit=_MAX_HEAD)

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(self._answer(head.partition(b"\r\n")[0]))
                await writer.drain()
        except (OSError, EOFError, TimeoutError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    def _answer(self, request_line: bytes) -> bytes:
        method, _, rest = request_line.partition(b" ")
        path = rest.partition(b" ")[0].partition(b"?")[0]
        if method != b"GET":
            return _response(HTTPStatus.METHOD_NOT_ALLOWED, b"GET only\n")
        match path:
            case b"/healthz" if self._healthy():
                return _response(HTTPStatus.OK, b"ok\n")
            case b"/healthz":
                return _response(
                    HTTPStatus.SERVICE_UNAVAILABLE, b"the database does not answer\n"
                )
            case b"/metrics":
                return _response(HTTPStatus.OK, self._metrics.text(), _METRICS)
            case _:
                return _response(HTTPStatus.NOT_FOUND, b"/healthz or /metrics\n")


def _response(status: HTTPStatus, body: bytes, content_type: str = _TEXT) -> bytes:
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\n"
        f"Content-Type: {content_type}\r\n"
        f"Content-Length: {len(body)}\r\n"
        "Cache-Control: no-store\r\n"
        "Connection: close\r\n\r\n"
    )
    return head.encode() + body
