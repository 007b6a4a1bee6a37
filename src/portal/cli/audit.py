"""`portal audit`: the chain of who changed what."""

import sys

import click

from portal.cli.frame import Row, json_option, show
from portal.cli.opening import services
from portal.model.audit import Broken, Verified


@click.group()
def command() -> None:
    """Who changed what."""


@command.command()
@json_option
def verify(as_json: bool) -> None:
    """Walk the whole chain, and hold its end against the head kept outside.

    Exit code 1 if an entry was altered, removed or inserted, or the end is missing.
    """
    from portal.service.audit import verify  # noqa: PLC0415

    with services() as open_:
        outcome = verify(open_.store, open_.keys, open_.audit_head)
    show(_row(outcome), as_json=as_json)
    if isinstance(outcome, Broken):
        sys.exit(1)


def _row(outcome: Verified | Broken) -> Row:
    if isinstance(outcome, Broken):
        return {"whole": False, "entry": outcome.seq, "why": outcome.why.value}
    return {"whole": True, "entries": outcome.entries, "head": outcome.head}
