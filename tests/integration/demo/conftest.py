"""`portal demo` as a real program, on ports of its own."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.stack.process import Program
from tests.stack.wait import until

READY = "Everything is running"
TCP = ("CAPTIVE", "CAPTIVE_STATUS", "STAFF", "STAFF_STATUS", "RADIUS_STATUS", "SIM")


@dataclass
class Demo:
    """A folder and ports for demos, one after the other."""

    environment: dict[str, str]
    folder: Path
    log: Path
    program: Program | None = None

    def start(self, **more: str) -> Program:
        """Start a demo; it is ended when the test is over."""
        self.log.unlink(missing_ok=True)
        self.program = Program.start(
            [sys.executable, "-m", "portal", "demo"],
            log=self.log,
            env=self.environment | more,
        )
        return self.program

    def start_and_wait(self, **more: str) -> Program:
        program = self.start(**more)
        # A busy machine gets more than the 10 s that a demo may take on an idle one.
        program.wait_for(READY, within=40)
        return program

    def portal(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "portal", *arguments],
            check=False,
            capture_output=True,
            text=True,
            env=self.environment,
            timeout=60,
        )

    def ask(self, *arguments: str) -> Any:
        done = self.portal(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def status(self, name: str) -> int:
        place = self.environment[f"PORTAL_{name}_BIND"]
        with urllib.request.urlopen(f"http://{place}/healthz", timeout=5) as answer:
            status: int = answer.status
            return status

    def processes(self) -> list[int]:
        """Every process that has this demo's folder in its environment."""
        mark = f"PORTAL_VAR_DIR={self.environment['PORTAL_VAR_DIR']}".encode()
        return [
            int(entry.name)
            for entry in Path("/proc").iterdir()
            if entry.name.isdecimal() and mark in _environment_of(entry)
        ]


def _environment_of(process: Path) -> list[bytes]:
    try:
        return (process / "environ").read_bytes().split(b"\0")
    except OSError:
        return []


@pytest.fixture
def demo(tmp_path: Path, free_port: Callable[[], int]) -> Generator[Demo]:
    kept = {n: v for n, v in os.environ.items() if not n.startswith("PORTAL_")}
    ports = {f"PORTAL_{name}_BIND": f"127.0.0.1:{free_port()}" for name in TCP}
    ports["PORTAL_WORKER_STATUS_BIND"] = f"127.0.0.1:{free_port()}"
    for name in ("RADIUS_AUTH", "RADIUS_ACCT", "SIM_DYNAUTH"):
        ports[f"PORTAL_{name}_PORT"] = str(free_port())
    environment = kept | ports | {"PORTAL_VAR_DIR": str(tmp_path / "var")}
    made = Demo(environment, tmp_path / "var", tmp_path / "output")
    yield made
    if made.program is not None:
        made.program.stop(within=20)
    until(lambda: not made.processes(), what="every process has ended", within=20)
