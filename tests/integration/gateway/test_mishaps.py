"""What goes wrong in a branch: power, line, reboots, and devices that leave."""

import asyncio
import json
import os
import signal

import pytest

from portal.gateway.sim import Simulator
from portal.gateway.sim.simulator import serve
from portal.radius.attributes import AttributeType
from portal.radius.codes import TerminateCause
from tests.integration.gateway.wires import (
    FakeRadiusServer,
    branch_mapping,
)
from tests.integration.gateway.world import (
    OFF,
    ON,
    START,
    STOP,
    FreePort,
    World,
    number,
    options,
    run,
)
from tests.unit.gateway.fakes import FakeClock


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


def test_a_browser_that_waits_for_radius_does_not_hold_up_the_end(
    free_port: FreePort, caplog: pytest.LogCaptureFixture
) -> None:
    async def story(one: World) -> None:
        phone = one.browser()
        await phone.get("/start")
        one.radius.silent = True
        waiting = asyncio.create_task(phone.sign_in())
        await one.radius.until(lambda: len(one.radius.heard) == 2)

        await one.sim.stop()

        assert await waiting is None

    run(free_port, story)
    assert caplog.records == []


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
