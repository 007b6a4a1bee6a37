"""What arrives at an access server that nobody should have sent."""

import asyncio

import pytest

from portal.radius.dynauth import disconnect_request
from tests.integration.gateway.wires import (
    SECRET,
    raw_exchange,
)
from tests.integration.gateway.world import (
    FreePort,
    World,
    run,
)


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/1.1\r\n",
        b"GET / HTTP/9\r\n\r\n",
        b"BREW / HTTP/1.1\r\n\r\n",
        b"GET http://[/ HTTP/1.1\r\n\r\n",
        b"GET ftp://a.example/ HTTP/1.1\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"POST /logon HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /logon HTTP/1.1\r\nContent-Length: 99999\r\n\r\n",
        b"POST /logon HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n\r\n",
        b"GET /?" + b"a=1&" * 100 + b" HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    ],
)
def test_what_is_no_request_gets_no_reply_and_breaks_nothing(
    free_port: FreePort, octets: bytes
) -> None:
    async def story(one: World) -> None:
        one.branch.http.request_seconds = 0.2

        assert await raw_exchange(("127.2.0.1", one.uam_port), octets) == b""
        assert await one.browser().get("/start") is not None

    run(free_port, story)


def test_a_slow_request_is_cut_off(free_port: FreePort) -> None:
    async def story(one: World) -> None:
        one.branch.http.request_seconds = 0.1

        got = await raw_exchange(("127.2.0.1", one.uam_port), b"GET / HTT")

        assert got == b""

    run(free_port, story)


def test_too_many_connections_are_closed_and_the_others_live(
    free_port: FreePort,
) -> None:
    async def story(one: World) -> None:
        one.branch.http.most_connections = 2
        address = ("127.2.0.1", one.uam_port)
        held = [await asyncio.open_connection(*address) for _ in range(2)]
        await asyncio.sleep(0)

        async def refused() -> bool:
            return await raw_exchange(address, b"GET / HTTP/1.1\r\n\r\n") == b""

        assert await refused()
        for _, writer in held:
            writer.close()
            await writer.wait_closed()
        async with asyncio.timeout(10):
            while await refused():
                pass

    run(free_port, story)


def test_malformed_datagrams_get_no_answer_and_break_nothing(
    free_port: FreePort,
) -> None:
    async def story(one: World) -> None:
        server = ("127.0.0.2", one.dynauth_port)
        for octets in (b"", b"\x28", bytes(20), bytes(5000), b"\x28\x01\xff\xff" * 9):
            one.radius.send(octets, server)
        one.radius.send(disconnect_request(1, [], SECRET), server)

        await one.signed_in()
        assert one.radius.replies == []

    run(free_port, story)


def test_a_browser_with_a_proxy_setting_is_a_phone_behind_the_portal(
    free_port: FreePort,
) -> None:
    async def story(one: World) -> None:
        async def through_proxy() -> str:
            got = await raw_exchange(
                ("127.2.0.1", one.uam_port),
                b"GET http://book.example/a?b=c HTTP/1.1\r\nHost: book.example\r\n\r\n",
            )
            return got.decode()

        await through_proxy()
        before = await through_proxy()
        phone = one.browser()
        await phone.sign_in()
        after = await through_proxy()

        assert "userurl=http%3a%2f%2fbook.example%2fa%3fb%3dc&md=" in before
        assert after.startswith("HTTP/1.0 200 OK")
        assert "http://book.example/a?b=c" in after

    run(free_port, story)
