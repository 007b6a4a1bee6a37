"""What stands before both applications: trusted proxies, the status port, counts."""

import time
from collections.abc import Callable, Iterable, Sequence
from http import HTTPStatus
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import TYPE_CHECKING

from prometheus_client import Counter, Histogram

from portal.bootstrap.status import status_answer
from portal.config import Endpoint

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_REQUESTS = Counter("portal_http_requests", "Requests answered.", ["status"])
_SECONDS = Histogram(
    "portal_http_seconds",
    "Time until the head of an answer.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0),
)


class Front:
    """The WSGI application that a server runs.

    Requests that came in at the status address get health and metrics, and nothing of
    the application's; those from anywhere else never get to see these.
    """

    def __init__(
        self,
        app: "WSGIApplication",
        *,
        status: Endpoint,
        healthy: Callable[[], bool],
        proxies: Sequence[IPv4Network | IPv6Network] = (),
    ) -> None:
        self._app = app
        self._status = (status.host, str(status.port))
        self._healthy = healthy
        self._proxies = proxies

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        # The name and port of the listening socket, not of the Host header.
        if (environ["SERVER_NAME"], environ["SERVER_PORT"]) == self._status:
            return self._status_page(environ, start_response)
        believe_proxies(environ, self._proxies)
        started = time.perf_counter()

        def counted(
            status: str, headers: list[tuple[str, str]], *rest: object
        ) -> object:
            _REQUESTS.labels(f"{status[:1]}xx").inc()
            _SECONDS.observe(time.perf_counter() - started)
            return start_response(status, headers, *rest)  # type: ignore[arg-type]

        return self._app(environ, counted)  # type: ignore[arg-type]

    def _status_page(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> list[bytes]:
        answer = status_answer(environ["PATH_INFO"], self._healthy)
        start_response(
            f"{answer.status} {HTTPStatus(answer.status).phrase}",
            [
                ("Content-Type", answer.kind),
                ("Content-Length", str(len(answer.body))),
                ("Cache-Control", "no-store"),
            ],
        )
        return [answer.body]


def believe_proxies(
    environ: "WSGIEnvironment", proxies: Sequence[IPv4Network | IPv6Network]
) -> None:
    """Put in what trusted proxies say about the browser; take out what others say.

    The last address of X-Forwarded-For that is not a proxy of ours is the browser's:
    everything before it is the browser's own claim.
    """
    forwarded = environ.pop("HTTP_X_FORWARDED_FOR", "")
    scheme = environ.pop("HTTP_X_FORWARDED_PROTO", "")
    environ.pop("HTTP_FORWARDED", None)
    if not _is_in(environ.get("REMOTE_ADDR", ""), proxies):
        return
    for address in reversed([part.strip() for part in forwarded.split(",")]):
        if not _is_address(address):
            break
        environ["REMOTE_ADDR"] = address
        if not _is_in(address, proxies):
            break
    if scheme in {"http", "https"}:
        environ["wsgi.url_scheme"] = scheme


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_in(text: str, networks: Sequence[IPv4Network | IPv6Network]) -> bool:
    return _is_address(text) and any(ip_address(text) in each for each in networks)
