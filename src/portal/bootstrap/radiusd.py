"""radiusd connected: what it is given, from the settings."""

import socket
from functools import partial
from pathlib import Path

from portal.bootstrap.services import Services, connect
from portal.config import Settings
from portal.radiusd.options import Backend, Options
from portal.radiusd.server import run
from portal.service.accounting import Accounting
from portal.service.authorize import Authorizer
from portal.service.enforcement import Enforcement
from portal.service.secrets import SecretKind, open_secret
from portal.service.tickets import ClassReader
from portal.storage import schema
from portal.storage.engine import NotDurableError, SqlStore

# SQLite's busy wait is unfair: without a pause between two transactions of ours, the
# web processes hardly ever get the write lock.
_SQLITE_PAUSE = 0.001
# SQLite's one lock keeps everybody waiting; PostgreSQL's only those who want the very
# same patrons, and a round trip costs as much for two requests as for two hundred.
_SQLITE_BATCH, _POSTGRESQL_BATCH = 0.015, 0.1


def run_radiusd(settings: Settings) -> int:
    """Serve until told to stop; the exit code. Raises KeyringError.

    A database that is away delays, one that must not be written to refuses the start.
    """
    with connect(settings, keep_plans=True) as services:
        return run(_options(settings), _backend(services))


def _options(settings: Settings) -> Options:
    file = settings.database_file
    return Options(
        bind=settings.radius_bind,
        auth_port=settings.radius_auth_port,
        acct_port=settings.radius_acct_port,
        status_host=settings.radius_status_bind.host,
        status_port=settings.radius_status_bind.port,
        # The lock lies beside the file: whatever path leads there, it is one lock.
        lock_file=None if file is None else Path(f"{file.resolve()}.radiusd"),
        pause=0.0 if file is None else _SQLITE_PAUSE,
        batch_seconds=_POSTGRESQL_BATCH if file is None else _SQLITE_BATCH,
        reply_lifetime=float(settings.reply_cache),
    )


def _backend(services: Services) -> Backend:
    store, clock = services.store, services.clock
    view, judge = services.estate_view, services.judge
    bind, port = services.settings.radius_bind, services.settings.radius_auth_port
    return Backend(
        store=store,
        authorizer=Authorizer(
            store=store, keys=services.keys, clock=clock, estate=view
        ),
        accounting=Accounting(store=store, clock=clock, estate=view, judge=judge),
        enforcement=Enforcement(
            store=store,
            clock=clock,
            estate=view,
            judge=judge,
            process="radiusd",
            instance=f"{socket.gethostname()} {bind}:{port}",
        ),
        profiles=services.profiles,
        clock=clock,
        open_secret=partial(open_secret, services.keys, SecretKind.RADIUS),
        read_class=ClassReader(services.keys),
        refusal=partial(_refusal, store),
    )


def _refusal(store: SqlStore) -> str | None:
    """Why this database must not be written to, in one line."""
    try:
        with store.read() as uow:
            schema.require_head(uow.connection)
        store.check_durability()
    except schema.SchemaMismatchError as error:
        return str(error)
    except NotDurableError as error:
        return f"the database would acknowledge what is not on disk yet: {error}"
    return None
