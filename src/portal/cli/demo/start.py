"""From settings to running processes: lock, ports, schema, data, children."""

import asyncio
import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from portal.bootstrap import build, upgrade
from portal.bootstrap.ports import Listening, PortTakenError, require_free
from portal.cli.demo.accounts import (
    Accounts,
    new_accounts,
    read_accounts,
    write_accounts,
)
from portal.cli.demo.box import box
from portal.cli.demo.filling import fill, simulated_branches
from portal.cli.demo.people import BRANCHES
from portal.cli.demo.processes import GivenUpError, Program, run
from portal.cli.frame import CannotStart, Failure
from portal.cli.opening import explained, settings
from portal.config import Endpoint, Settings

_LONGEST_LOG = 20_000_000


def start() -> None:
    """Run until told to stop, or until something does not work."""
    chosen = settings()
    chosen.var_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(chosen.var_dir / "demo.lock"):
        try:
            require_free(_addresses(chosen))
        except PortTakenError as error:
            raise CannotStart(str(error)) from error
        file = chosen.var_dir / "demo.json"
        with explained():
            upgrade(chosen)
            accounts, branches = _prepared(chosen, file)
        _run(chosen, _programs(chosen, branches), box(chosen, accounts, file))


def _prepared(chosen: Settings, file: Path) -> tuple[Accounts | None, list[object]]:
    """The accounts (None: not a demo's database) and what the simulator simulates."""
    accounts = read_accounts(file)
    with build(chosen) as services:
        is_empty = not services.estate.branches()
        if is_empty or (accounts is not None and not accounts.filled):
            click.echo("demo: writing the demo data ...")
            accounts = accounts or new_accounts()
            # First the passwords: what is interrupted now can be taken up again.
            write_accounts(file, Accounts(staff=accounts.staff, filled=False))
            fill(services, accounts)
            write_accounts(file, Accounts(staff=accounts.staff, filled=True))
        return accounts, list(simulated_branches(services))


def _run(chosen: Settings, programs: list[Program], text: str) -> None:
    folder = chosen.var_dir / "log"
    folder.mkdir(mode=0o700, exist_ok=True)
    log = folder / "demo.log"
    if log.exists() and log.stat().st_size > _LONGEST_LOG:
        log.replace(folder / "demo.log.1")
    with log.open("a", encoding="utf-8", buffering=1) as kept:

        def show(name: str, line: str) -> None:
            joined = f"{name:<8} | {line}"
            kept.write(f"{joined}\n")
            click.echo(joined)

        try:
            asyncio.run(run(programs, show, lambda: click.echo(text)))
        except GivenUpError as error:
            raise Failure(f"{error} (the log is {log})") from error


def _programs(chosen: Settings, branches: list[object]) -> list[Program]:
    """The children; the access servers last, since they end first."""
    programs = [
        Program(
            name="captive",
            arguments=("web", "captive"),
            asked=chosen.captive_status_bind,
        ),
        Program(
            name="staff", arguments=("web", "staff"), asked=chosen.staff_status_bind
        ),
        Program(
            name="radiusd", arguments=("radiusd",), asked=chosen.radius_status_bind
        ),
        Program(name="worker", arguments=("worker",), asked=chosen.worker_status_bind),
    ]
    if branches:
        options = {"branches": branches, "staff_url": f"{chosen.staff_url}/"}
        programs.append(
            Program(
                name="nas-sim",
                arguments=("nas-sim", "--options", "-"),
                asked=chosen.sim_bind,
                path="/",
                # Not in a file and not in an argument: these are secrets.
                stdin=json.dumps(options).encode(),
            )
        )
    return programs


def _addresses(chosen: Settings) -> list[Listening]:
    """Everything that will be listened on."""
    radius = chosen.radius_bind
    page = chosen.sim_bind
    found = [
        Listening("PORTAL_CAPTIVE_BIND", chosen.captive_bind),
        Listening("PORTAL_CAPTIVE_STATUS_BIND", chosen.captive_status_bind),
        Listening("PORTAL_STAFF_BIND", chosen.staff_bind),
        Listening("PORTAL_STAFF_STATUS_BIND", chosen.staff_status_bind),
        Listening("PORTAL_RADIUS_STATUS_BIND", chosen.radius_status_bind),
        Listening("PORTAL_WORKER_STATUS_BIND", chosen.worker_status_bind),
        Listening("PORTAL_SIM_BIND", page),
    ]
    for setting, port in (
        ("PORTAL_RADIUS_AUTH_PORT", chosen.radius_auth_port),
        ("PORTAL_RADIUS_ACCT_PORT", chosen.radius_acct_port),
    ):
        found.append(Listening(setting, Endpoint(radius, port), udp=True))
    for octet in (branch.octet for branch in BRANCHES):
        device = Endpoint(f"127.{octet}.0.1", page.port)
        taken = Endpoint(f"127.0.0.{octet}", chosen.sim_dynauth_port)
        found.append(Listening("PORTAL_SIM_BIND", device))
        found.append(Listening("PORTAL_SIM_DYNAUTH_PORT", taken, udp=True))
    return found


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Hold the folder's lock; the kernel gives it back whatever happens."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            number = os.read(descriptor, 20).decode(errors="replace").strip()
            raise CannotStart(
                f"PORTAL_VAR_DIR: a demo is running in {file.parent} (process {number})"
            ) from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(descriptor)
