"""`portal branch`: the libraries."""

import click

from portal.cli.estate import done
from portal.cli.frame import Row, actor, json_option, show
from portal.cli.opening import services
from portal.model.estate import Branch


@click.group()
def command() -> None:
    """Libraries."""


@command.command()
@click.argument("code")
@click.option("--name-fa", required=True, help="Name in Persian.")
@click.option("--name-en", required=True, help="Name in English.")
@click.option("--time-zone", default="Asia/Tehran", show_default=True)
@json_option
def add(code: str, name_fa: str, name_en: str, time_zone: str, as_json: bool) -> None:
    """Add a library under a short CODE such as `khorramabad`."""
    with services() as open_:
        branch = open_.estate.add_branch(
            code=code,
            name_fa=name_fa,
            name_en=name_en,
            time_zone=time_zone,
            actor=actor(),
        )
    show(_row(done(branch)), as_json=as_json)


@command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the libraries."""
    with services() as open_:
        branches = open_.estate.branches()
    show([_row(branch) for branch in branches], as_json=as_json)


def _row(branch: Branch) -> Row:
    return {
        "id": branch.id,
        "code": branch.code,
        "name_fa": branch.name_fa,
        "name_en": branch.name_en,
        "time_zone": branch.time_zone,
    }
