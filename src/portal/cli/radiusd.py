"""`portal radiusd`: the RADIUS server."""

import sys

import click

from portal.cli.opening import explained, settings


@click.command()
def command() -> None:
    """Answer RADIUS until SIGTERM; also ends sessions when their time has come."""
    chosen = settings()
    from portal.bootstrap.logs import set_up_logs  # noqa: PLC0415 - for a quick start
    from portal.bootstrap.radiusd import run_radiusd  # noqa: PLC0415

    set_up_logs(chosen, "radiusd")
    with explained():
        sys.exit(run_radiusd(chosen))
