"""`portal worker`: the periodic work."""

import click

from portal.cli.frame import Failure
from portal.cli.opening import explained, settings


@click.command()
def command() -> None:
    """Do the periodic work until SIGTERM: partitions, retention, the audit head."""
    chosen = settings()
    from portal.bootstrap import require_startable  # noqa: PLC0415 - for a quick start
    from portal.bootstrap.logs import set_up_logs  # noqa: PLC0415
    from portal.bootstrap.worker import run_worker  # noqa: PLC0415

    set_up_logs(chosen, "worker")
    with explained():
        require_startable(chosen)
        try:
            run_worker(chosen)
        except OSError as error:
            place = f"PORTAL_WORKER_STATUS_BIND: {chosen.worker_status_bind}"
            raise Failure(f"{place}: {(error.strerror or '').lower()}") from error
