"""A simulated branch on real sockets, between a RADIUS server and browsers."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from portal.gateway.sim import SimOptions, Simulator, sim_options
from portal.gateway.sim.branch import SimulatedBranch
from portal.radius.attributes import AttributeType, ChilliSpot, Vendor
from portal.radius.codes import AcctStatusType
from portal.radius.packet import Packet
from portal.radius.values import attribute, encode_integer, parse_integer, vsa
from tests.integration.gateway.wires import (
    Browser,
    FakeRadiusServer,
    branch_mapping,
    fetch,
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
        address = self.branch.devices[number - 1].device.uam_address
        return Browser(f"http://{address}:{self.uam_port}")

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
