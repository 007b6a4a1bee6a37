"""Our own side: `portal radiusd` as it is installed, with everything switched on."""

import itertools
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench import ledger
from tests.bench.load.job import Job, Report
from tests.bench.peer import HOST, NAS_IDENTIFIER, SECRET
from tests.bench.province import PATRONS, Province, province
from tests.stack.process import Program


@dataclass
class Daricheh:
    """radiusd on one database."""

    name: str
    province: Province
    program: Program
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    @property
    def pids(self) -> list[int]:
        return [self.program.pid]

    def job(self, sessions: int) -> Job:
        self.program.fail_if_gone()
        settings = self.province.services.settings
        turn = next(self._numbers)
        patrons = [(turn * sessions + each) % PATRONS + 1 for each in range(sessions)]
        return Job(
            host=HOST,
            auth_port=settings.radius_auth_port,
            acct_port=settings.radius_acct_port,
            secret=SECRET,
            nas_identifier=NAS_IDENTIFIER,
            credentials=self.province.tickets(patrons),
            prefix=f"d{turn:03x}",
            require_message_authenticator=True,
        )

    def faults(self, job: Job, report: Report) -> list[str]:
        with self.province.services.store.read() as uow:
            return [
                *ledger.differences(uow.connection, job, report),
                *ledger.contradictions(uow.connection),
            ]


@contextmanager
def daricheh(name: str, database_url: str | None = None) -> Iterator[Daricheh]:
    """Set it up on an empty database, start radiusd, and stop it afterwards."""
    with province(database_url) as set_up:
        program = Program.start(
            # The command beside this Python, whatever the PATH says.
            [Path(sys.executable).with_name("portal"), "radiusd"],
            log=set_up.folder / "radiusd.log",
            env={**os.environ, **set_up.environment},
        )
        try:
            program.wait_for("radiusd.started", within=30)
            yield Daricheh(name, set_up, program)
        finally:
            program.stop()
