import asyncio
from http import HTTPStatus

import pytest

from portal.radiusd.metrics import Metrics
from portal.radiusd.status import StatusPages


async def answer_to(question: bytes, *, healthy: bool = True) -> bytes:
    pages = StatusPages(metrics=Metrics(), healthy=lambda: healthy)
    server = await pages.listen("127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(question)
        if not question.endswith(b"\r\n\r\n"):
            writer.write_eof()
        async with asyncio.timeout(10):
            answer = await reader.read()
        writer.close()
    return answer


def get(path: str, *, healthy: bool = True) -> tuple[int, bytes]:
    question = f"GET {path} HTTP/1.1\r\nHost: status\r\n\r\n".encode()
    answer = asyncio.run(answer_to(question, healthy=healthy))
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), body


def test_healthz_says_whether_the_database_answers() -> None:
    assert get("/healthz") == (HTTPStatus.OK, b"ok\n")
    assert get("/healthz", healthy=False)[0] == HTTPStatus.SERVICE_UNAVAILABLE


def test_metrics_are_prometheus_s_text() -> None:
    status, body = get("/metrics?x=1")

    assert status == HTTPStatus.OK
    assert b"# TYPE portal_radius_dropped_total counter" in body


def test_there_is_nothing_else() -> None:
    assert get("/")[0] == HTTPStatus.NOT_FOUND


def test_it_can_only_be_read() -> None:
    answer = asyncio.run(answer_to(b"POST /healthz HTTP/1.1\r\n\r\n"))

    assert answer.startswith(b"HTTP/1.1 405 ")


@pytest.mark.parametrize("question", [b"", b"GET /healthz", b"x" * 20_000, b"\r\n\r\n"])
def test_nonsense_is_not_served_and_does_no_harm(question: bytes) -> None:
    answer = asyncio.run(answer_to(question))

    assert not answer.startswith(b"HTTP/1.1 200")
