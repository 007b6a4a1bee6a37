from collections.abc import Iterable
from ipaddress import ip_network
from typing import Any

import pytest
from werkzeug.test import Client, EnvironBuilder
from werkzeug.wrappers import Request, Response

from portal.config import Endpoint
from portal.wsgi.front import Front, believe_proxies

PROXIES = (ip_network("10.0.0.0/24"), ip_network("127.0.0.1/32"))
STATUS = Endpoint("127.0.0.1", 8084)


def environ(remote: str, **headers: str) -> dict[str, Any]:
    named = [(name.replace("_", "-"), value) for name, value in headers.items()]
    built = EnvironBuilder(headers=named).get_environ()
    built["REMOTE_ADDR"] = remote
    return built


@pytest.mark.parametrize(
    ("remote", "forwarded", "believed"),
    [
        ("10.0.0.7", "192.0.2.9", "192.0.2.9"),
        # What the browser itself put in front is its own claim.
        ("10.0.0.7", "203.0.113.1, 192.0.2.9", "192.0.2.9"),
        ("127.0.0.1", "192.0.2.9, 10.0.0.7", "192.0.2.9"),
        ("10.0.0.7", "", "10.0.0.7"),
        ("10.0.0.7", "rubbish", "10.0.0.7"),
        ("10.0.0.7", "192.0.2.9, rubbish", "10.0.0.7"),
        ("192.0.2.1", "203.0.113.1", "192.0.2.1"),
    ],
)
def test_only_a_trusted_proxy_says_where_a_browser_is(
    remote: str, forwarded: str, believed: str
) -> None:
    request = environ(remote, X_Forwarded_For=forwarded)

    believe_proxies(request, PROXIES)

    assert request["REMOTE_ADDR"] == believed
    assert "HTTP_X_FORWARDED_FOR" not in request


@pytest.mark.parametrize(
    ("remote", "said", "believed"),
    [
        ("10.0.0.7", "https", "https"),
        ("10.0.0.7", "javascript", "http"),
        ("192.0.2.1", "https", "http"),
    ],
)
def test_only_a_trusted_proxy_says_that_it_was_https(
    remote: str, said: str, believed: str
) -> None:
    request = environ(remote, X_Forwarded_Proto=said)

    believe_proxies(request, PROXIES)

    assert request["wsgi.url_scheme"] == believed
    assert "HTTP_X_FORWARDED_PROTO" not in request


@Request.application
def application(request: Request) -> Response:
    return Response(f"page {request.path}", status=404 if "no" in request.path else 200)


def front(*, healthy: bool = True) -> Client:
    app: Any = Front(application, status=STATUS, healthy=lambda: healthy)
    return Client(app)


def at_status(client: Client, path: str) -> Any:
    place = {"SERVER_NAME": STATUS.host, "SERVER_PORT": str(STATUS.port)}
    return client.get(path, environ_overrides=place)


def test_health_follows_the_database() -> None:
    assert at_status(front(), "/healthz").status_code == 200
    away = at_status(front(healthy=False), "/healthz")
    assert (away.status_code, away.text) == (503, "the database does not answer\n")


def test_the_status_address_shows_nothing_of_the_application() -> None:
    assert at_status(front(), "/login").status_code == 404


def test_the_public_address_shows_no_metrics_whatever_the_host_header_says() -> None:
    answer = front().get("/metrics", headers={"Host": f"{STATUS}"})

    assert answer.text == "page /metrics"


def test_requests_are_counted_without_their_addresses() -> None:
    client = front()
    before = _counted(client, "4xx")

    client.get("/no/such/00012345")

    metrics = at_status(client, "/metrics").text
    assert _counted(client, "4xx") == before + 1
    assert "00012345" not in metrics


def _counted(client: Client, status: str) -> float:
    lines: Iterable[str] = at_status(client, "/metrics").text.splitlines()
    wanted = f'portal_http_requests_total{{status="{status}"}} '
    values = [line.removeprefix(wanted) for line in lines if line.startswith(wanted)]
    return float(values[0]) if values else 0.0
