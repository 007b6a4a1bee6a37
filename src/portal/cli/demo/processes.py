"""The demo's processes as children of one: started, watched, and surely ended.

The loop reads what they print, asks their status ports, starts one again that died, and
gives up with the reason when that does not help. Each is the leader of a session of its
own, so that a Ctrl-C reaches this process alone and the order of the end is kept; each
asks the kernel to be ended when this process is killed.
"""

import asyncio
import contextlib
import itertools
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from portal.config import Endpoint

Print = Callable[[str, str], None]
"""Takes the name of a process and a line of its output."""

_READY_WITHIN = 30.0
_ASK_EVERY = 0.1
_AGAIN_AFTER = 1.0
_DEATHS, _IN_SECONDS = 3, 60.0
_END_WITHIN = 8.0
_LEFT_BEHIND = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One process: how it is started, and where to ask whether it works."""

    name: str
    arguments: tuple[str, ...]
    asked: Endpoint
    path: str = "/healthz"
    stdin: bytes = b""


class GivenUpError(Exception):
    """The whole has ended because of one process; the text says which and why."""


class _Child:
    """One program with its process, its latest output and its deaths."""

    def __init__(self, program: Program, output: Print) -> None:
        self.program = program
        self.ready = False
        self._output = output
        self._latest: deque[str] = deque(maxlen=1)
        self._deaths: deque[float] = deque(maxlen=_DEATHS)
        self._process: asyncio.subprocess.Process | None = None
        self._ending = asyncio.Event()

    def start(self) -> asyncio.Task[None]:
        self.task = asyncio.create_task(self._watch())
        return self.task

    async def _watch(self) -> None:
        """Run the program, again if it dies. Raises GivenUpError."""
        while not self._ending.is_set():
            code = await self._run()
            if self._ending.is_set():
                return
            reason = self._latest[0] if self._latest else "it said nothing"
            if not self.ready or self._dies_too_often():
                raise GivenUpError(f"{self.program.name} ended ({code}): {reason}")
            self._output("demo", f"{self.program.name} ended ({code}); starting again")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_AGAIN_AFTER):
                    await self._ending.wait()

    async def _run(self) -> int:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "portal", "--die-with", str(os.getpid())),
            *self.program.arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
        self._process = process
        if self._ending.is_set():
            self._signal(signal.SIGTERM)
        reading = asyncio.create_task(self._read(process))
        code = await process.wait()
        # What the program itself started ends with it; else it is made to.
        await asyncio.wait([reading], timeout=_LEFT_BEHIND)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await reading
        return code

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None  # noqa: S101 - both were asked for
        assert process.stdout is not None  # noqa: S101
        with contextlib.suppress(OSError):
            process.stdin.write(self.program.stdin)
            process.stdin.close()
        while line := await _line(process.stdout):
            self._latest.append(line)
            self._output(self.program.name, line)

    def _dies_too_often(self) -> bool:
        now = time.monotonic()
        self._deaths.append(now)
        return len(self._deaths) == _DEATHS and now - self._deaths[0] < _IN_SECONDS

    async def wait_until_ready(self) -> None:
        for _ in itertools.count():
            if await _answers(self.program.asked, self.program.path):
                break
            await asyncio.sleep(_ASK_EVERY)
        self.ready = True

    async def end(self) -> None:
        """SIGTERM, and after a while SIGKILL to all that it started."""
        self._ending.set()
        self._signal(signal.SIGTERM)
        done, _ = await asyncio.wait([self.task], timeout=_END_WITHIN)
        if not done:
            self._output("demo", f"{self.program.name} does not end; killing it")
            if self._process is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self._process.pid, signal.SIGKILL)
            await asyncio.wait([self.task], timeout=_END_WITHIN)

    def _signal(self, number: int) -> None:
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)


async def run(
    programs: Sequence[Program], output: Print, on_ready: Callable[[], None]
) -> None:
    """Run all until SIGTERM, SIGINT or SIGHUP. Raises GivenUpError.

    The last program ends first: it is the one that still has something to tell the
    others.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    children = [_Child(program, output) for program in programs]
    watching = [child.start() for child in children]
    stopping = asyncio.create_task(stop.wait())
    getting_ready = asyncio.create_task(_all_ready(children))
    try:
        await _first_of([*watching, stopping, getting_ready])
        if not stop.is_set():
            on_ready()
            await _first_of([*watching, stopping])
    finally:
        stopping.cancel()
        getting_ready.cancel()
        *first, last = children
        await last.end()
        await asyncio.gather(*(child.end() for child in first))
        # Nothing is raised twice, and nothing is left unasked.
        await asyncio.gather(*watching, stopping, getting_ready, return_exceptions=True)


async def _first_of(tasks: Sequence[asyncio.Task[object]]) -> None:
    """Wait for the first to be done; its exception is raised here."""
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()


async def _all_ready(children: Sequence[_Child]) -> None:
    try:
        async with asyncio.timeout(_READY_WITHIN):
            await asyncio.gather(*(child.wait_until_ready() for child in children))
    except TimeoutError:
        late = ", ".join(child.program.name for child in children if not child.ready)
        raise GivenUpError(f"not ready within {_READY_WITHIN:g} s: {late}") from None


async def _line(stream: asyncio.StreamReader) -> str:
    """One line without its end; "" when the stream has ended."""
    try:
        line = await stream.readline()
    except ValueError:  # longer than the buffer, which now is empty
        return "(a line too long to show)"
    return line.decode(errors="replace").rstrip("\n") or ("-" if line else "")


async def _answers(place: Endpoint, path: str) -> bool:
    """Whether GET `path` is answered with 200."""
    try:
        async with asyncio.timeout(2):
            reader, writer = await asyncio.open_connection(place.host, place.port)
            try:
                request = f"GET {path} HTTP/1.1\r\nHost: {place}\r\n"
                writer.write(f"{request}Connection: close\r\n\r\n".encode())
                return b" 200 " in await reader.readline()
            finally:
                writer.close()
    except (OSError, TimeoutError, ValueError):
        return False
