"""`portal demo`: everything on one machine, with made-up data and simulated branches.

`people` has the data, `filling` writes them, `processes` runs the children, `box` says
where to look.
"""

import click


@click.command()
def command() -> None:
    """Run everything on this machine with demo data, until Ctrl-C."""
    from portal.cli.demo.start import start  # noqa: PLC0415 - for a quick start

    start()
