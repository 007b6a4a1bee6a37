"""A small province with desks: two branches, their staff, every use case of theirs.

The clock stands still until a test moves it; the database is a real one.
"""

import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

from flask import Flask
from werkzeug.serving import make_server

from portal.live.in_process import InProcessCounters
from portal.model.estate import Branch, Nas
from portal.model.patron import PatronCard
from portal.model.session import Session, SessionRef, SessionState
from portal.model.staff import Role, StaffMember
from portal.model.usage import Usage
from portal.nas.profiles import profiles
from portal.reports.usage import csv_file
from portal.service.audit_trail import AuditTrail
from portal.service.authorize import new_session_ref
from portal.service.desk import Desk
from portal.service.estate import EstateOffice
from portal.service.estate_view import EstateView
from portal.service.judge import Judge
from portal.service.keys import KeyRing
from portal.service.patron_page import PatronPages
from portal.service.people import NewPatron, People
from portal.service.pins import HashCost, PinHasher
from portal.service.staff_accounts import NewStaff, StaffAccounts
from portal.service.staff_sign_in import StaffSignIn
from portal.service.usage_log import UsageLog
from portal.storage.engine import SqlStore
from portal.storage.unit_of_work import SqlUnitOfWork
from portal.web.staff.app import StaffOptions, StaffServices, create_app
from tests.stack.ports import free_port

CHEAP = HashCost(memory=64, passes=1, lanes=1)
# 30 Aban 1405, 11:30 in Tehran.
NOON = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
PASSWORD = "correct horse"


@dataclass
class FakeClock:
    """A clock that stands still until it is told otherwise."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **amount: float) -> None:
        self.now += timedelta(**amount)


@dataclass
class Province:
    """What is set up, and every use case of the staff over it."""

    store: SqlStore
    directory: Path
    clock: FakeClock = field(default_factory=FakeClock)
    keys: KeyRing = field(default_factory=lambda: KeyRing({1: b"k" * 32}))

    def __post_init__(self) -> None:
        self.head_file = self.directory / "audit.head"
        self.hasher = PinHasher(self.keys, CHEAP)
        with self.store.write() as uow:
            self.khorramabad = self._branch(uow, "khorramabad", "خرم‌آباد")
            self.borujerd = self._branch(uow, "borujerd", "بروجرد")
            self.plan_id = uow.estate.add_plan(
                code="member", name_fa="عضو", name_en="Member", now=self.clock()
            )
            limits: Mapping[str, int | None] = {
                "time_per_day": 7200,
                "data_per_day": 2 * 10**9,
                "speed_down": None,
                "speed_up": None,
                "devices": 2,
                "idle_timeout": 600,
                "longest_session": None,
            }
            uow.estate.add_version(self.plan_id, 1, limits, self.clock())
            self.nas = {
                branch.id: self._nas(uow, branch, number)
                for number, branch in enumerate((self.khorramabad, self.borujerd), 2)
            }
        self._use_cases()
        self.desk_here = self._staff("desk", "میز خرم‌آباد", "khorramabad")
        self.desk_there = self._staff("other", "میز بروجرد", "borujerd")
        self.administrator = self._staff("admin", "ستاد", None)

    def _use_cases(self) -> None:
        parts = {"store": self.store, "keys": self.keys, "clock": self.clock}
        self.accounts = StaffAccounts(**parts, hasher=self.hasher)  # type: ignore[arg-type]
        self.counters = InProcessCounters()
        self.sign_in = StaffSignIn(
            **parts,  # type: ignore[arg-type]
            hasher=self.hasher,
            counters=self.counters,
        )
        self.people = People(**parts, hasher=self.hasher)  # type: ignore[arg-type]
        self.judge = Judge(EstateView(profiles()))
        self.desk = Desk(**parts, judge=self.judge)  # type: ignore[arg-type]
        self.pages = PatronPages(**parts)  # type: ignore[arg-type]
        self.usage_log = UsageLog(**parts, csv=csv_file)  # type: ignore[arg-type]
        self.audit = AuditTrail(**parts, head_file=self.head_file)  # type: ignore[arg-type]

    def _branch(self, uow: SqlUnitOfWork, code: str, name: str) -> Branch:
        return uow.estate.add_branch(
            code=code,
            name_fa=name,
            name_en=code.title(),
            time_zone="Asia/Tehran",
            now=self.clock(),
        )

    def _nas(self, uow: SqlUnitOfWork, branch: Branch, number: int) -> Nas:
        address = f"127.0.0.{number}"
        client_id = uow.estate.add_client(
            name=branch.code,
            network=ip_network(f"{address}/32"),
            require_message_authenticator=True,
            limit_proxy_state=False,
            is_proxy=False,
            now=self.clock(),
        )
        new = Nas(
            id=0,
            branch_id=branch.id,
            client_id=client_id,
            name=f"{branch.code}-1",
            profile="coovachilli",
            identifier=branch.code,
            address=None,
            uam_server_url="http://127.0.0.1:8080/login",
            uam_networks=(ip_network("127.0.0.0/8"),),
            uam_port=3990,
            uam_secret_sealed=None,
            dynauth_address=address,
            dynauth_port=3799,
            dynauth_secret_sealed=None,
            interim_interval=300,
            line_rate=10**9,
        )
        nas_id = uow.estate.add_nas(new, self.clock())
        return next(n for n in uow.estate.access_servers() if n.id == nas_id)

    def _staff(self, username: str, name: str, branch: str | None) -> StaffMember:
        role = Role.ADMINISTRATOR if branch is None else Role.DESK
        added = self.accounts.add(
            NewStaff(
                username=username,
                name=name,
                role=role,
                branch=branch,
                password=PASSWORD,
            ),
            actor="console",
        )
        assert isinstance(added, StaffMember)
        return added

    def add_patron(
        self,
        name: str = "زهرا موسوی",
        card: str = "00012345",
        *,
        branch: str = "khorramabad",
        **more: object,
    ) -> PatronCard:
        new = NewPatron(name=name, card=card, branch=branch, plan="member", **more)  # type: ignore[arg-type]
        added = self.people.add(new, actor="console")
        assert isinstance(added, PatronCard), added
        return added

    def add_session(
        self,
        card: PatronCard | None,
        branch: Branch | None = None,
        *,
        state: SessionState = SessionState.OPEN,
        ago: timedelta = timedelta(minutes=10),
        usage: Usage | None = None,
        device: str = "02-00-00-00-00-01",
    ) -> Session:
        at = branch or self.khorramabad
        began = self.clock() - ago
        used = usage or Usage(int(ago.total_seconds()), 5_000_000, 1_000_000)
        ref = new_session_ref(began)
        session = Session(
            ref=ref,
            branch_id=at.id,
            nas_id=self.nas[at.id].id,
            patron_id=card.patron.id if card else None,
            plan_version_id=None,
            grant_id=None,
            user_name=f"grant-{ref.id}",
            acct_session_id=f"{ref.id:x}",
            device=device,
            framed_ip="10.0.0.7",
            state=state,
            accepted_at=began,
            started_at=began,
            heard_at=self.clock(),
            ended_at=None if state.live else self.clock(),
            terminate_cause=None if state.live else 1,
            point_at=self.clock(),
            usage=used,
        )
        with self.store.write() as uow:
            uow.ledger.save([session])
            if card is not None:
                day = (self.clock() + timedelta(hours=3, minutes=30)).date()
                uow.ledger.book_days({(card.patron.id, day): used})
        return session

    def session(self, ref: SessionRef) -> Session:
        with self.store.read() as uow:
            return uow.ledger.sessions([ref])[ref]

    def requests(self, ref: SessionRef) -> list[tuple[str, str, str]]:
        """Kind, reason and state of a session's dynamic-authorization requests."""
        with self.store.read() as uow:
            steps = uow.usage_log.proof([ref]).get(ref, [])
        return [(step.kind, step.reason, step.state) for step in steps]

    def actions(self) -> list[tuple[str, str, str]]:
        """Actor, action and subject of every audit entry, oldest first."""
        with self.store.read() as uow:
            return [(e.actor, e.action, e.subject) for e in uow.audit.after(0, 10_000)]


def staff_app(province: Province, url: str = "http://localhost") -> Flask:
    services = StaffServices(
        keys=province.keys,
        clock=province.clock,
        sign_in=province.sign_in,
        accounts=province.accounts,
        people=province.people,
        pages=province.pages,
        desk=province.desk,
        usage_log=province.usage_log,
        audit=province.audit,
        estate=EstateOffice(
            store=province.store,
            keys=province.keys,
            clock=province.clock,
            profiles=profiles().keys(),
        ),
    )
    return create_app(StaffOptions(staff_url=url), services)


@contextmanager
def served(province: Province) -> Generator[str]:
    """Serve the staff pages on a socket; their address."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    server = make_server("127.0.0.1", port, staff_app(province, url), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield url
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()
