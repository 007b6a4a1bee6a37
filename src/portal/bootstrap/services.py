"""What every process shares: the store, the keys, the clock, the estate."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from portal.bootstrap.clock import clock_of
from portal.bootstrap.keyring import create_keyring, load_keyring
from portal.config import SecretUrl, Settings
from portal.nas.profiles import profiles
from portal.service.estate import EstateOffice
from portal.service.estate_view import EstateView
from portal.service.judge import Judge
from portal.service.keys import KeyRing
from portal.service.pins import HashCost, PinHasher
from portal.service.ports import (
    Clock,
    NasProfile,
    StoreBusyError,
    StoreUnavailableError,
)
from portal.storage import schema
from portal.storage.engine import SqlStore, open_store

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Stores and use cases, connected."""

    settings: Settings
    clock: Clock
    keys: KeyRing
    hasher: PinHasher
    store: SqlStore
    profiles: Mapping[str, NasProfile]
    estate_view: EstateView
    judge: Judge
    estate: EstateOffice

    @property
    def audit_head(self) -> Path:
        """Where the head of the audit chain is kept, outside the database."""
        return self.settings.var_dir / "audit-head"

    def healthy(self) -> bool:
        """Whether the database answers and has this program's schema."""
        try:
            with self.store.read() as uow:
                return schema.state(uow.connection).up_to_date
        except (StoreUnavailableError, StoreBusyError):
            return False


@contextmanager
def build(settings: Settings) -> Iterator[Services]:
    """Everything connected, until the block ends.

    Raises KeyringError, SchemaMismatchError, StoreUnavailableError or StoreBusyError:
    nothing that is built here works with a schema of another version.
    """
    with connect(settings) as services:
        with services.store.read() as uow:
            schema.require_head(uow.connection)
        yield services


def require_startable(settings: Settings) -> None:
    """Raise KeyringError or SchemaMismatchError where no process can work.

    A database that is away is no reason: it may come back.
    """
    try:
        with build(settings):
            return
    except (StoreUnavailableError, StoreBusyError):
        log.warning("database.away")


@contextmanager
def connect(settings: Settings, *, keep_plans: bool = False) -> Iterator[Services]:
    """The same without a look at the database, which may be away.

    `keep_plans` as in `open_store`.
    """
    keys = load_keyring(settings.keyring)
    clock = clock_of(settings)
    store = open_store(settings.database_url.reveal(), keep_plans=keep_plans)
    known = profiles()
    view = EstateView(known)
    try:
        yield Services(
            settings=settings,
            clock=clock,
            keys=keys,
            hasher=PinHasher(keys, _cost(settings)),
            store=store,
            profiles=known,
            estate_view=view,
            judge=Judge(view),
            estate=EstateOffice(
                store=store, keys=keys, clock=clock, profiles=known.keys()
            ),
        )
    finally:
        store.dispose()


def _cost(settings: Settings) -> HashCost:
    return HashCost(
        memory=settings.argon2_memory,
        passes=settings.argon2_time,
        lanes=settings.argon2_lanes,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Upgraded:
    """What `upgrade` found and did."""

    database: SecretUrl
    before: str | None
    now: str
    keyring_created: bool


def upgrade(settings: Settings) -> Upgraded:
    """Take the database to this program's schema; an empty one gets a key ring too.

    Raises SchemaMismatchError for a database that is newer than this program. A ring
    is never made beside a database that has sealed values: they need the lost one.
    """
    clock = clock_of(settings)
    settings.var_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    store = open_store(settings.database_url.reveal())
    try:
        with store.write() as uow:
            before = schema.upgrade(uow.connection, clock())
    finally:
        store.dispose()
    created = before.current is None and create_keyring(settings.keyring, clock())
    return Upgraded(
        database=settings.database_url,
        before=before.current,
        now=before.head,
        keyring_created=created,
    )
