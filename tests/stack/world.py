"""A small province in a fresh database, on a clock the test holds."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import insert, select

from portal.model.estate import Nas
from portal.model.outcome import Accept, Reject
from portal.model.session import AccessRequest, AccountingReport, Session, SessionRef
from portal.model.usage import Usage, day_of
from portal.nas.profiles import profiles
from portal.radius.codes import AcctStatusType
from portal.service.accounting import Accounting
from portal.service.admission import Claim, Minted, mint
from portal.service.authorize import Authorizer
from portal.service.enforcement import Enforcement
from portal.service.estate_view import EstateView
from portal.service.judge import Judge
from portal.service.keys import KeyRing
from portal.service.tickets import read_class
from portal.storage import schema, tables
from portal.storage.engine import SqlStore, open_store
from portal.storage.sessions import session_of

# A Saturday noon in Tehran (08:30 UTC), far from any midnight.
NOON = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
GB = 1_000_000_000


class TestClock:
    """A clock that moves when told."""

    __test__ = False

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def tick(self, seconds: float) -> datetime:
        self.now += timedelta(seconds=seconds)
        return self.now


@dataclass(slots=True)
class World:
    """Branches 1 and 2 with one NAS each, plans by code, and the use cases."""

    store: SqlStore
    clock: TestClock
    keys: KeyRing
    estate: EstateView
    judge: Judge
    authorizer: Authorizer
    accounting: Accounting
    enforcement: Enforcement
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def insert(self, table: str, **values: object) -> None:
        with self.store.write() as uow:
            uow.connection.execute(insert(tables.metadata.tables[table]), values)

    def add_plan(
        self,
        *,
        time: int | None = None,
        data: int | None = None,
        devices: int | None = None,
        longest: int | None = None,
    ) -> int:
        plan_id = next(self._numbers)
        self.insert(
            "plan",
            id=plan_id,
            code=f"plan-{plan_id}",
            name_fa="عادی",
            name_en="Plain",
            created_at=NOON,
        )
        self.insert(
            "plan_version",
            id=plan_id,
            plan_id=plan_id,
            version=1,
            created_at=NOON,
            time_per_day=time,
            data_per_day=data,
            devices=devices,
            longest_session=longest,
        )
        return plan_id

    def add_patron(self, plan_id: int, *, valid_until: datetime | None = None) -> int:
        patron_id = next(self._numbers)
        self.insert(
            "patron",
            id=patron_id,
            handle=f"p{patron_id}",
            home_branch_id=1,
            plan_id=plan_id,
            valid_until=valid_until,
            created_at=NOON,
        )
        return patron_id

    def nas(self, nas_id: int = 1) -> Nas:
        with self.store.read() as uow:
            return next(n for n in uow.estate.access_servers() if n.id == nas_id)

    def mint(self, patron_id: int, device: str, *, nas_id: int = 1) -> Minted:
        with self.store.write() as uow:
            outcome = mint(
                uow,
                self.keys,
                Claim(
                    patron_id=patron_id,
                    nas=self.nas(nas_id),
                    device=device,
                    challenge=f"{next(self._numbers):032x}",
                    language="fa",
                ),
                self.clock(),
            )
        assert isinstance(outcome, Minted), outcome
        return outcome

    def ask(
        self,
        ticket: Minted,
        device: str,
        number: str | None,
        *,
        nas_id: int = 1,
        chap: bool = True,
    ) -> Accept | Reject:
        request = access_request(
            ticket, device, number, nas_id=nas_id, chap=chap, now=self.clock()
        )
        return self.authorizer.decide([request])[0]

    def sign_in(
        self, patron_id: int, device: str, number: str, *, nas_id: int = 1
    ) -> Accept:
        ticket = self.mint(patron_id, device, nas_id=nas_id)
        answer = self.ask(ticket, device, number, nas_id=nas_id)
        assert isinstance(answer, Accept), answer
        return answer

    def open(
        self, patron_id: int, device: str, number: str, *, nas_id: int = 1
    ) -> SessionRef:
        """Sign in and send the Start."""
        accept = self.sign_in(patron_id, device, number, nas_id=nas_id)
        self.report(accept.session, device, number, nas_id=nas_id)
        return accept.session

    def report(
        self, ref: SessionRef | None, device: str, number: str, **told: Any
    ) -> None:
        """Book one record: `told` as for `record`."""
        self.accounting.book([self.record(ref, device, number, **told)])

    def record(
        self,
        ref: SessionRef | None,
        device: str,
        number: str,
        *,
        nas_id: int = 1,
        status: AcctStatusType = AcctStatusType.START,
        seconds: int = 0,
        down: int = 0,
        up: int = 0,
        cause: int | None = None,
        user_name: str = "",
        event_at: datetime | None = None,
    ) -> AccountingReport:
        """What an access server tells; `ref` is the session that its Class names."""
        return AccountingReport(
            nas_id=nas_id,
            status_type=status,
            acct_session_id=number,
            user_name=user_name,
            device=device,
            framed_ip=None,
            session=ref,
            false_class=False,
            session_time=seconds,
            downloaded=down,
            uploaded=up,
            event_at=event_at or self.clock(),
            received_at=self.clock(),
            terminate_cause=cause,
            extra=None,
            packet=b"",
        )

    def hear(self, seconds: int, *, nas_id: int = 1) -> None:
        """Let time go by while an access server is heard every half minute."""
        until = self.clock() + timedelta(seconds=seconds)
        while self.clock() < until:
            self.enforcement.heartbeat({nas_id: self.clock()})
            self.clock.tick(30)
        self.enforcement.heartbeat({nas_id: self.clock()})
        self.clock.tick(2)  # what is kept of access servers in memory is renewed

    def session(self, ref: SessionRef) -> Session:
        with self.store.read() as uow:
            return uow.ledger.sessions([ref])[ref]

    def days(self, patron_id: int) -> dict[str, Usage]:
        """Booked use by local day (ISO)."""
        with self.store.read() as uow:
            rows = uow.connection.execute(
                select(tables.usage_day).where(
                    tables.usage_day.c.patron_id == patron_id
                )
            )
            return {
                day_of(r.day).isoformat(): Usage(
                    r.session_time, r.downloaded, r.uploaded
                )
                for r in rows
            }

    def hours(self) -> dict[datetime, Usage]:
        """Booked use of all branches by hour."""
        hours: dict[datetime, Usage] = {}
        with self.store.read() as uow:
            for row in uow.connection.execute(select(tables.usage_hour)):
                usage = Usage(row.session_time, row.downloaded, row.uploaded)
                hours[row.hour_at] = hours.get(row.hour_at, Usage()) + usage
        return hours

    def requests(self) -> list[tuple[str, str, str]]:
        """(kind, reason, state) of every dynamic-authorization request."""
        table = tables.dynauth_request
        with self.store.read() as uow:
            rows = uow.connection.execute(select(table).order_by(table.c.id))
            return [(r.kind, r.reason, r.state) for r in rows]

    def sessions(self) -> list[Session]:
        with self.store.read() as uow:
            rows = uow.connection.execute(
                select(tables.session).order_by(tables.session.c.id)
            )
            return [session_of(r) for r in rows]

    def class_ref(self, accept: Accept) -> SessionRef | None:
        return read_class(self.keys, accept.class_value)


def access_request(
    ticket: Minted,
    device: str,
    number: str | None,
    *,
    now: datetime,
    nas_id: int = 1,
    chap: bool = True,
) -> AccessRequest:
    challenge = bytes(16)
    password = ticket.password.encode()
    response = hashlib.md5(b"\0" + password + challenge).digest()  # noqa: S324
    return AccessRequest(
        nas_id=nas_id,
        user_name=ticket.grant_id,
        password=None if chap else password,
        chap=(0, response, challenge) if chap else None,
        acct_session_id=number,
        device=device,
        framed_ip=None,
        received_at=now,
    )


def migrate(database_url: str) -> None:
    """Bring an empty database to the schema and let go of it."""
    store = open_store(database_url)
    try:
        with store.write() as uow:
            schema.upgrade(uow.connection, NOON)
    finally:
        store.dispose()


@contextmanager
def world(database_url: str) -> Iterator[World]:
    """Two branches in Tehran's zone, a client and a CoovaChilli for each.

    The database has the schema already.
    """
    store = open_store(database_url)
    clock = TestClock()
    try:
        yield _province(store, clock)
    finally:
        store.dispose()


def _province(store: SqlStore, clock: TestClock) -> World:
    keys = KeyRing({1: bytes(range(32))})
    estate = EstateView(profiles())
    judge = Judge(estate)
    made = World(
        store=store,
        clock=clock,
        keys=keys,
        estate=estate,
        judge=judge,
        authorizer=Authorizer(store=store, keys=keys, clock=clock, estate=estate),
        accounting=Accounting(store=store, clock=clock, estate=estate, judge=judge),
        enforcement=Enforcement(store=store, clock=clock, estate=estate, judge=judge),
    )
    for number in (1, 2):
        made.insert(
            "branch",
            id=number,
            code=f"b{number}",
            name_fa="شعبه",
            name_en="Branch",
            time_zone="Asia/Tehran",
            created_at=NOON,
        )
        made.insert(
            "radius_client",
            id=number,
            name=f"c{number}",
            network=f"127.0.0.{number}/32",
            require_message_authenticator=True,
            limit_proxy_state=False,
            is_proxy=False,
            enabled=True,
            created_at=NOON,
        )
        made.insert(
            "nas",
            id=number,
            branch_id=number,
            client_id=number,
            name=f"nas-{number}",
            profile="coovachilli",
            identifier=f"branch-{number}",
            uam_server_url="http://127.0.0.1:8080/login",
            uam_networks=f"127.{number}.0.0/16",
            uam_port=3990,
            dynauth_address=f"127.0.0.{number}",
            dynauth_port=3799,
            interim_interval=60,
            line_rate=1_000_000_000,
            enabled=True,
            created_at=NOON,
        )
    return made
