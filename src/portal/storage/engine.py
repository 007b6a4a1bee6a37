"""Opening a database: one code path for SQLite and PostgreSQL.

SQLite: WAL, synchronous=FULL, and every writing transaction begins IMMEDIATE, so that
the lock is taken before anything is decided. PostgreSQL: synchronous_commit on. What
was asked for is read back, because a server's configuration may say otherwise.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import uniform
from time import monotonic, sleep
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url

from portal.storage.errors import translated
from portal.storage.kept import Kept
from portal.storage.unit_of_work import SqlUnitOfWork

_BUSY_TIMEOUT_MS = 5_000
_OPTIONS = (
    "-c lock_timeout=5000 -c synchronous_commit=on"
    " -c idle_in_transaction_session_timeout=60000"
)
# Planning a statement over all partitions takes longer than running it: plan it once.
# The plan stays while tables grow, so it must go by an index however small they are.
_KEPT_PLANS = " -c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c jit=off"


class NotDurableError(Exception):
    """The database would acknowledge a commit before it is on disk."""

    def __init__(self, setting: str, value: str) -> None:
        super().__init__(f"{setting} is {value}")
        self.setting, self.value = setting, value


class SqlStore:
    """Units of work over one engine."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._kept = Kept()

    @contextmanager
    def write(self) -> Iterator[SqlUnitOfWork]:
        with self._begin(writing=True) as connection:
            uow = SqlUnitOfWork(connection, self._kept)
            yield uow
        uow.committed()

    @contextmanager
    def read(self) -> Iterator[SqlUnitOfWork]:
        with self._begin(writing=False) as connection:
            yield SqlUnitOfWork(connection, self._kept)

    @contextmanager
    def _begin(self, *, writing: bool) -> Iterator[Connection]:
        with translated(), self.engine.connect() as connection:
            # Read by the listener that begins SQLite's transactions.
            connection.execution_options(writing=writing)
            with connection.begin():
                yield connection

    def check_durability(self) -> str:
        """The setting that makes commits durable, read back; else NotDurableError."""
        with translated(), self.engine.connect() as connection:
            if self.engine.dialect.name == "sqlite":
                level = connection.exec_driver_sql("PRAGMA synchronous").scalar_one()
                if int(level) < 2:
                    raise NotDurableError("synchronous", str(level))
                return "synchronous=FULL"
            return _postgresql_durability(connection)

    def dispose(self) -> None:
        self.engine.dispose()


def _postgresql_durability(connection: Connection) -> str:
    for setting in ("synchronous_commit", "fsync"):
        value = connection.exec_driver_sql(f"SHOW {setting}").scalar_one()
        if value == "off" or (setting == "synchronous_commit" and value == "local"):
            raise NotDurableError(setting, str(value))
    return "synchronous_commit=on"


def open_store(url: str, *, pool_size: int = 8, keep_plans: bool = False) -> SqlStore:
    """A store for `sqlite:///...` or `postgresql://...`; connects on first use.

    `keep_plans` is for a process that runs the same few statements all the time, and
    tries a transaction again itself when its connection has gone.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return SqlStore(_sqlite(parsed, pool_size))
    return SqlStore(_postgresql(parsed, pool_size, keep_plans=keep_plans))


def _sqlite(url: URL, pool_size: int) -> Engine:
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        pool_size=pool_size,
        hide_parameters=True,  # an error's text may reach a log or a screen
        connect_args={
            "timeout": _BUSY_TIMEOUT_MS / 1000,
            "check_same_thread": False,
            "isolation_level": None,
        },
    )

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA cache_size=-32768")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if connection.get_execution_options().get("writing", False):
            _begin_immediate(connection)
        else:
            connection.exec_driver_sql("BEGIN")

    return engine


def _begin_immediate(connection: Connection) -> None:
    """Take the write lock, looking for it every millisecond.

    SQLite's own wait looks ever less often, in the end 100 ms apart, and misses the
    short gaps that a process leaves which writes all the time.
    """
    driver: Any = connection.connection.driver_connection
    until = monotonic() + _BUSY_TIMEOUT_MS / 1000
    driver.execute("PRAGMA busy_timeout=0")
    try:
        while not _locked(driver) and monotonic() < until:
            sleep(uniform(0.0003, 0.0015))
        if not driver.in_transaction:
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # says what is wrong
    finally:
        driver.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}")


def _locked(driver: Any) -> bool:
    """Whether the lock is taken now, or waiting for it makes no sense."""
    try:
        driver.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        return error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY
    return True


def _postgresql(url: URL, pool_size: int, *, keep_plans: bool) -> Engine:
    return create_engine(
        url,
        pool_size=pool_size,
        hide_parameters=True,  # an error's text may reach a log or a screen
        # Asks before each transaction whether the server is still there.
        pool_pre_ping=not keep_plans,
        connect_args={
            "connect_timeout": 3,
            # A server that vanishes without a word is noticed within seconds.
            "tcp_user_timeout": 10_000,
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            "options": _OPTIONS + (_KEPT_PLANS if keep_plans else ""),
        },
    )
