"""A private PostgreSQL cluster: durable as in a library, gone when the tests end."""

import itertools
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import psycopg
from psycopg import sql

from tests.stack.ports import free_port
from tests.stack.process import Program, found, known_user
from tests.stack.wait import until

# Debian's own before whatever else the PATH may hold.
PLACES = ("/usr/lib/postgresql/*/bin",)
# PostgreSQL refuses root; Debian's package makes the first user.
USERS = ("postgres", "nobody")

SETTINGS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "max_connections": "200",
    "shared_buffers": "64MB",
    # Nothing may depend on the server's idea of local time: give it an unusual one.
    "timezone": "Asia/Kathmandu",
    "log_min_messages": "warning",
}


@dataclass
class Cluster:
    """A running cluster that makes and drops databases."""

    port: int
    directory: Path
    program: Program
    _launch: Callable[[], Program]
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def url(self, database: str) -> str:
        return f"postgresql://portal@127.0.0.1:{self.port}/{database}"

    @contextmanager
    def database(self, template: str = "template0") -> Generator[str]:
        """Give the URL of a database of one's own: empty, or a copy of `template`."""
        name = f"portal_{next(self._numbers)}"
        self._run("CREATE DATABASE {} TEMPLATE {}", name, template)
        try:
            yield self.url(name)
        finally:
            self._run("DROP DATABASE {} WITH (FORCE)", name)

    def crash(self) -> None:
        """End it without a goodbye: nobody is waited for, nothing is written out."""
        self.program.stop(with_signal=signal.SIGQUIT)

    def start(self) -> None:
        """Start it again; it answers when this returns."""
        self.program = self._launch()

    def _run(self, statement: str, *names: str) -> None:
        identifiers = [sql.Identifier(name) for name in names]
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*identifiers))


def missing() -> str | None:
    """Say what is missing to start a cluster, or None."""
    return None if found("postgres", *PLACES) else "PostgreSQL (apt: postgresql)"


@contextmanager
def cluster(**changes: str) -> Generator[Cluster]:
    """Make a cluster, start it on loopback, and remove it afterwards.

    `changes` are settings of the server.
    """
    postgres = found("postgres", *PLACES)
    assert postgres is not None, missing()
    user = known_user(*USERS)
    # Not below pytest's own directory: that one is closed to the other user.
    directory = Path(tempfile.mkdtemp(prefix="portal-postgresql-", dir="/tmp"))
    try:
        if os.geteuid() == 0:
            shutil.chown(directory, user)
        _make(postgres.with_name("initdb"), directory, user)
        port = free_port()
        launch = partial(_start, postgres, directory, user, port, changes)
        running = Cluster(port, directory, launch(), launch)
        try:
            yield running
        finally:
            running.program.stop(with_signal=signal.SIGINT)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _make(initdb: Path, directory: Path, user: str) -> None:
    options = {
        "--pgdata": str(directory / "data"),
        "--username": "portal",
        "--auth": "trust",
        "--encoding": "UTF8",
        "--locale": "C.UTF-8",
    }
    command = [str(initdb), "--no-sync"]
    command += [f"{name}={value}" for name, value in options.items()]
    program = Program.start(
        command, log=directory / "initdb.log", user=user, cwd=Path("/")
    )
    assert program.wait(within=60) == 0, program.output


def _start(
    postgres: Path, directory: Path, user: str, port: int, changes: Mapping[str, str]
) -> Program:
    options = SETTINGS | {
        "port": str(port),
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": str(directory),
        **changes,
    }
    command = [str(postgres), "-D", str(directory / "data")]
    for name, value in options.items():
        command += ["-c", f"{name}={value}"]
    # SIGINT is the fast shutdown; SIGTERM would wait for its clients.
    program = Program.start(
        command, log=directory / "log", user=user, cwd=Path("/"), if_orphaned="INT"
    )
    until(lambda: _answers(program, port), what="PostgreSQL answers", within=30)
    return program


def _answers(program: Program, port: int) -> bool:
    program.fail_if_gone()
    try:
        psycopg.connect(
            f"postgresql://portal@127.0.0.1:{port}/postgres", connect_timeout=5
        ).close()
    except psycopg.OperationalError:
        return False
    return True
