"""`portal nas-sim`: simulated branches with their access servers and devices."""

import json
import sys
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import click

from portal.cli.frame import Failure
from portal.cli.opening import settings


@click.command()
@click.option(
    "--options",
    "file",
    metavar="FILE",
    help="JSON object with a list `branches`; - for stdin.",
)
@click.option(
    "--branch",
    "branches",
    multiple=True,
    metavar="NAME=VALUE,...",
    help="A branch: name=, address=, uam_server=, radius_secret_file=, "
    "uam_secret_file=, and what else a branch may have. May be repeated.",
)
@click.option("--quirks", help="How the access servers behave, such as chilli-1.9.")
@click.option("--ignore", help="Limits they ignore: session-timeout,octets.")
def command(
    file: str | None, branches: tuple[str, ...], quirks: str | None, ignore: str | None
) -> None:
    """Simulate branches until SIGTERM. A secret comes from a file."""
    chosen = settings()
    from portal.bootstrap import clock_of  # noqa: PLC0415 - for a quick start
    from portal.bootstrap.logs import set_up_logs  # noqa: PLC0415
    from portal.gateway import sim  # noqa: PLC0415

    defaults = {
        "page_address": chosen.sim_bind.host,
        "page_port": chosen.sim_bind.port,
        "uam_port": chosen.sim_bind.port,
        "radius_address": reachable(chosen.radius_bind),
        "auth_port": chosen.radius_auth_port,
        "acct_port": chosen.radius_acct_port,
        "dynauth_port": chosen.sim_dynauth_port,
    }
    given = {"quirks": quirks, "ignore": ignore}
    mapping = defaults | _read(file) | {k: v for k, v in given.items() if v is not None}
    set_up_logs(chosen, "nas-sim")
    try:
        parsed = [sim.parse_branch(text, _line) for text in branches]
        mapping["branches"] = _branches(mapping) + parsed
        sim.run(sim.sim_options(mapping, clock_of(chosen)))
    except sim.BadOptionError as error:
        raise Failure(str(error)) from error
    except OSError as error:
        raise Failure(f"PORTAL_SIM_BIND: {(error.strerror or '').lower()}") from error


def reachable(address: str) -> str:
    """Where a server is found that listens on `address` of this machine."""
    return "127.0.0.1" if ip_address(address).is_unspecified else address


def _branches(mapping: dict[str, Any]) -> list[Any]:
    branches = mapping.get("branches", [])
    if not isinstance(branches, list):
        raise Failure("branches: is not a list")
    return branches


def _read(file: str | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text("utf-8")
        mapping = json.loads(text)
    except OSError as error:
        raise Failure(f"{file}: {error.strerror}") from error
    except ValueError as error:
        raise Failure(f"{file}: is not JSON") from error
    if not isinstance(mapping, dict):
        raise Failure(f"{file}: is not a JSON object")
    return mapping


def _line(file: str) -> str:
    with Path(file).open(encoding="utf-8") as opened:
        return opened.readline()
