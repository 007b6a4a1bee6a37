"""A real radiusd as a child of the test run, asked over its own status port."""

import re
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from tests.stack.ports import free_port
from tests.stack.process import Program
from tests.stack.wait import until

PORTAL = Path(sys.executable).with_name("portal")
HOST = "127.0.0.1"

_SAMPLE = re.compile(r"^(portal_radius_\w+?)(?:_total)?(\{.*\})? (\S+)$", re.MULTILINE)
_LABEL = re.compile(r'\w+="([^"]*)"')
_NUMBERS = count(1)

Counts = dict[tuple[str, ...], float]


@dataclass
class Radiusd:
    """One radiusd with ports of its own, which it keeps when it is started again."""

    environment: Mapping[str, str]
    directory: Path
    tracer: Sequence[str | Path] = ()
    """A command that runs radiusd, strace for one."""
    auth_port: int = field(default_factory=free_port)
    acct_port: int = field(default_factory=free_port)
    status_port: int = field(default_factory=free_port)
    _program: Program | None = None

    @property
    def program(self) -> Program:
        assert self._program is not None, "radiusd was never started"
        return self._program

    @property
    def was_started(self) -> bool:
        return self._program is not None

    @property
    def auth(self) -> tuple[str, int]:
        return HOST, self.auth_port

    @property
    def acct(self) -> tuple[str, int]:
        return HOST, self.acct_port

    def spawn(self) -> None:
        """Start it and wait for nothing."""
        self._program = Program.start(
            [*self.tracer, PORTAL, "radiusd"],
            log=self.directory / f"radiusd-{next(_NUMBERS)}.log",
            env={
                **self.environment,
                "PORTAL_RADIUS_AUTH_PORT": str(self.auth_port),
                "PORTAL_RADIUS_ACCT_PORT": str(self.acct_port),
                "PORTAL_RADIUS_STATUS_BIND": f"{HOST}:{self.status_port}",
            },
        )

    def start(self) -> None:
        """Start it; it answers when this returns."""
        self.spawn()
        self.wait_until_healthy()
        self.program.wait_for("radiusd.started", within=30)

    def wait_until_healthy(self, *, within: float = 30) -> None:
        until(self._healthy_or_gone, what="radiusd is healthy", within=within)

    def kill(self) -> None:
        """SIGKILL: what a power cut leaves behind."""
        self.program.kill()

    def stop(self, *, within: float = 10) -> int:
        """SIGTERM; the exit code."""
        return self.program.stop(within=within)

    def is_healthy(self) -> bool:
        return self._get("/healthz")[0] == 200

    def counts(self, name: str) -> Counts:
        """Samples of `portal_radius_<name>`: its labels' values, by their names."""
        wanted = f"portal_radius_{name}"
        return {
            tuple(_LABEL.findall(labels or "")): float(value)
            for found, labels, value in _SAMPLE.findall(self._get("/metrics")[1])
            if found == wanted
        }

    def dropped(self, socket: str, reason: str) -> float:
        return self.counts("dropped").get((reason, socket), 0)

    def _healthy_or_gone(self) -> bool:
        self.program.fail_if_gone()
        return self.is_healthy()

    def _get(self, path: str) -> tuple[int, str]:
        address = f"http://{HOST}:{self.status_port}{path}"
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.read().decode()
