"""`portal keys`: the root keys."""

import time

import click

from portal.bootstrap import add_key, clock_of, create_keyring, load_keyring
from portal.bootstrap.keyring import RELOAD_AFTER
from portal.cli.frame import Failure, Row, actor, json_option, show
from portal.cli.opening import explained, services, settings
from portal.service.rekey import Rekey


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


@command.command()
@json_option
def reseal(as_json: bool) -> None:
    """Seal every stored secret under the key in use, and hash numbers anew."""
    show(_resealed(), as_json=as_json)


@command.command()
@json_option
def rotate(as_json: bool) -> None:
    """Add a key and reseal: both steps, for an installation on one machine."""
    chosen = settings()
    with explained():
        number = add_key(chosen.keyring, clock_of(chosen)())
    # Other processes must know the key before they meet what it sealed.
    time.sleep(2 * RELOAD_AFTER)
    show({"current": number, **_resealed()}, as_json=as_json)


def _resealed() -> Row:
    with services() as open_:
        rekey = Rekey(store=open_.store, keys=open_.keys, clock=open_.clock)
        done = rekey.run(actor())
    if done.lost:
        raise Failure(
            f"{done.renewed} values sealed anew, {done.lost} open with no key of the"
            " ring and stay as they are"
        )
    return {"renewed": done.renewed, "unchanged": done.current}


@command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the numbers of the keys; the keys themselves are never shown."""
    with explained():
        ring = load_keyring(settings().keyring)
    rows = [{"key": n, "current": n == ring.current} for n in ring.numbers]
    show(rows, as_json=as_json)
