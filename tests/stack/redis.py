"""A private Redis server on loopback that keeps nothing."""

import socket
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.stack.ports import free_port
from tests.stack.process import Program, found
from tests.stack.wait import until


@dataclass(frozen=True)
class Server:
    """A running server."""

    port: int
    program: Program

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def empty(self) -> None:
        answer = self.say(b"FLUSHALL")
        assert answer.startswith(b"+OK"), answer

    def say(self, command: bytes) -> bytes:
        """Send one inline command and return the start of the answer."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as server:
            server.sendall(command + b"\r\n")
            return server.recv(1024)


def missing() -> str | None:
    """Say what is missing to start a server, or None."""
    return None if found("redis-server") else "Redis (apt: redis-server)"


@contextmanager
def server(directory: Path) -> Generator[Server]:
    """Start a server with its files in `directory`, and end it afterwards."""
    binary = found("redis-server")
    assert binary is not None, missing()
    port = free_port()
    program = Program.start(
        [
            binary,
            *("--port", str(port), "--bind", "127.0.0.1"),
            *("--save", "", "--appendonly", "no"),
            *("--dir", directory),
        ],
        log=directory / "log",
    )
    running = Server(port, program)
    try:
        until(lambda: _is_ready(running), what="Redis answers")
        yield running
    finally:
        program.stop()


def _is_ready(running: Server) -> bool:
    running.program.fail_if_gone()
    return running.say(b"PING").startswith(b"+PONG")
