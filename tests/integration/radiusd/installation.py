"""An installation with one branch, and `portal radiusd` serving it as a process."""

import re
import socket
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.client import HTTPConnection
from ipaddress import ip_network
from itertools import count
from pathlib import Path
from typing import Any, Self

from sqlalchemy import insert, select

from portal.bootstrap import Services, build, create_keyring
from portal.config import Settings, load
from portal.model.estate import Nas
from portal.radius.packet import Packet, parse
from portal.radius.secret import SharedSecret
from portal.service.admission import Claim, Minted, mint
from portal.service.estate_ports import NewClient, NewNas, PlanLimits, Refused
from portal.storage import tables
from tests.stack.process import Program
from tests.stack.wait import until

PORTAL = Path(sys.executable).with_name("portal")
SECRET = SharedSecret(b"secret of the branch")
PHONE = "02-4C-52-00-00-01"
LAPTOP = "02-4C-52-00-00-02"
FreePort = Callable[[], int]


@dataclass
class Daemon:
    """One running `portal radiusd`."""

    program: Program
    auth: tuple[str, int]
    acct: tuple[str, int]
    status: tuple[str, int]

    def get(self, path: str) -> tuple[int, str]:
        connection = HTTPConnection(*self.status, timeout=10)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def count(self, name: str, **labels: str) -> float:
        """A metric's value; 0 while it has none."""
        inner = ",".join(f'{key}="{labels[key]}"' for key in sorted(labels))
        full = f"portal_radius_{name}" + (f"{{{inner}}}" if labels else "")
        found = re.search(
            rf"^{re.escape(full)} (\S+)$", self.get("/metrics")[1], re.MULTILINE
        )
        return float(found[1]) if found else 0.0

    def is_healthy(self) -> bool:
        return self.get("/healthz")[0] == 200


@dataclass
class Installation:
    """A database with one branch, its NAS behind 127.0.0.1, and one plan."""

    services: Services
    environment: dict[str, str]
    settings: Settings
    directory: Path
    free_port: FreePort
    plan_id: int = 0
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def nas(self) -> Nas:
        return self.services.estate.access_servers()[0]

    def add_branch(
        self,
        code: str = "khorramabad",
        *,
        network: str = "127.0.0.1/32",
        identifier: str = "branch-1",
        secret: bytes = b"secret of the branch",
        dynauth_port: int = 3799,
        **client: Any,
    ) -> None:
        office = self.services.estate
        outcomes = (
            office.add_branch(
                code=code,
                name_fa="کتابخانه",
                name_en="Library",
                time_zone="Asia/Tehran",
                actor="test",
            ),
            office.add_client(
                NewClient(
                    name=code, network=ip_network(network), secret=secret, **client
                ),
                "test",
            ),
            office.add_nas(
                NewNas(
                    name=f"{code}-1",
                    branch=code,
                    client=code,
                    profile="coovachilli",
                    identifier=identifier,
                    address=None,
                    uam_server_url="http://127.0.0.1:8080/login",
                    uam_networks=(ip_network("10.91.0.0/24"),),
                    uam_port=3990,
                    uam_secret=None,
                    dynauth_address="127.0.0.1",
                    dynauth_port=dynauth_port,
                    dynauth_secret=None,
                    interim_interval=60,
                    line_rate=1_000_000_000,
                ),
                "test",
            ),
        )
        assert not any(isinstance(outcome, Refused) for outcome in outcomes), outcomes

    def add_plan(self, **limits: int) -> None:
        made = self.services.estate.add_plan(
            code=f"plan-{next(self._numbers)}",
            name_fa="عادی",
            name_en="Plain",
            limits=PlanLimits(**limits),
            actor="test",
        )
        assert not isinstance(made, Refused), made
        self.plan_id = made.plan_id

    def add_patron(self) -> int:
        number = next(self._numbers)
        values = {
            "id": number,
            "handle": f"p{number}",
            "home_branch_id": 1,
            "plan_id": self.plan_id,
            "created_at": self.services.clock(),
        }
        with self.services.store.write() as uow:
            uow.connection.execute(insert(tables.patron).values(values))
        return number

    def mint(self, patron_id: int, device: str = PHONE) -> Minted:
        claim = Claim(
            patron_id=patron_id,
            nas=self.nas,
            device=device,
            challenge=None,
            language="fa",
        )
        with self.services.store.write() as uow:
            minted = mint(uow, self.services.keys, claim, self.services.clock())
        assert isinstance(minted, Minted), minted
        return minted

    def rows(self, name: str) -> list[dict[str, Any]]:
        table = tables.metadata.tables[name]
        with self.services.store.read() as uow:
            query = select(table).order_by(*table.primary_key)
            return [dict(row) for row in uow.connection.execute(query).mappings()]

    def environment_with(self, **changes: str) -> dict[str, str]:
        return self.environment | {
            f"PORTAL_{name.upper()}": value for name, value in changes.items()
        }

    def launch(self, **changes: str) -> Daemon:
        """Start the process and do not wait for anything."""
        ports = {name: self.free_port() for name in ("auth", "acct", "status")}
        environment = self.environment_with(
            **{
                "radius_auth_port": str(ports["auth"]),
                "radius_acct_port": str(ports["acct"]),
                "radius_status_bind": f"127.0.0.1:{ports['status']}",
            }
            | changes
        )
        program = Program.start(
            [PORTAL, "radiusd"],
            log=self.directory / f"radiusd-{ports['auth']}.log",
            env=environment,
        )
        where = {name: ("127.0.0.1", port) for name, port in ports.items()}
        return Daemon(program, where["auth"], where["acct"], where["status"])

    @contextmanager
    def radiusd(self, **changes: str) -> Generator[Daemon]:
        """Run the daemon until the block ends."""
        daemon = self.launch(**changes)
        try:
            daemon.program.wait_for('"radiusd.started"', within=30)
            yield daemon
        finally:
            daemon.program.stop()


@contextmanager
def installation(
    database_url: str, directory: Path, free_port: FreePort, **changes: str
) -> Generator[Installation]:
    """An installation on a migrated database, with a key ring and nothing in it."""
    environment = {
        "PATH": "/usr/bin:/bin",
        "PORTAL_VAR_DIR": str(directory),
        "PORTAL_DATABASE_URL": database_url,
    } | {f"PORTAL_{name.upper()}": value for name, value in changes.items()}
    settings = load(environment)
    now: datetime = datetime.now().astimezone()
    assert create_keyring(settings.keyring, now)
    with build(settings) as services:
        yield Installation(services, environment, settings, directory, free_port)


class AccessServer:
    """The RADIUS client's socket of an access server on loopback."""

    def __init__(self, address: str = "127.0.0.1") -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, 0))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, datagram: bytes, to: tuple[str, int]) -> None:
        self.socket.sendto(datagram, to)

    def receive(self, within: float = 10.0) -> bytes:
        self.socket.settimeout(within)
        return self.socket.recv(4096)

    def ask(self, datagram: bytes, to: tuple[str, int], within: float = 10.0) -> Packet:
        self.send(datagram, to)
        return parse(self.receive(within))

    def receive_now(self, within: float = 0.1) -> bytes | None:
        try:
            return self.receive(within)
        except TimeoutError:
            return None

    def hears_nothing(self, within: float = 0.3) -> bool:
        return self.receive_now(within) is None

    def insist(
        self, datagram: bytes, to: tuple[str, int], within: float = 15.0
    ) -> Packet:
        """Send again every second until there is an answer, as an access server does."""

        def answer() -> Packet | None:
            try:
                return self.ask(datagram, to, within=1.0)
            except (TimeoutError, ConnectionError):
                return None

        return until(answer, what="an answer", within=within)
