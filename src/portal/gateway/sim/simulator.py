"""The simulator: every branch, the page about them, and how a process runs it."""

import asyncio
import logging
import signal
from types import TracebackType
from typing import Self

from portal.gateway.http import HttpServer
from portal.gateway.radius_client import Wait, wait_for_reply
from portal.gateway.sim.branch import SimulatedBranch
from portal.gateway.sim.control import Control
from portal.gateway.sim.options import SimOptions

log = logging.getLogger(__name__)


class Simulator:
    """Simulated branches in this process: `async with Simulator(options) as sim`."""

    def __init__(self, options: SimOptions, *, wait: Wait = wait_for_reply) -> None:
        self.options = options
        self.branches = {
            branch.name: SimulatedBranch(branch, options.clock, wait)
            for branch in options.branches
        }
        self._control = Control(self.branches, options)
        self._page = HttpServer(self._control.answer)

    async def start(self) -> None:
        """Take every port and boot every branch; OSError when a port is taken."""
        try:
            if self.options.page_port >= 0:
                port = await self._page.listen(
                    self.options.page_address, self.options.page_port
                )
                self._control.set_port(port)
            for branch in self.branches.values():
                await branch.start()
        except OSError:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stops and Accounting-Off of every branch, then the ports are free."""
        await self._page.close()
        await asyncio.gather(*(branch.stop() for branch in self.branches.values()))

    @property
    def page_url(self) -> str:
        """Where the page is; empty before the start and when there is none."""
        return self._control.url

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()


def run(options: SimOptions) -> None:
    """Run until SIGTERM or SIGINT; OSError when a port is taken."""
    asyncio.run(serve(options))


async def serve(options: SimOptions) -> None:
    """The same in a running event loop, whose signals it takes."""
    done = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, done.set)
    async with Simulator(options) as simulator:
        log.info(
            "sim.ready",
            extra={"page": simulator.page_url, "branches": len(simulator.branches)},
        )
        await done.wait()
