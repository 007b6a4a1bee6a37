"""`portal doctor`: looks for what is wrong with this installation."""

import sys

import click

from portal.cli.frame import json_option, show
from portal.cli.opening import settings


@click.command()
@json_option
def command(as_json: bool) -> None:
    """Look for what is wrong with this installation.

    Exit code 1 if there is a fault; warnings alone are no fault.
    """
    chosen = settings()
    from portal.bootstrap.doctor import Grade, examine  # noqa: PLC0415

    findings = list(examine(chosen))
    rows = [
        {"matter": each.matter, "grade": each.grade.value, "finding": each.text}
        for each in findings
    ]
    show(rows, as_json=as_json)
    if any(each.grade is Grade.FAULT for each in findings):
        sys.exit(1)
