"""One simulated branch: an access server, its sockets, its devices, their mishaps."""

import asyncio
import logging
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from portal.gateway.access_server import AccessServer
from portal.gateway.device import Device
from portal.gateway.dynauth import DynauthServer
from portal.gateway.http import HttpServer, Peers, Request, Response
from portal.gateway.options import Clock, Endpoint
from portal.gateway.radius_client import (
    RadiusClient,
    RadiusSocket,
    Wait,
    wait_for_reply,
)
from portal.gateway.session import Session
from portal.gateway.sim import internet
from portal.gateway.sim.options import BranchOptions
from portal.gateway.sim.traffic import Traffic
from portal.gateway.uam import UamServer
from portal.radius.codes import TerminateCause

log = logging.getLogger(__name__)

_KEPT_ENDS = 1000


@dataclass(slots=True, eq=False)
class SimulatedDevice:
    """A device with its traffic; `left_at` is when it walked out of reach."""

    device: Device
    traffic: Traffic
    left_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class EndedSession:
    """What a session came to, kept for the page and for tests."""

    device: int
    session: Session
    cause: TerminateCause
    ended_at: datetime


@dataclass(slots=True, eq=False)
class SimulatedBranch:
    """Start it, and its devices can be opened in a browser."""

    options: BranchOptions
    clock: Clock
    wait: Wait = wait_for_reply
    powered: bool = False
    line_up: bool = True
    ended: deque[EndedSession] = field(default_factory=lambda: deque(maxlen=_KEPT_ENDS))
    devices: list[SimulatedDevice] = field(init=False)
    client: RadiusClient = field(init=False)
    server: AccessServer = field(init=False)
    _uam: UamServer = field(init=False)
    _dynauth: DynauthServer = field(init=False)
    _dynauth_socket: RadiusSocket | None = None
    http: HttpServer = field(init=False)
    _by_address: dict[str, SimulatedDevice] = field(init=False)
    _checks: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        nas = self.options.nas
        self.client = RadiusClient(nas, wait=self.wait, answer=self._answer)
        self.server = AccessServer(nas, self.clock, self.client, on_end=self._ended)
        self._uam = UamServer(self.server, internet.answer)
        self._dynauth = DynauthServer(self.server)
        self.http = HttpServer(self._serve)
        self.devices = [
            self._device(number) for number in range(1, self.options.devices + 1)
        ]
        self._by_address = {each.device.uam_address: each for each in self.devices}

    async def start(self) -> None:
        """Take the ports and boot; OSError when one is taken, nothing then stays."""
        nas = self.options.nas
        try:
            if nas.quirks.accounting_from_dynauth_port:
                await self.client.open(nas.dynauth_port)
            else:
                await self.client.open()
                self._dynauth_socket = RadiusSocket(self.client, self._answer)
                await self._dynauth_socket.open(nas.address, nas.dynauth_port)
            for address in self._by_address:
                await self.http.listen(address, nas.uam_port)
        except OSError:
            await self._close()
            raise
        self.power_on()

    async def stop(self, drain_seconds: float = 1.0) -> None:
        """Shut down in good order, if there is power, and give the ports back."""
        if self.powered:
            self.server.shut_down()
            await self.client.drain(drain_seconds)
        await self._close()

    def power_on(self) -> None:
        """Boot: the first thing the centre hears is Accounting-On."""
        self.powered = True
        self._set_line()
        self.server.boot()
        self._checks = asyncio.create_task(self._keep_checking())

    def power_off(self) -> None:
        """A power cut: sessions, unsent records and challenges are gone, unreported."""
        self.powered = False
        self._set_line()
        if self._checks is not None:
            self._checks.cancel()
        self.client.abandon()
        for each in self.devices:
            each.device.session = None
            each.traffic.clear()

    async def reboot(self, *, graceful: bool) -> None:
        """Restart, with Stops and Accounting-Off before it or without a word."""
        if graceful and self.powered:
            self.server.shut_down()
            await self.client.drain(1.0)
        self.power_off()
        self.power_on()

    def set_line(self, *, up: bool) -> None:
        """Cut the line to the centre, or mend it; the branch itself goes on."""
        self.line_up = up
        self._set_line()

    def check(self) -> None:
        """What the access server does every few seconds."""
        now = self.clock()
        lease = timedelta(seconds=self.options.lease_seconds)
        for each in self.devices:
            if each.left_at is not None and now - each.left_at >= lease:
                self.server.end(each.device, TerminateCause.LOST_CARRIER)
                each.device.forget()
        self.server.check()

    def leave(self, each: SimulatedDevice) -> None:
        """Walk out of reach without a word; the access server finds out later."""
        self.server.count(each.device, self.clock())
        each.traffic.stop()
        each.left_at = self.clock()

    def release(self, each: SimulatedDevice) -> None:
        """Switch Wi-Fi off in good order: a DHCP release ends the session at once."""
        self.server.end(each.device, TerminateCause.LOST_CARRIER)
        each.device.forget()
        each.left_at = self.clock()

    def come_back(self, each: SimulatedDevice) -> None:
        each.left_at = None

    def device(self, number: int) -> SimulatedDevice | None:
        """Device n, from 1."""
        return self.devices[number - 1] if 1 <= number <= len(self.devices) else None

    def _device(self, number: int) -> SimulatedDevice:
        traffic = Traffic()
        device = Device(
            number=number,
            mac=self.options.mac(number),
            address=str(self.options.lan_network[number + 1]),
            uam_address=str(self.options.uam_network[number]),
            meter=traffic,
        )
        self.server.attach(device)
        return SimulatedDevice(device, traffic)

    def _ended(
        self, device: Device, session: Session, cause: TerminateCause, now: datetime
    ) -> None:
        self.devices[device.number - 1].traffic.clear()
        self.ended.append(EndedSession(device.number, session, cause, now))

    async def _serve(self, request: Request, peers: Peers) -> Response | None:
        each = self._by_address[peers[0][0]]
        if self._out_of_reach(each):
            return None
        response = await self._uam.answer(request, each.device)
        return None if self._out_of_reach(each) else response

    def _out_of_reach(self, each: SimulatedDevice) -> bool:
        return not self.powered or each.left_at is not None

    def _answer(self, data: bytes, peer: Endpoint) -> bytes | None:
        return self._dynauth.answer(data, peer) if self.powered else None

    def _set_line(self) -> None:
        self.client.line_up = self.line_up and self.powered

    async def _keep_checking(self) -> None:
        while True:
            await asyncio.sleep(self.options.nas.quirks.check_seconds)
            try:
                self.check()
            except Exception:
                # One session that cannot be checked must not free all others.
                log.exception("sim.check_failed", extra={"nas": self.options.name})

    async def _close(self) -> None:
        self.powered = False
        if self._checks is not None:
            self._checks.cancel()
        await self.http.close()
        await self.client.close()
        if self._dynauth_socket is not None:
            self._dynauth_socket.close()
