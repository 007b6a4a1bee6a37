"""`portal db`: the database's schema."""

import click

from portal.cli.frame import json_option, show
from portal.cli.opening import explained, settings


@click.group()
def command() -> None:
    """Bring the database to the schema of this program."""


@command.command("upgrade")
@json_option
def upgrade_(as_json: bool) -> None:
    """Create or upgrade the schema. On the first run, make the key ring too."""
    from portal.bootstrap import upgrade  # noqa: PLC0415 - for a quick start

    with explained():
        done = upgrade(settings())
    show(
        {
            "database": str(done.database),
            "before": done.before or "empty",
            "now": done.now,
            "keyring": "created" if done.keyring_created else "present",
        },
        as_json=as_json,
    )
