"""A province on disk: what real processes run on, and the same seen from inside.

The test sets it up through the use cases and reads what the processes wrote. Every
process and the test share one clock, moved so that it is any time of day in Tehran.
"""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from ipaddress import ip_network
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, select

from portal.bootstrap.keyring import create_keyring
from portal.bootstrap.services import Services, connect
from portal.config import load
from portal.model.estate import Nas
from portal.model.outcome import Deny
from portal.model.patron import PatronCard
from portal.model.session import Session, SessionRef
from portal.model.usage import Usage, day_of
from portal.service.admission import ChallengeUsed, Claim, Minted, mint
from portal.service.estate_ports import NewClient, NewNas, PlanLimits, Refused
from portal.service.people import AddRefused, NewPatron, People
from portal.service.pins import HashCost, PinHasher
from portal.storage import tables
from portal.storage.sessions import session_of
from tests.stack.daemon import PORTAL, Radiusd
from tests.stack.ports import free_port

TEHRAN = ZoneInfo("Asia/Tehran")
NOON = time(12)
GIB = 1 << 30
UAM_SECRET = b"uam secret of the province"
ACTOR = "cli:0"
_CHEAP = HashCost(memory=64, passes=1, lanes=1)


def offset_to(local: time) -> float:
    """Seconds by which a clock has to be ahead to show this time in Tehran."""
    now = datetime.now(TEHRAN)
    return (at_local(now.date(), local) - now).total_seconds()


def today(now: datetime) -> date:
    """The day that Tehran has."""
    return now.astimezone(TEHRAN).date()


def at_local(day: date, local: time) -> datetime:
    """The instant at which Tehran's clocks show this."""
    return datetime.combine(day, local, TEHRAN)


@dataclass(frozen=True)
class Proof:
    """One dynamic-authorization request as its row has it."""

    kind: str
    reason: str
    state: str
    proof: str | None


@dataclass
class Province:
    """Branches with an access server each, plans, patrons, and processes."""

    directory: Path
    environment: dict[str, str]
    services: Services
    _stack: ExitStack
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def radiusd(self, **changes: str) -> Radiusd:
        """A radiusd of this province, ended with it; `changes` are settings."""
        daemon = self.cold_radiusd(**changes)
        daemon.start()
        return daemon

    def cold_radiusd(self, **changes: str) -> Radiusd:
        """The same, not started yet."""
        daemon = Radiusd({**self.environment, **changes}, self.directory)
        self._stack.callback(_end, daemon)
        return daemon

    @property
    def now(self) -> datetime:
        return self.services.clock()

    def environment_at(self, later: float) -> dict[str, str]:
        """For a process to which it is so many seconds later."""
        offset = self.services.settings.test_clock_offset + later
        return {**self.environment, "PORTAL_TEST_CLOCK_OFFSET": f"{offset:.6f}"}

    # ------------------------------------------------------------------ setting up

    def add_branch(
        self,
        number: int,
        *,
        source: str | None = None,
        interim: int = 60,
        line_rate: int = 1_000_000_000,
    ) -> Nas:
        """Branch `b1` with a CoovaChilli at 127.0.0.2, and so on."""
        estate, name = self.services.estate, f"branch-{number}"
        added = estate.add_branch(
            code=f"b{number}",
            name_fa=f"کتابخانهٔ {number}",
            name_en=f"Library {number}",
            time_zone=TEHRAN.key,
            actor=ACTOR,
        )
        assert not isinstance(added, Refused), added
        address = source or f"127.0.0.{number + 1}"
        self.add_client(name, address)
        return self.add_nas(
            name,
            branch=f"b{number}",
            address=address,
            interim=interim,
            line_rate=line_rate,
        )

    def add_client(
        self, name: str, address: str, secret: bytes | None = None, **rules: bool
    ) -> None:
        new = NewClient(
            name=name,
            network=ip_network(address),
            secret=secret or secret_of(name),
            **rules,
        )
        added = self.services.estate.add_client(new, ACTOR)
        assert not isinstance(added, Refused), added

    def add_nas(
        self,
        name: str,
        *,
        branch: str,
        address: str,
        client: str | None = None,
        profile: str = "coovachilli",
        interim: int = 60,
        line_rate: int = 1_000_000_000,
    ) -> Nas:
        octet = address.rpartition(".")[2]
        new = NewNas(
            name=name,
            branch=branch,
            client=client or name,
            profile=profile,
            identifier=name,
            address=None,
            uam_server_url=f"{self.services.settings.public_url}/login",
            uam_networks=(ip_network(f"127.{octet}.0.0/24"),),
            uam_port=free_port(),
            uam_secret=UAM_SECRET,
            dynauth_address=address,
            dynauth_port=free_port(),
            dynauth_secret=None,
            interim_interval=interim,
            line_rate=line_rate,
        )
        added = self.services.estate.add_nas(new, ACTOR)
        assert not isinstance(added, Refused), added
        return added

    def add_plan(
        self,
        *,
        time: int | None = None,
        data: int | None = None,
        devices: int | None = None,
    ) -> str:
        """The plan's code; amounts are a day's."""
        code = f"plan-{next(self._numbers)}"
        added = self.services.estate.add_plan(
            code=code,
            name_fa="طرح",
            name_en="Plan",
            limits=PlanLimits(time_per_day=time, data_per_day=data, devices=devices),
            actor=ACTOR,
        )
        assert not isinstance(added, Refused), added
        return code

    def add_patron(
        self, plan: str, *, branch: str = "b1", card: str = "", pin: str | None = None
    ) -> PatronCard:
        services = self.services
        people = People(
            store=services.store,
            keys=services.keys,
            clock=services.clock,
            hasher=PinHasher(services.keys, _CHEAP),
        )
        new = NewPatron(
            name="مریم رضایی",
            card=card or f"{next(self._numbers):08d}",
            branch=branch,
            plan=plan,
            pin=pin,
        )
        added = people.add(new, ACTOR)
        assert not isinstance(added, AddRefused), added
        return added

    # ------------------------------------------------------------------ signing in

    def nas(self, number: int = 1) -> Nas:
        servers = self.services.estate.access_servers()
        return next(nas for nas in servers if nas.name == f"branch-{number}")

    def ticket(self, patron: PatronCard, device: str, *, branch: int = 1) -> Minted:
        """What the sign-in page hands out once the PIN was right."""
        minted = self.claim(patron, device, branch=branch)
        assert isinstance(minted, Minted), minted
        return minted

    def claim(
        self, patron: PatronCard, device: str, *, branch: int = 1, challenge: str = ""
    ) -> Minted | Deny:
        """The same, or why there is none."""
        claim = Claim(
            patron_id=patron.patron.id,
            nas=self.nas(branch),
            device=device,
            challenge=challenge or f"{next(self._numbers):032x}",
            language="fa",
        )
        with self.services.store.write() as uow:
            outcome = mint(uow, self.services.keys, claim, self.now)
        assert not isinstance(outcome, ChallengeUsed), outcome
        return outcome

    def portal(self, *arguments: str) -> dict[str, Any]:
        """Run the command line with `--json`, as staff do; what it says."""
        run = subprocess.run(
            [PORTAL, *arguments, "--json"],
            env=self.environment,
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert run.returncode == 0, run.stderr.decode()
        said: dict[str, Any] = json.loads(run.stdout)
        return said

    # --------------------------------------------------------------------- reading

    def sessions(self) -> list[Session]:
        """Every session, the oldest first."""
        rows = self.rows("session", "id")
        return [session_of(row) for row in rows]

    def session(self, ref: SessionRef) -> Session:
        return next(session for session in self.sessions() if session.ref == ref)

    def proof(self, ref: SessionRef) -> list[Proof]:
        """What was asked of the access server about a session, and what came of it."""
        return [
            Proof(row.kind, row.reason, row.state, row.proof)
            for row in self.rows("dynauth_request", "id")
            if row.session_id == ref.id
        ]

    def days(self, patron: PatronCard) -> dict[str, Usage]:
        """Booked use by local day (ISO)."""
        return {
            day_of(row.day).isoformat(): Usage(
                row.session_time, row.downloaded, row.uploaded
            )
            for row in self.rows("usage_day", "day")
            if row.patron_id == patron.patron.id
        }

    def hours(self) -> dict[tuple[int, datetime, bool], Usage]:
        """Booked use by branch and hour; whether it is some patron's."""
        return {
            (row.branch_id, row.hour_at, row.attributed): Usage(
                row.session_time, row.downloaded, row.uploaded
            )
            for row in self.rows("usage_hour", "hour_at")
        }

    def rows(self, table: str, order: str) -> list[Row[tuple[object, ...]]]:
        wanted = tables.metadata.tables[table]
        with self.services.store.read() as uow:
            found = uow.connection.execute(select(wanted).order_by(wanted.c[order]))
            return list(found)


def secret_of(client: str) -> bytes:
    return f"the secret of {client}".encode()


def _end(daemon: Radiusd) -> None:
    if daemon.was_started:
        # Shown where a test fails.
        print(daemon.program.output[-8000:])
        daemon.stop()


@contextmanager
def province(
    database_url: str, directory: Path, *, starts_at: time | datetime = NOON
) -> Iterator[Province]:
    """An empty province in a database that has the schema already.

    `starts_at` is what its clock shows at first: an instant, or today's time in Tehran.
    """
    if isinstance(starts_at, datetime):
        offset = (starts_at - datetime.now(UTC)) / timedelta(seconds=1)
    else:
        offset = offset_to(starts_at)
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PORTAL_")
    }
    captive, status = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
    environment |= {
        "PORTAL_CAPTIVE_BIND": captive,
        "PORTAL_CAPTIVE_STATUS_BIND": status,
        "PORTAL_PUBLIC_URL": f"http://{captive}",
        "PORTAL_ARGON2_MEMORY": str(_CHEAP.memory),
        "PORTAL_ARGON2_TIME": str(_CHEAP.passes),
        "PORTAL_VAR_DIR": str(directory / "var"),
        "PORTAL_DATABASE_URL": database_url,
        "PORTAL_TEST": "1",
        "PORTAL_TEST_CLOCK_OFFSET": f"{offset:.6f}",
    }
    settings = load(environment)
    create_keyring(settings.keyring, datetime.now(UTC))
    with connect(settings) as services, ExitStack() as stack:
        yield Province(directory, environment, services, stack)
