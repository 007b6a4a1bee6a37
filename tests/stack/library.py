"""A library with a captive portal: patrons with PINs, an access server, the pages.

The access server speaks CoovaChilli's half of the exchange for one device, without
sockets: it signs redirects, checks the CHAP answer as a NAS and RADIUS would, and opens
the session in the ledger.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from flask import Flask
from sqlalchemy import select, update

from portal.directory.local import LocalDirectory
from portal.gateway.redirect import Failure, Redirect, Result, redirect_url
from portal.live.in_process import InProcessCounters, InProcessNotes, InProcessSlots
from portal.model.identifiers import (
    CardNumber,
    IdentifierKind,
    MobileNumber,
    NationalId,
)
from portal.model.outcome import Accept
from portal.model.session import AccessRequest, SessionRef
from portal.nas.uam import Uam
from portal.radius.codes import AcctStatusType
from portal.service import lookup
from portal.service.arrival import Arrivals
from portal.service.credentials import Slots
from portal.service.notes import Memory
from portal.service.pins import HashCost, PinHasher
from portal.service.secrets import SecretKind, seal_secret
from portal.service.sign_in import SignIn, SignInStore
from portal.service.throttle import Throttle
from portal.service.visit import Visits
from portal.storage import tables
from portal.web.captive.app import create_app
from portal.web.captive.services import CaptiveOptions, CaptiveServices
from tests.stack.world import World

UAM_SECRET = b"uam secret of branch one"
CHEAP = HashCost(memory=64, passes=1, lanes=1)
PHONE = "02-4C-52-00-00-01"
LAPTOP = "02-4C-52-00-00-02"

_PARSERS: dict[
    IdentifierKind, type[CardNumber] | type[NationalId] | type[MobileNumber]
] = {
    IdentifierKind.CARD: CardNumber,
    IdentifierKind.NATIONAL_ID: NationalId,
    IdentifierKind.PHONE: MobileNumber,
}


class CountingHasher(PinHasher):
    """Counts what it computes: an attempt's cost must tell nothing."""

    computed = 0

    def verify(self, stored: str | None, secret: str) -> bool:
        self.computed += 1
        return super().verify(stored, secret)


@dataclass
class Library:
    """Branch 1 of a world with its captive portal."""

    world: World
    public_url: str = "http://127.0.0.1:8080"
    slots: Slots = field(default_factory=lambda: InProcessSlots(2, 8))
    store: SignInStore | None = None  # instead of the world's
    hasher: CountingHasher = field(init=False)
    services: CaptiveServices = field(init=False)
    app: Flask = field(init=False)

    def __post_init__(self) -> None:
        world = self.world
        self.hasher = CountingHasher(world.keys, CHEAP)
        sealed = seal_secret(world.keys, SecretKind.UAM, UAM_SECRET)
        self.change_nas(
            uam_secret_sealed=sealed, uam_server_url=f"{self.public_url}/login"
        )
        with world.store.write() as uow:
            named = {"name_fa": "کتابخانهٔ مرکزی خرم‌آباد"}
            named |= {"name_en": "Khorramabad Central Library"}
            uow.connection.execute(update(tables.branch).values(named))
        self.services = self._services()
        self.app = create_app(CaptiveOptions(public_url=self.public_url), self.services)

    def _services(self) -> CaptiveServices:
        store = self.store or self.world.store
        keys, clock = self.world.keys, self.world.clock
        memory = Memory(notes=InProcessNotes(), keys=keys)
        source = LocalDirectory(
            store=store, keys=keys, hasher=self.hasher, slots=self.slots, queue=0.05
        )
        return CaptiveServices(
            keys=keys,
            clock=clock,
            memory=memory,
            arrivals=Arrivals(
                store=store,
                keys=keys,
                dialects={"coovachilli": Uam()},
                memory=memory,
                clock=clock,
            ),
            sign_in=SignIn(
                store=store,
                keys=keys,
                clock=clock,
                source=source,
                throttle=Throttle(counters=InProcessCounters(), keys=keys),
            ),
            visits=Visits(store=store, keys=keys, judge=self.world.judge, clock=clock),
        )

    def change_nas(self, nas_id: int = 1, **values: object) -> None:
        table = tables.nas
        with self.world.store.write() as uow:
            chosen = update(table).where(table.c.id == nas_id).values(values)
            uow.connection.execute(chosen)

    def change_patron(self, patron_id: int, **values: object) -> None:
        table = tables.patron
        with self.world.store.write() as uow:
            chosen = update(table).where(table.c.id == patron_id).values(values)
            uow.connection.execute(chosen)

    def add_member(
        self,
        pin: str = "4321",
        *,
        plan: int | None = None,
        card: str | None = None,
        national_id: str | None = None,
        phone: str | None = None,
    ) -> int:
        """A patron with numbers and a PIN; an hour and a gigabyte a day."""
        if plan is None:
            plan = self.world.add_plan(time=3600, data=10**9, devices=2)
        patron_id = self.world.add_patron(plan)
        self.change_patron(patron_id, pin_hash=self.hasher.hash(pin))
        given = {
            IdentifierKind.CARD: card,
            IdentifierKind.NATIONAL_ID: national_id,
            IdentifierKind.PHONE: phone,
        }
        for kind, typed in given.items():
            if typed is not None:
                self._add_number(patron_id, kind, typed)
        return patron_id

    def _add_number(self, patron_id: int, kind: IdentifierKind, typed: str) -> None:
        number = _PARSERS[kind].parse(typed)
        keys = self.world.keys
        self.world.insert(
            "patron_identifier",
            patron_id=patron_id,
            kind=kind.value,
            key_id=keys.current,
            digest=lookup.digest(keys, kind, number.value),
            sealed=lookup.seal(keys, patron_id, kind, number.value),
            last4=number.last4,
        )

    def pin_hash(self, patron_id: int) -> str:
        table = tables.patron
        with self.world.store.read() as uow:
            found = uow.connection.execute(
                select(table.c.pin_hash).where(table.c.id == patron_id)
            )
            return str(found.scalar_one())

    def attempts(self) -> list[Mapping[str, object]]:
        table = tables.sign_in_attempt
        with self.world.store.read() as uow:
            rows = uow.connection.execute(select(table).order_by(table.c.id))
            return [dict(row) for row in rows.mappings()]

    def access_server(
        self, device: str = PHONE, address: str = "127.1.0.1"
    ) -> "Chilli":
        return Chilli(self, device, address)


@dataclass
class Chilli:
    """CoovaChilli before one device."""

    library: Library
    device: str
    address: str
    user_url: str = ""
    sends_start: bool = True
    challenge: bytes = bytes(range(16))
    number: int = 1
    ref: SessionRef | None = None
    user_name: str = ""

    @property
    def session_id(self) -> str:
        return f"17952949{self.number:08d}"

    @property
    def origin(self) -> str:
        return f"http://{self.address}:{self.library.world.nas().uam_port}"

    def redirect(self, result: Result, **fields: object) -> str:
        """The signed address of the portal to which the browser is sent."""
        nas = self.library.world.nas()
        given: dict[str, object] = {
            "result": result,
            "uam_address": self.address,
            "uam_port": nas.uam_port,
            "called_station": "02-4C-52-00-00-FE",
            "device": self.device,
            "device_address": "10.91.0.2",
            "nas_identifier": nas.identifier,
            "session_id": self.session_id,
            "user_url": self.user_url,
        }
        return redirect_url(
            nas.uam_server_url,
            Redirect(**(given | fields)),  # type: ignore[arg-type]
            UAM_SECRET,
        )

    def not_yet(self) -> str:
        return self.redirect(Result.NOT_YET, challenge=self.challenge)

    def new_challenge(self) -> None:
        self.challenge = hashlib.sha256(self.challenge).digest()[:16]

    def prelogin(self) -> str:
        return self.redirect(Result.ALREADY) if self.ref else self.not_yet()

    def status(self) -> str:
        if self.ref is None:
            return self.not_yet()
        return self.redirect(Result.ALREADY, user_name=self.user_name)

    def logon(self, url: str) -> str:
        """What a GET of this address is answered with."""
        if self.ref is not None:
            return self.redirect(Result.ALREADY)
        asked = parse_qs(urlsplit(url).query)
        user_name = asked["username"][0]
        mixed = hashlib.md5(self.challenge + UAM_SECRET).digest()  # noqa: S324
        request = AccessRequest(
            nas_id=1,
            user_name=user_name,
            password=None,
            chap=(0, bytes.fromhex(asked["response"][0]), mixed),
            acct_session_id=self.session_id,
            device=self.device,
            framed_ip="10.91.0.2",
            received_at=self.library.world.clock(),
        )
        answer = self.library.world.authorizer.decide([request])[0]
        if not isinstance(answer, Accept):
            self.new_challenge()
            failed = self.redirect(
                Result.FAILED, failure=Failure.REJECT, challenge=self.challenge
            )
            self.number += 1
            return failed
        self.ref, self.user_name = answer.session, user_name
        if self.sends_start:
            self.library.world.report(self.ref, self.device, self.session_id)
        return self.redirect(
            Result.SUCCESS, user_name=user_name, time_left=answer.limits.timeout or 0
        )

    def logoff(self) -> str:
        self.stop()
        self.new_challenge()
        gone = self.redirect(Result.LOGOFF, challenge=self.challenge)
        self.number += 1
        return gone

    def stop(self, *, seconds: int = 60, down: int = 0, up: int = 0) -> None:
        """The session ends here, and the centre is told."""
        if self.ref is not None:
            self.library.world.report(
                self.ref,
                self.device,
                self.session_id,
                status=AcctStatusType.STOP,
                seconds=seconds,
                down=down,
                up=up,
                cause=1,
            )
        self.ref = None

    def use(self, *, seconds: int, down: int = 0, up: int = 0) -> None:
        """An Interim-Update."""
        self.library.world.report(
            self.ref,
            self.device,
            self.session_id,
            status=AcctStatusType.INTERIM_UPDATE,
            seconds=seconds,
            down=down,
            up=up,
        )
