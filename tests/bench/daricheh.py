"""Our own side: `portal radiusd` as it is installed, with everything switched on.

A branch with a CoovaChilli, a plan with time and data limits, ten thousand patrons of
it: each Access-Request opens a session under policy, each record is booked and judged.
"""

import itertools
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import ip_network
from pathlib import Path
from typing import TypeVar

from sqlalchemy import insert

from portal.bootstrap import Services, build, upgrade
from portal.config import Settings, load
from portal.model.estate import Nas, PlanTerms, ProfileName
from portal.service.admission import TICKET_LIFE
from portal.service.estate_ports import NewClient, NewNas, PlanLimits, Refused
from portal.service.tickets import new_grant_id, ticket_password
from portal.storage import tables
from tests.bench import ledger
from tests.bench.load.job import Credential, Job, Report
from tests.bench.peer import HOST, NAS_IDENTIFIER, SECRET, device
from tests.stack.ports import free_port
from tests.stack.process import Program

PATRONS = 10_000
_T = TypeVar("_T")
_ACTOR = "system:bench"
_LIMITS = PlanLimits(
    time_per_day=8 * 3600,
    data_per_day=1_000_000_000_000,
    speed_down=50_000_000,
    speed_up=20_000_000,
    devices=4,
    idle_timeout=600,
)


@dataclass
class Daricheh:
    """radiusd on one database."""

    name: str
    services: Services
    nas: Nas
    program: Program
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    @property
    def pids(self) -> list[int]:
        return [self.program.pid]

    def job(self, sessions: int) -> Job:
        """With tickets minted now: they live for a minute and a half."""
        self.program.fail_if_gone()
        settings = self.services.settings
        turn = next(self._numbers)
        patrons = [(turn * sessions + each) % PATRONS + 1 for each in range(sessions)]
        return Job(
            host=HOST,
            auth_port=settings.radius_auth_port,
            acct_port=settings.radius_acct_port,
            secret=SECRET,
            nas_identifier=NAS_IDENTIFIER,
            credentials=self._tickets(patrons),
            prefix=f"d{turn:03x}",
            require_message_authenticator=True,
        )

    def faults(self, job: Job, report: Report) -> list[str]:
        with self.services.store.read() as uow:
            return [
                *ledger.differences(uow.connection, job, report),
                *ledger.contradictions(uow.connection),
            ]

    def _tickets(self, patrons: list[int]) -> list[Credential]:
        keys, now = self.services.keys, self.services.clock()
        names = [new_grant_id(keys) for _ in patrons]
        rows = [
            {
                "grant_id": name,
                "patron_id": patron_id,
                "nas_id": self.nas.id,
                "device": device(patron_id),
                "language": "fa",
                "minted_at": now,
                "expires_at": now + TICKET_LIFE,
            }
            for name, patron_id in zip(names, patrons, strict=True)
        ]
        with self.services.store.write() as uow:
            uow.connection.execute(insert(tables.ticket), rows)
        return [
            Credential(name, ticket_password(keys, name) or "", device(patron_id))
            for name, patron_id in zip(names, patrons, strict=True)
        ]


@contextmanager
def daricheh(name: str, database_url: str) -> Iterator[Daricheh]:
    """Set it up on an empty database, start radiusd, and stop it afterwards."""
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
        environment = {
            "PORTAL_VAR_DIR": folder,
            "PORTAL_DATABASE_URL": database_url or f"sqlite:///{folder}/portal.db",
            "PORTAL_RADIUS_AUTH_PORT": str(free_port()),
            "PORTAL_RADIUS_ACCT_PORT": str(free_port()),
            "PORTAL_RADIUS_STATUS_BIND": f"{HOST}:{free_port()}",
        }
        settings = load(environment)
        upgrade(settings)
        with build(settings) as services:
            nas = _province(services)
            with radiusd(settings, environment, Path(folder)) as program:
                yield Daricheh(name, services, nas, program)


@contextmanager
def radiusd(
    settings: Settings, environment: dict[str, str], folder: Path
) -> Iterator[Program]:
    """Run `portal radiusd` as an installer would, until the block ends."""
    program = Program.start(
        [Path(sys.executable).with_name("portal"), "radiusd"],
        log=folder / "radiusd.log",
        env={**os.environ, **environment},
    )
    try:
        program.wait_for("radiusd.started", within=30)
        yield program
    finally:
        program.stop()


def _province(services: Services) -> Nas:
    office = services.estate
    _made(
        office.add_branch(
            code="bench",
            name_fa="شعبه",
            name_en="Branch",
            time_zone="Asia/Tehran",
            actor=_ACTOR,
        )
    )
    _made(
        office.add_client(
            NewClient(
                name="bench",
                network=ip_network(f"{HOST}/32"),
                secret=SECRET.encode(),
            ),
            _ACTOR,
        )
    )
    nas = _made(office.add_nas(_access_server(), _ACTOR))
    plan = _made(
        office.add_plan(
            code="member",
            name_fa="عضو",
            name_en="Member",
            limits=_LIMITS,
            actor=_ACTOR,
        )
    )
    _enrol(services, plan, nas.branch_id, services.clock())
    return nas


def _access_server() -> NewNas:
    return NewNas(
        name="bench",
        branch="bench",
        client="bench",
        profile=ProfileName.COOVACHILLI,
        identifier=NAS_IDENTIFIER,
        address=None,
        uam_server_url=f"http://{HOST}:8080/login",
        uam_networks=(ip_network("10.0.0.0/8"),),
        uam_port=3990,
        uam_secret=None,
        dynauth_address=HOST,
        dynauth_port=free_port(),
        dynauth_secret=None,
        interim_interval=60,
        line_rate=1_000_000_000,
    )


def _enrol(services: Services, plan: PlanTerms, branch_id: int, now: datetime) -> None:
    rows = [
        {
            "id": number,
            "handle": f"bench{number}",
            "home_branch_id": branch_id,
            "plan_id": plan.plan_id,
            "created_at": now,
        }
        for number in range(1, PATRONS + 1)
    ]
    with services.store.write() as uow:
        uow.connection.execute(insert(tables.patron), rows)


def _made(outcome: _T | Refused) -> _T:
    assert not isinstance(outcome, Refused), outcome
    return outcome
