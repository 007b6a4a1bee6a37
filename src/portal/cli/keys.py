"""`portal keys`: the root keys."""

import click

from portal.bootstrap import add_key, clock_of, create_keyring, load_keyring
from portal.cli.frame import Failure, json_option, show
from portal.cli.opening import explained, settings


@click.group()
def command() -> None:
    """Create, add and change over root keys."""


@command.command()
@json_option
def create(as_json: bool) -> None:
    """Make the key ring with its first key. An existing one is never touched."""
    chosen = settings()
    with explained():
        if not create_keyring(chosen.keyring, clock_of(chosen)()):
            raise Failure(f"{chosen.keyring} exists already")
    show({"keyring": str(chosen.keyring), "current": 1}, as_json=as_json)


@command.command()
@json_option
def add(as_json: bool) -> None:
    """Add a key, which running processes use within a second or so.

    Where several machines share a database, copy the ring to all of them before
    `portal keys reseal`.
    """
    chosen = settings()
    with explained():
        number = add_key(chosen.keyring, clock_of(chosen)())
    show({"keyring": str(chosen.keyring), "current": number}, as_json=as_json)


@command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the numbers of the keys; the keys themselves are never shown."""
    with explained():
        ring = load_keyring(settings().keyring)
    rows = [{"key": n, "current": n == ring.current} for n in ring.numbers]
    show(rows, as_json=as_json)
