"""Health and metrics of a process, as its status port tells them."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    generate_latest,
    multiprocess,
)
from prometheus_client.values import ValueClass

from portal.config import Endpoint


class Answer(NamedTuple):
    """What a status port answers."""

    status: int
    kind: str
    body: bytes


_TEXT = "text/plain; charset=utf-8"


def status_answer(path: str, healthy: Callable[[], bool]) -> Answer:
    """The answer to GET `path`."""
    match path:
        case "/healthz" if healthy():
            return Answer(200, _TEXT, b"ok\n")
        case "/healthz":
            return Answer(503, _TEXT, b"the database does not answer\n")
        case "/metrics":
            return Answer(200, CONTENT_TYPE_LATEST, generate_latest(_registry()))
        case _:
            return Answer(404, _TEXT, b"/healthz or /metrics\n")


def _registry() -> CollectorRegistry:
    """This process's counts, or those of all workers where there are several."""
    if ValueClass.__name__ != "MmapedValue":
        return REGISTRY
    together = CollectorRegistry()
    multiprocess.MultiProcessCollector(together)  # type: ignore[no-untyped-call]
    return together


@contextmanager
def status_port(endpoint: Endpoint, healthy: Callable[[], bool]) -> Iterator[None]:
    """Answer on a thread while the block runs. OSError if the port is taken."""

    class Handler(BaseHTTPRequestHandler):
        timeout = 5

        def do_GET(self) -> None:
            answer = status_answer(self.path.partition("?")[0], healthy)
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.kind)
            self.send_header("Content-Length", str(len(answer.body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: object) -> None:
            """Nobody reads who asked for metrics."""

    with ThreadingHTTPServer((endpoint.host, endpoint.port), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
