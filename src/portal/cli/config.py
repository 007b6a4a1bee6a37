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
@click.option("--markdown", is_flag=True, help="As a page of documentation.")
def list_(as_json: bool, markdown: bool) -> None:
    """Print every setting with its default and its meaning."""
    if markdown:
        click.echo(page(), nl=False)
        return
    rows = [
        {"setting": each.name, "default": each.default, "meaning": each.meaning}
        for each in describe()
    ]
    show(rows, as_json=as_json)


def page() -> str:
    """The page deploy/settings.md."""
    lines = [
        "# Settings",
        "",
        "This page is made by `portal config list --markdown`; do not edit it.",
        "",
        "A setting is an environment variable, or an entry of the TOML file that",
        "`PORTAL_CONFIG` names: there without `PORTAL_` and in lower case",
        '(`radius_bind = "10.0.0.5"`). The environment wins. A setting marked *secret*',
        "can stand in a file of its own: name it in the variable with `_FILE` added.",
        "An empty value is the default. `portal config show` prints what is in effect.",
        "",
        "| setting | default | meaning |",
        "|---|---|---|",
    ]
    for each in describe():
        default = f"`{each.default}`" if each.default else ""
        secret = " *Secret.*" if each.secret else ""
        lines.append(f"| `{each.name}` | {default} | {each.meaning}{secret} |")
    return "\n".join(lines) + "\n"
