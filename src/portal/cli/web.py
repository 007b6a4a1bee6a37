"""`portal web`: the two web processes."""

from importlib import import_module
from typing import TYPE_CHECKING

import click

from portal.cli.frame import Failure
from portal.cli.opening import explained, settings
from portal.config import Settings

if TYPE_CHECKING:
    from portal.wsgi.server import Serving


@click.group()
def command() -> None:
    """Serve the pages of patrons, or of staff, until SIGTERM."""


@command.command()
def captive() -> None:
    """Serve the pages of patrons."""
    chosen = settings()
    from portal.wsgi.server import Serving  # noqa: PLC0415 - for a quick start

    _serve(
        chosen,
        Serving(
            name="captive",
            bind=chosen.captive_bind,
            bind_setting="PORTAL_CAPTIVE_BIND",
            status_bind=chosen.captive_status_bind,
            status_setting="PORTAL_CAPTIVE_STATUS_BIND",
            workers=chosen.captive_workers,
            threads=chosen.captive_threads,
            log_level=chosen.log_level,
            metrics_dir=chosen.var_dir / "metrics" / "captive",
        ),
    )


@command.command()
def staff() -> None:
    """Serve the pages of staff and administrators."""
    chosen = settings()
    from portal.wsgi.server import Serving  # noqa: PLC0415

    _serve(
        chosen,
        Serving(
            name="staff",
            bind=chosen.staff_bind,
            bind_setting="PORTAL_STAFF_BIND",
            status_bind=chosen.staff_status_bind,
            status_setting="PORTAL_STAFF_STATUS_BIND",
            workers=chosen.staff_workers,
            threads=chosen.staff_threads,
            log_level=chosen.log_level,
            metrics_dir=chosen.var_dir / "metrics" / "staff",
        ),
    )


def _serve(chosen: Settings, serving: "Serving") -> None:
    from portal.bootstrap import require_startable  # noqa: PLC0415
    from portal.bootstrap.logs import set_up_logs  # noqa: PLC0415
    from portal.bootstrap.ports import PortTakenError  # noqa: PLC0415
    from portal.wsgi.server import serve  # noqa: PLC0415

    set_up_logs(chosen, serving.name)
    with explained():
        require_startable(chosen)
    try:
        # Imported in each worker, after the fork.
        serve(
            serving, lambda: import_module(f"portal.wsgi.{serving.name}").create(chosen)
        )
    except PortTakenError as error:
        raise Failure(str(error)) from error
