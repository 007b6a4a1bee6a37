"""A simulated branch on real sockets, between a RADIUS server and a browser."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from portal.gateway.sim import SimOptions, Simulator, sim_options
from portal.gateway.sim.branch import SimulatedBranch
from portal.gateway.sim.simulator import serve
from portal.radius.attributes import AttributeType, ChilliSpot, Vendor
from portal.radius.codes import AcctStatusType, Code, TerminateCause
from portal.radius.dynauth import coa_request, disconnect_request
from portal.radius.packet import Packet, parse
from portal.radius.secret import SharedSecret
from portal.radius.values import attribute, encode_integer, parse_integer, vsa
from tests.integration.gateway.wires import (
    SECRET,
    Browser,
    FakeRadiusServer,
    Reply,
    branch_mapping,
    dynauth_client,
    fetch,
    raw_exchange,
)
from tests.unit.gateway.fakes import FakeClock

ON, OFF = AcctStatusType.ACCOUNTING_ON, AcctStatusType.ACCOUNTING_OFF
START, STOP = AcctStatusType.START, AcctStatusType.STOP
INTERIM = AcctStatusType.INTERIM_UPDATE
FreePort = Callable[[], int]


@dataclass
class World:
    """One simulated branch, its RADIUS server, and the browsers of two devices."""

    radius: FakeRadiusServer
    sim: Simulator
    clock: FakeClock
    uam_port: int
    dynauth_port: int

    @property
    def branch(self) -> SimulatedBranch:
        return self.sim.branches["khorramabad"]

    def browser(self, number: int = 1) -> Browser:
        return Browser(f"http://127.2.0.{number}:{self.uam_port}")

    async def signed_in(self, number: int = 1) -> Browser:
        browser = self.browser(number)
        reply = await browser.sign_in()
        assert reply is not None
        assert reply.fields["res"] == "success"
        await self.radius.until(lambda: self.radius.reports(START))
        return browser

    async def post(self, path: str, **values: Any) -> dict[str, Any]:
        reply = await fetch(
            f"{self.sim.page_url}api/{path}",
            method="POST",
            body=json.dumps(values).encode(),
        )
        assert reply is not None
        assert reply.status == 200, reply.body
        found: dict[str, Any] = json.loads(reply.body)
        return found

    async def state(self) -> dict[str, Any]:
        reply = await fetch(f"{self.sim.page_url}api/state")
        assert reply is not None
        found: dict[str, Any] = json.loads(reply.body)["branches"][0]
        return found


def options(
    mapping: dict[str, Any], clock: FakeClock, page_port: int = 0
) -> SimOptions:
    return sim_options({"page_port": page_port, "branches": [mapping]}, clock)


@asynccontextmanager
async def world(free_port: FreePort, **changes: Any) -> AsyncIterator[World]:
    clock = FakeClock()
    uam_port, dynauth_port = free_port(), free_port()
    async with FakeRadiusServer() as radius:
        mapping = branch_mapping(radius.port, uam_port, dynauth_port) | changes
        async with Simulator(options(mapping, clock)) as sim:
            await radius.until_statuses(ON)
            yield World(radius, sim, clock, uam_port, dynauth_port)


def run(
    free_port: FreePort, story: Callable[[World], Awaitable[None]], **changes: Any
) -> None:
    async def scenario() -> None:
        async with world(free_port, **changes) as one:
            await story(one)

    asyncio.run(scenario())


def number(packet: Packet, kind: AttributeType) -> int:
    value = packet.get(kind)
    assert value is not None
    return parse_integer(value)


def seconds(kind: AttributeType, value: int) -> bytes:
    return attribute(kind, encode_integer(value))


def total_octets(most: int) -> list[bytes]:
    return [
        vsa(
            Vendor.CHILLISPOT,
            ChilliSpot.MAX_TOTAL_OCTETS,
            encode_integer(most & 0xFFFFFFFF),
        ),
        vsa(
            Vendor.CHILLISPOT,
            ChilliSpot.MAX_TOTAL_GIGAWORDS,
            encode_integer(most >> 32),
        ),
    ]


def test_a_phone_signs_in_uses_data_and_signs_out(free_port: FreePort) -> None:
    async def story(one: World) -> None:
        one.radius.accept[b"alice"] = [attribute(AttributeType.CLASS, b"our-class")]
        phone = await one.signed_in()
        await one.post("devices/khorramabad/1/traffic", down=5_000_000_000, up=77)
        page = await phone.get("/somewhere")
        reply = await phone.get("/logoff")
        await one.radius.until_statuses(ON, START, STOP)

        assert page is not None
        assert page.status == 200
        assert reply is not None
        assert reply.fields["res"] == "logoff"
        [stop] = one.radius.reports(STOP)
        assert stop.get(AttributeType.CLASS) == b"our-class"
        assert number(stop, AttributeType.ACCT_INPUT_GIGAWORDS) == 1
        assert number(stop, AttributeType.ACCT_INPUT_OCTETS) == 705_032_704
        assert number(stop, AttributeType.ACCT_OUTPUT_OCTETS) == 77

    run(free_port, story)


def test_redirects_name_the_devices_own_uam_address(free_port: FreePort) -> None:
    async def story(one: World) -> None:
        replies = [await one.browser(n).get("/start") for n in (1, 2)]

        fields = [reply.fields for reply in replies if reply is not None]
        assert [found["uamip"] for found in fields] == ["127.2.0.1", "127.2.0.2"]
        assert {found["uamport"] for found in fields} == {str(one.uam_port)}
        assert [found["mac"] for found in fields] == [
            "02-4C-52-02-00-01",
            "02-4C-52-02-00-02",
        ]
        assert {found["called"] for found in fields} == {"02-4C-52-02-00-FE"}

    run(free_port, story)


def test_accounting_leaves_from_the_dynauth_port_under_the_quirk(
    free_port: FreePort,
) -> None:
    async def story(one: World) -> None:
        [heard] = one.radius.heard

        assert heard.peer == ("127.0.0.2", one.dynauth_port)

    run(free_port, story)


def test_without_quirks_accounting_has_a_port_of_its_own(free_port: FreePort) -> None:
    async def story(one: World) -> None:
        [heard] = one.radius.heard

        assert heard.peer[0] == "127.0.0.2"
        assert heard.peer[1] != one.dynauth_port
        await one.signed_in()
        async with dynauth_client() as ask:
            request = disconnect_request(
                1, [attribute(AttributeType.USER_NAME, b"alice")], SECRET
            )
            answer = parse(await ask(request, ("127.0.0.2", one.dynauth_port)))
        assert answer.code == Code.DISCONNECT_ACK

    run(free_port, story, quirks="none")


def test_the_quota_ends_the_session_at_the_next_check(free_port: FreePort) -> None:
    async def story(one: World) -> None:
        one.radius.accept[b"alice"] = total_octets(5_000_000_000)
        await one.signed_in()

        await one.post("devices/khorramabad/1/traffic", down=4_999_999_999)
        await one.post("check")
        assert one.radius.statuses() == [ON, START]
        await one.post("devices/khorramabad/1/traffic", up=1)
        await one.post("check")
        await one.radius.until_statuses(ON, START, STOP)

        [stop] = one.radius.reports(STOP)
        assert number(stop, AttributeType.ACCT_TERMINATE_CAUSE) == 5
        [ended] = (await one.state())["ended"]
        assert (ended["cause"], ended["downloaded"]) == (5, 4_999_999_999)

    run(free_port, story)


def test_a_nas_that_ignores_limits_goes_on_until_it_is_told(
    free_port: FreePort,
) -> None:
    async def story(one: World) -> None:
        one.radius.accept[b"alice"] = [
            *total_octets(1000),
            seconds(AttributeType.SESSION_TIMEOUT, 5),
        ]
        await one.signed_in()
        await one.post("devices/khorramabad/1/traffic", down=5000)
        one.clock.turn(60)
        await one.post("check")
        assert one.branch.server.devices[0].session is not None

        async with dynauth_client() as ask:
            request = disconnect_request(
                1, [attribute(AttributeType.USER_NAME, b"alice")], SECRET
            )
            answer = parse(await ask(request, ("127.0.0.2", one.dynauth_port)))

        assert answer.code == Code.DISCONNECT_ACK
        await one.radius.until_statuses(ON, START, STOP)

    run(free_port, story, ignore="session-timeout+octets")


def test_the_stop_is_on_the_wire_before_the_disconnect_ack(
    free_port: FreePort,
) -> None:
    async def story(one: World) -> None:
        await one.signed_in()
        one.radius.silent = True
        request = disconnect_request(
            1, [attribute(AttributeType.USER_NAME, b"alice")], SECRET
        )

        one.radius.send(request, ("127.0.0.2", one.dynauth_port))
        [answer] = await one.radius.until(lambda: one.radius.replies)

        assert answer.code == Code.DISCONNECT_ACK
        codes = [parse(octets).code for octets in one.radius.octets[-2:]]
        assert codes == [Code.ACCOUNTING_REQUEST, Code.DISCONNECT_ACK]

    run(free_port, story)


def test_a_repeated_disconnect_gets_the_same_octets(free_port: FreePort) -> None:
    async def story(one: World) -> None:
        await one.signed_in()
        server = ("127.0.0.2", one.dynauth_port)
        request = disconnect_request(
            1, [attribute(AttributeType.USER_NAME, b"alice")], SECRET
        )
        async with dynauth_client() as ask:
            first, second = await ask(request, server), await ask(request, server)

        assert first == second
        assert parse(first).code == Code.DISCONNECT_ACK

    run(free_port, story)


def test_only_the_radius_servers_address_and_secret_are_heard(
    free_port: FreePort,
) -> None:
    async def story(one: World) -> None:
        await one.signed_in()
        server = ("127.0.0.2", one.dynauth_port)
        user = [attribute(AttributeType.USER_NAME, b"alice")]
        async with dynauth_client("127.0.0.9") as stranger, dynauth_client() as ask:
            wrong = asyncio.create_task(
                stranger(disconnect_request(1, user, SECRET), server)
            )
            false = asyncio.create_task(
                ask(disconnect_request(2, user, SharedSecret(b"x")), server)
            )
            async with dynauth_client() as honest:
                change = coa_request(
                    3, [*user, seconds(AttributeType.SESSION_TIMEOUT, 9)], SECRET
                )
                answer = parse(await honest(change, server))
            # Its answer proves that the two before it were read.
            assert not wrong.done()
            assert not false.done()
            wrong.cancel()
            false.cancel()
            await asyncio.gather(wrong, false, return_exceptions=True)

        assert answer.code == Code.COA_ACK
        session = one.branch.server.devices[0].session
        assert session is not None
        assert session.limits.session_timeout == 9

    run(free_port, story)


def test_a_refused_phone_gets_no_reply_from_1_9(free_port: FreePort) -> None:
    async def story(one: World) -> None:
        phone = one.browser()

        assert await phone.sign_in(password=b"wrong") is None
        reply = await phone.get("/again")
        assert reply is not None
        assert reply.fields["res"] == "notyet"

    run(free_port, story)


def test_a_refused_phone_learns_it_from_1_6(free_port: FreePort) -> None:
    async def story(one: World) -> None:
        reply = await one.browser().sign_in(password=b"wrong")

        assert reply is not None
        assert (reply.fields["res"], reply.fields["reason"]) == ("failed", "reject")

    run(free_port, story, quirks="chilli-1.6")


def test_a_crash_says_on_and_nothing_else(free_port: FreePort) -> None:
    async def story(one: World) -> None:
        phone = await one.signed_in()
        old = one.branch.server.devices[0].session_id

        one.clock.turn(10)
        await one.post("nas/khorramabad/reboot", graceful=False)
        await one.radius.until_statuses(ON, START, ON)

        reply = await phone.get("/start")
        assert reply is not None
        assert reply.fields["res"] == "notyet"
        assert reply.fields["sessionid"] != old

    run(free_port, story)


def test_a_reboot_in_good_order_stops_and_says_off(free_port: FreePort) -> None:
    async def story(one: World) -> None:
        await one.signed_in()

        one.clock.turn(10)
        await one.post("nas/khorramabad/reboot", graceful=True)
        await one.radius.until_statuses(ON, START, STOP, OFF, ON)

        [stop] = one.radius.reports(STOP)
        assert number(stop, AttributeType.ACCT_TERMINATE_CAUSE) == (
            TerminateCause.NAS_REBOOT
        )

    run(free_port, story)


def test_without_power_nothing_answers(free_port: FreePort) -> None:
    async def story(one: World) -> None:
        phone = await one.signed_in()
        await one.post("nas/khorramabad/power", on=False)

        assert await phone.get("/status") is None
        assert one.radius.statuses() == [ON, START]
        one.clock.turn(10)
        await one.post("nas/khorramabad/power", on=True)
        await one.radius.until_statuses(ON, START, ON)
        assert await phone.get("/status") is not None

    run(free_port, story)


def test_behind_a_cut_line_the_branch_goes_on(free_port: FreePort) -> None:
    async def story(one: World) -> None:
        phone = await one.signed_in()
        await one.post("nas/khorramabad/line", up=False)
        reply = await phone.get("/json/status")
        await phone.get("/logoff")
        assert one.radius.statuses() == [ON, START]
        assert (await one.state())["unanswered"] == 1

        await one.post("nas/khorramabad/line", up=True)
        await one.radius.until_statuses(ON, START, STOP)

        assert reply is not None
        assert json.loads(reply.body)["clientState"] == 1

    run(free_port, story, quirks="none")


def test_a_device_that_walks_away_is_missed_when_its_lease_ends(
    free_port: FreePort,
) -> None:
    async def story(one: World) -> None:
        phone = await one.signed_in()
        await one.post("devices/khorramabad/1/leave")
        assert await phone.get("/status") is None
        one.clock.turn(599)
        await one.post("check")
        assert one.radius.statuses() == [ON, START]

        one.clock.turn(1)
        await one.post("check")
        await one.radius.until_statuses(ON, START, STOP)

        [stop] = one.radius.reports(STOP)
        assert number(stop, AttributeType.ACCT_TERMINATE_CAUSE) == (
            TerminateCause.LOST_CARRIER
        )

    run(free_port, story)


def test_a_device_that_comes_back_in_time_is_still_signed_in(
    free_port: FreePort,
) -> None:
    async def story(one: World) -> None:
        phone = await one.signed_in()
        await one.post("devices/khorramabad/1/leave")
        await one.post("devices/khorramabad/1/return")

        reply = await phone.get("/status")
        assert reply is not None
        assert reply.fields["res"] == "already"

    run(free_port, story)


def test_switching_wifi_off_ends_the_session_at_once(free_port: FreePort) -> None:
    async def story(one: World) -> None:
        await one.signed_in()

        await one.post("devices/khorramabad/1/release")
        await one.radius.until_statuses(ON, START, STOP)

    run(free_port, story)


def test_a_transfer_runs_at_its_rate_or_the_granted_one(free_port: FreePort) -> None:
    async def story(one: World) -> None:
        one.radius.accept[b"alice"] = [
            vsa(Vendor.CHILLISPOT, ChilliSpot.BANDWIDTH_MAX_DOWN, encode_integer(8000))
        ]
        await one.signed_in()
        await one.post("devices/khorramabad/1/use", megabytes=100, rate=80)
        one.clock.turn(3)
        slow = (await one.state())["devices"][0]["session"]
        one.clock.turn(1000)
        done = (await one.state())["devices"][0]

        assert (slow["downloaded"], slow["uploaded"]) == (3_000_000, 3_000_000)
        assert done["session"]["downloaded"] == 100_000_000
        assert done["session"]["uploaded"] == 10_000_000
        assert done["transferring"] is False

    run(free_port, story)


def test_an_idle_device_is_ended_by_its_idle_timeout(free_port: FreePort) -> None:
    async def story(one: World) -> None:
        one.radius.accept[b"alice"] = [seconds(AttributeType.IDLE_TIMEOUT, 60)]
        await one.signed_in()
        await one.post("devices/khorramabad/1/use", megabytes=1000, rate=8)
        one.clock.turn(90)
        await one.post("check")
        assert one.radius.statuses() == [ON, START]

        await one.post("devices/khorramabad/1/idle")
        one.clock.turn(61)
        await one.post("check")
        await one.radius.until_statuses(ON, START, STOP)

        [stop] = one.radius.reports(STOP)
        assert number(stop, AttributeType.ACCT_TERMINATE_CAUSE) == (
            TerminateCause.IDLE_TIMEOUT
        )

    run(free_port, story)


def test_checks_and_interims_come_by_themselves(free_port: FreePort) -> None:
    async def story(one: World) -> None:
        one.radius.accept[b"alice"] = [seconds(AttributeType.ACCT_INTERIM_INTERVAL, 60)]
        await one.signed_in()

        one.clock.turn(60)

        await one.radius.until_statuses(ON, START, INTERIM)

    run(free_port, story, check_seconds=0.05)


def test_the_end_of_the_simulator_is_announced(free_port: FreePort) -> None:
    async def scenario() -> None:
        clock = FakeClock()
        async with FakeRadiusServer() as radius:
            mapping = branch_mapping(radius.port, free_port(), free_port())
            running = asyncio.create_task(serve(options(mapping, clock)))
            await radius.until_statuses(ON)
            os.kill(os.getpid(), signal.SIGTERM)
            await running
            await radius.until_statuses(ON, OFF)

    asyncio.run(scenario())


def test_a_taken_port_is_an_error_and_leaves_nothing_open(free_port: FreePort) -> None:
    async def scenario() -> None:
        uam_port = free_port()
        other = await asyncio.start_server(
            lambda _, writer: writer.close(), "127.2.0.2", uam_port
        )
        mapping = branch_mapping(1, uam_port, free_port())
        with pytest.raises(OSError, match="address already in use"):
            await Simulator(options(mapping, FakeClock())).start()
        other.close()
        async with Simulator(options(mapping, FakeClock())) as again:
            assert again.branches["khorramabad"].powered

    asyncio.run(scenario())


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


def test_the_page_lists_every_device_and_its_buttons_work(
    free_port: FreePort,
) -> None:
    async def story(one: World) -> None:
        await one.signed_in()
        page = await fetch(one.sim.page_url)
        assert page is not None
        html = page.body.decode()
        assert f'href="http://127.2.0.1:{one.uam_port}/start"' in html
        assert f'href="http://127.2.0.2:{one.uam_port}/start"' in html

        form = {"Content-Type": "application/x-www-form-urlencoded"}
        pressed = await fetch(
            f"{one.sim.page_url}devices/khorramabad/1/use",
            method="POST",
            body=b"megabytes=3&rate=0",
            headers=form,
        )

        assert pressed is not None
        assert (pressed.status, pressed.location) == (303, "/")
        session = (await one.state())["devices"][0]["session"]
        assert session["downloaded"] == 3_000_000
        off = await fetch(
            f"{one.sim.page_url}nas/khorramabad/power",
            method="POST",
            body=b"on=off",
            headers=form,
        )
        assert off is not None
        assert not one.branch.powered

    run(free_port, story)


@pytest.mark.parametrize(
    "headers",
    [{"Host": "portal.example"}, {"Origin": "http://portal.example"}],
    ids=["name", "origin"],
)
def test_another_site_cannot_steer_the_page(
    free_port: FreePort, headers: dict[str, str]
) -> None:
    async def story(one: World) -> None:
        reply = await fetch(
            f"{one.sim.page_url}nas/khorramabad/power",
            method="POST",
            body=b"on=off",
            headers=headers,
        )

        assert reply is not None
        assert reply.status == 403
        assert one.branch.powered

    run(free_port, story)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("api/devices/khorramabad/9/traffic", b"{}", 404),
        ("api/devices/khorramabad/x/traffic", b"{}", 404),
        ("api/devices/nowhere/1/traffic", b"{}", 404),
        ("api/devices/khorramabad/1/explode", b"{}", 404),
        ("api/nas/khorramabad/explode", b"{}", 404),
        ("api/nas/nowhere/reboot", b"{}", 404),
        ("api/nothing", b"{}", 404),
        ("api/devices/khorramabad/1/traffic", b'{"down": 5}', 409),
        ("api/check", b"[]", 400),
        ("api/check", b"\xff", 400),
    ],
)
def test_a_wrong_command_is_refused_with_its_reason(
    free_port: FreePort, path: str, body: bytes, status: int
) -> None:
    async def story(one: World) -> None:
        reply = await fetch(f"{one.sim.page_url}{path}", method="POST", body=body)

        assert reply is not None
        assert reply.status == status
        assert json.loads(reply.body)["error"]

    run(free_port, story)


@pytest.mark.parametrize("value", [-1, "x", None, [1], 1e300])
def test_absurd_traffic_is_refused(free_port: FreePort, value: object) -> None:
    async def story(one: World) -> None:
        await one.signed_in()
        reply: Reply | None = await fetch(
            f"{one.sim.page_url}api/devices/khorramabad/1/traffic",
            method="POST",
            body=json.dumps({"down": value}).encode(),
        )

        assert reply is not None
        assert reply.status == (200 if value is None else 400)

    run(free_port, story)
