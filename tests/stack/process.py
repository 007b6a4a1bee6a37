"""Real programs as children of the test run: started, watched, and surely ended.

The kernel ends a child whose test run died (`setpriv --pdeathsig`), so that a killed
run leaves no server behind. Nothing is ever found or ended by name.
"""

import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.stack.wait import until


@dataclass
class Program:
    """One running child with its output in a file."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    @classmethod
    def start(
        cls,
        command: Sequence[str | Path],
        *,
        log: Path,
        user: str | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        if_orphaned: str = "TERM",
    ) -> Self:
        """Start `command`; `user` is who it runs as when the test run is root.

        `if_orphaned` is the signal it gets if the test run dies first.
        """
        setpriv = ["setpriv", "--pdeathsig", if_orphaned]
        if user is not None and os.geteuid() == 0:
            setpriv += ["--reuid", user, "--regid", user, "--clear-groups"]
        with log.open("ab") as output:
            process = subprocess.Popen(
                [*setpriv, "--", *map(str, command)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(env) if env is not None else None,
                cwd=cwd,
            )
        return cls(Path(command[0]).name, process, log)

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def wait_for(self, text: str, *, within: float = 10.0) -> None:
        """Wait until the program has printed `text`; its whole output is the excuse."""

        def printed() -> bool:
            if text in self.output:
                return True
            self.fail_if_gone()
            return False

        until(printed, what=f"{self.name} prints {text!r}", within=within)

    def wait(self, *, within: float = 10.0) -> int:
        """Wait for the end; the exit code, negative for a signal."""
        return self.process.wait(timeout=within)

    def stop(self, *, with_signal: int = signal.SIGTERM, within: float = 10.0) -> int:
        """Ask it to end; after `within` seconds insist."""
        if self.process.poll() is None:
            self.process.send_signal(with_signal)
        try:
            return self.process.wait(timeout=within)
        except subprocess.TimeoutExpired:
            return self.kill()

    def kill(self) -> int:
        """SIGKILL: no goodbye, as a power cut would."""
        self.process.kill()
        return self.process.wait()

    def fail_if_gone(self) -> None:
        """Fail, with everything it printed, if the program has ended."""
        if (code := self.process.poll()) is not None:
            raise AssertionError(f"{self.name} ended with {code}:\n{self.output}")


def found(program: str, *places: str) -> Path | None:
    """Return where `program` is: the newest match of `places`, else the PATH."""
    for place in places:
        if matches := sorted(Path("/").glob(f"{place.lstrip('/')}/{program}")):
            return matches[-1]
    on_path = shutil.which(program)
    return Path(on_path) if on_path else None


def known_user(*names: str) -> str:
    """Return the first of `names` that this machine has."""
    everyone = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in names if name in everyone)
