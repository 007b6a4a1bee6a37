"""Two servers at one database: nobody writes back what the other has changed."""

import threading
from collections.abc import Callable

from sqlalchemy import text

from portal.model.session import SessionState
from portal.model.usage import Usage
from portal.radius.codes import AcctStatusType
from portal.storage.unit_of_work import SqlUnitOfWork
from tests.stack.wait import until
from tests.stack.world import GB, World

PHONE = "02-4C-52-00-00-01"
LAPTOP = "02-4C-52-00-00-02"
INTERIM, STOP = AcctStatusType.INTERIM_UPDATE, AcctStatusType.STOP
ON = AcctStatusType.ACCOUNTING_ON


def together(
    world: World, first: Callable[[SqlUnitOfWork], object], second: Callable[[], object]
) -> None:
    """Begin `second` while the transaction that `first` has written in is open."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            second()
        except BaseException as failure:  # noqa: BLE001 - told to the test's thread
            failures.append(failure)

    other = threading.Thread(target=run)
    with world.store.write() as uow:
        first(uow)
        other.start()
        until(
            lambda: not other.is_alive() or _waits(world),
            what="the other transaction waits or is over",
        )
    other.join()
    if failures:
        raise failures[0]


def _waits(world: World) -> bool:
    """Whether a transaction waits for another's lock; SQLite's always do."""
    with world.store.read() as uow:
        if uow.connection.dialect.name == "sqlite":
            return True
        waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(uow.connection.scalar(waiting))


def test_a_coa_ack_does_not_undo_a_record_booked_meanwhile(world: World) -> None:
    plan = world.add_plan(data=GB)
    patron = world.add_patron(plan)
    ref = world.open(patron, PHONE, "s1")
    world.clock.tick(60)
    world.insert(
        "plan_version",
        id=900,
        plan_id=plan,
        version=2,
        created_at=world.clock(),
        data_per_day=3 * GB,
    )
    world.report(ref, PHONE, "s1", status=INTERIM, seconds=60, down=100)
    [change] = world.enforcement.claim()
    world.clock.tick(60)
    later = world.record(ref, PHONE, "s1", status=INTERIM, seconds=120, down=200)

    together(
        world,
        lambda uow: world.accounting._book(uow, [later]),
        lambda: world.enforcement.answered(change, "ack"),
    )
    world.report(ref, PHONE, "s1", status=STOP, seconds=150, down=300)

    assert world.days(patron) == {"2026-11-21": Usage(150, 300, 0)}
    assert world.session(ref).told_octets == 3 * GB


def test_a_proof_by_silence_does_not_undo_a_record_booked_meanwhile(
    world: World,
) -> None:
    patron = world.add_patron(world.add_plan(data=GB))
    ref = world.open(patron, PHONE, "s1")
    world.clock.tick(60)
    world.report(ref, PHONE, "s1", status=INTERIM, seconds=60, down=GB)
    [request] = world.enforcement.claim()
    world.enforcement.answered(request, "ack")
    world.hear(600)
    # Recorded before the acknowledgement, but long on its way.
    late = world.record(
        ref,
        PHONE,
        "s1",
        status=INTERIM,
        seconds=61,
        down=GB + 5,
        event_at=world.session(ref).point_at,
    )

    together(
        world,
        lambda uow: world.accounting._book(uow, [late]),
        world.enforcement.prove,
    )
    world.report(ref, PHONE, "s1", status=STOP, seconds=62, down=GB + 9)

    assert world.days(patron) == {"2026-11-21": Usage(62, GB + 9, 0)}


def test_an_accounting_on_does_not_undo_a_record_booked_meanwhile(
    world: World,
) -> None:
    patron = world.add_patron(world.add_plan())
    ref = world.open(patron, PHONE, "s1")
    world.clock.tick(60)
    world.report(ref, PHONE, "s1", status=INTERIM, seconds=60, down=100)
    world.clock.tick(10)
    before = world.record(ref, PHONE, "s1", status=INTERIM, seconds=70, down=200)
    world.clock.tick(10)
    restart = world.record(None, "", "", status=ON)

    together(
        world,
        lambda uow: world.accounting._book(uow, [before]),
        lambda: world.accounting.book([restart]),
    )
    world.report(ref, PHONE, "s1", status=STOP, seconds=75, down=300)

    assert world.days(patron) == {"2026-11-21": Usage(75, 300, 0)}


def test_the_sweep_does_not_undo_a_record_booked_meanwhile(world: World) -> None:
    world.report(None, PHONE, "x1")
    world.clock.tick(60)
    world.report(None, PHONE, "x1", status=INTERIM, seconds=60, down=100)
    world.hear(1800)
    later = world.record(None, PHONE, "x1", status=INTERIM, seconds=1860, down=200)

    together(
        world,
        lambda uow: world.accounting._book(uow, [later]),
        world.enforcement.sweep,
    )

    [session] = world.sessions()
    assert session.state is SessionState.OPEN
    assert session.usage == Usage(1860, 200, 0)
