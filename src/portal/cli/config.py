"""`portal config`: the settings in effect, and what there is to set."""

import click

from portal.cli.frame import json_option, show
from portal.cli.opening import settings
from portal.config import describe, effective


@click.group()
def command() -> None:
    """Show the settings."""


@command.command("show")
@json_option
def show_(as_json: bool) -> None:
    """Print the effective settings; passwords are hidden."""
    show(effective(settings()), as_json=as_json)


@command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """Print every setting with its default and its meaning."""
    rows = [
        {"setting": each.name, "default": each.default, "meaning": each.meaning}
        for each in describe()
    ]
    show(rows, as_json=as_json)
