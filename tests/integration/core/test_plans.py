"""No query of a packet or of a chore reads through a table that only grows."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, event

from portal.model.session import SessionRef
from portal.radius.codes import AcctStatusType
from tests.stack.world import GB, World

PHONE = "02-4C-52-00-00-01"
INTERIM, ON = AcctStatusType.INTERIM_UPDATE, AcctStatusType.ACCOUNTING_ON
GROWING = (
    *("session", "accounting_record", "dynauth_request", "ticket"),
    *("usage_day", "usage_hour", "nas_event", "allowance_grant"),
)


def by_class(world: World, ref: SessionRef) -> None:
    world.report(ref, PHONE, "s1", status=INTERIM, seconds=60, down=GB)


def by_number(world: World, ref: SessionRef) -> None:
    world.report(None, PHONE, "s1", status=INTERIM, seconds=60, down=GB)


def late(world: World, ref: SessionRef) -> None:
    world.report(ref, PHONE, "s1", status=INTERIM, seconds=20, down=7)


def restart(world: World, ref: SessionRef) -> None:
    world.report(None, "", "", status=ON)


def sign_in(world: World, ref: SessionRef) -> None:
    world.open(world.add_patron(world.add_plan(devices=2)), PHONE, "s2")


def enforce(world: World, ref: SessionRef) -> None:
    """Every chore, with something to do for each."""
    world.clock.tick(10_000)
    world.enforcement.tick()
    for request in world.enforcement.claim():
        world.enforcement.sent(request.id)
        world.enforcement.answered(request, "ack")
    world.clock.tick(10_000)
    world.enforcement.heartbeat({1: world.clock()})
    world.enforcement.prove()
    world.enforcement.sweep()


@pytest.mark.parametrize("act", [by_class, by_number, late, restart, sign_in, enforce])
def test_every_statement_finds_its_rows_by_an_index(
    world: World, act: Callable[[World, SessionRef], None]
) -> None:
    patron = world.add_patron(world.add_plan(time=3600, data=GB))
    ref = world.open(patron, PHONE, "s1")
    world.clock.tick(60)
    asked: dict[str, Any] = {}

    @event.listens_for(world.store.engine, "after_cursor_execute")
    def _note(_: Any, __: Any, text: str, values: Any, ___: Any, many: bool) -> None:
        if text.startswith(("SELECT", "UPDATE", "DELETE")):
            asked[text] = values[0] if many else values

    act(world, ref)
    event.remove(world.store.engine, "after_cursor_execute", _note)

    with world.store.read() as uow:
        read_through = {
            text: scans
            for text, values in asked.items()
            if (scans := _scans(uow.connection, text, values))
        }
    assert asked
    assert read_through == {}


def _scans(connection: Connection, text: str, values: Any) -> list[str]:
    """The steps of a statement's plan that read a growing table from end to end."""
    if connection.dialect.name == "sqlite":
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)
        steps = [row[3] for row in plan if " USING " not in row[3]]
        return [s for s in steps if s.startswith(tuple(f"SCAN {t}" for t in GROWING))]
    # An empty table is read from end to end unless that is made to look dear.
    connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    plan = connection.exec_driver_sql(f"EXPLAIN {text}", values)
    steps = [row[0].strip() for row in plan]
    return [s for s in steps if any(f"Seq Scan on {table}" in s for table in GROWING)]
