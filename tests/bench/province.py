"""What our side is measured with: a branch, its CoovaChilli, a plan, ten thousand patrons.

The plan limits time and data, so that each Access-Request and each record is judged.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_network
from pathlib import Path
from typing import TypeVar

from sqlalchemy import insert

from portal.bootstrap import Services, upgrade
from portal.bootstrap.services import connect
from portal.config import load
from portal.model.estate import Nas, PlanTerms, ProfileName
from portal.service.admission import TICKET_LIFE
from portal.service.estate_ports import NewClient, NewNas, PlanLimits, Refused
from portal.service.tickets import new_grant_id, ticket_password
from portal.storage import tables
from tests.bench.load.job import Credential
from tests.bench.peer import HOST, NAS_IDENTIFIER, SECRET, device
from tests.stack.ports import free_port

PATRONS = 10_000
_ACTOR = "system:bench"
_LIMITS = PlanLimits(
    time_per_day=8 * 3600,
    data_per_day=1_000_000_000_000,
    speed_down=50_000_000,
    speed_up=20_000_000,
    devices=4,
    idle_timeout=600,
)
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Province:
    """An installation with its services connected; nothing runs yet."""

    folder: Path
    environment: dict[str, str]
    services: Services
    nas: Nas

    def tickets(self, patrons: Sequence[int]) -> list[Credential]:
        """A ticket for each patron, minted now: it lives for a minute and a half."""
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
def province(database_url: str | None) -> Iterator[Province]:
    """Set up an empty database, an SQLite file of its own without a URL."""
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
        with connect(settings, keep_plans=True) as services:
            yield Province(Path(folder), environment, services, _set_up(services))


def _set_up(services: Services) -> Nas:
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
