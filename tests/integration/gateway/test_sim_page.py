"""The simulator's own page and its JSON interface."""

import json

import pytest

from portal.radius.attributes import ChilliSpot, Vendor
from portal.radius.values import encode_integer, vsa
from tests.integration.gateway.wires import (
    Reply,
    fetch,
)
from tests.integration.gateway.world import FreePort, World, run


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
