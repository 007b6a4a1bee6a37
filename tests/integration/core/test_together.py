"""Two servers at one database: nobody writes back what the other has changed."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import text

from portal.model.estate import Nas
from portal.model.session import SessionState
from portal.model.usage import Usage
from portal.radius.codes import AcctStatusType
from portal.service import authorize
from portal.service.admission import Claim, Minted, mint
from portal.service.visit import Visits
from portal.storage import tables
from portal.storage.unit_of_work import SqlUnitOfWork
from tests.stack.wait import until
from tests.stack.world import GB, NOON, World, access_request

PHONE = "02-4C-52-00-00-01"
LAPTOP = "02-4C-52-00-00-02"
INTERIM, STOP = AcctStatusType.INTERIM_UPDATE, AcctStatusType.STOP
ON = AcctStatusType.ACCOUNTING_ON


def together(
    world: World,
    first: Callable[[SqlUnitOfWork], object],
    second: Callable[[], object],
    then: Callable[[SqlUnitOfWork], object] | None = None,
) -> None:
    """Begin `second` while the transaction that `first` has written in is open.

    `then` is what that transaction does while the other waits.
    """
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
        if then is not None:
            then(uow)
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


def test_a_sign_in_and_a_record_of_the_same_patron_do_not_wait_crosswise(
    world: World,
) -> None:
    patron = world.add_patron(world.add_plan(devices=2))
    world.open(patron, PHONE, "s1")
    world.clock.tick(60)
    # Without Class or ticket: found by the access server's own number.
    record = world.record(None, PHONE, "s1", status=INTERIM, seconds=60, down=5)
    server = world.nas()

    together(
        world,
        lambda uow: uow.patrons.accounts([patron], world.clock(), lock=True),
        lambda: world.accounting.book([record]),
        lambda uow: mint(uow, world.keys, claim(server, patron), world.clock()),
    )

    assert world.days(patron) == {"2026-11-21": Usage(60, 5, 0)}


def test_an_old_ticket_asked_for_and_forgotten_at_once_makes_nobody_wait_crosswise(
    world: World,
) -> None:
    patron = world.add_patron(world.add_plan(devices=2))
    server = world.nas()
    with world.store.write() as uow:
        old = mint(uow, world.keys, claim(server, patron), world.clock())
    assert isinstance(old, Minted)
    world.clock.tick(91)
    asked = access_request(old, LAPTOP, "s1", now=world.clock())

    together(
        world,
        lambda uow: uow.tickets.by_challenge(1, "00", lock=True),
        lambda: world.authorizer.decide([asked]),
        lambda uow: mint(uow, world.keys, claim(server, patron), world.clock()),
    )

    with world.store.read() as uow:
        assert uow.tickets.find([old.grant_id], lock=False) == {}


def test_a_patron_and_the_judge_end_a_session_with_one_request(world: World) -> None:
    patron = world.add_patron(world.add_plan(data=GB))
    ref = world.open(patron, PHONE, "s1")
    world.clock.tick(60)
    spent = world.record(ref, PHONE, "s1", status=INTERIM, seconds=60, down=GB)
    visits = Visits(
        store=world.store, keys=world.keys, judge=world.judge, clock=world.clock
    )
    token = visits.token(world.session(ref))

    together(
        world,
        lambda uow: world.accounting._book(uow, [spent]),
        lambda: visits.end(token),
    )

    assert world.requests() == [
        ("disconnect", "data_quota", "superseded"),
        ("disconnect", "patron", "waiting"),
    ]


def claim(server: Nas, patron: int) -> Claim:
    return Claim(
        patron_id=patron, nas=server, device=LAPTOP, challenge="00", language="fa"
    )


def test_a_number_that_two_servers_draw_gives_nobodys_session_away(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    patron = world.add_patron(world.add_plan())
    ref = world.open(patron, PHONE, "s1")
    world.clock.tick(60)
    world.report(ref, PHONE, "s1", status=INTERIM, seconds=60, down=5)
    before = world.session(ref)
    drawn = iter([ref.id, ref.id + 1, ref.id, ref.id + 2])
    monkeypatch.setattr(authorize, "new_id", lambda _: next(drawn))

    accept = world.sign_in(world.add_patron(world.add_plan()), LAPTOP, "s2")
    world.report(None, LAPTOP, "s3")

    assert world.session(ref) == before
    world.report(ref, PHONE, "s1", status=STOP, seconds=60, down=9)
    assert world.days(patron) == {"2026-11-21": Usage(60, 9, 0)}
    assert [s.ref.id - ref.id for s in world.sessions()] == [0, 1, 2]
    assert accept.session.id == ref.id + 1


def test_a_record_that_waited_for_a_plan_change_is_judged_by_the_new_plan(
    world: World,
) -> None:
    plan = world.add_plan()
    patron = world.add_patron(plan)
    ref = world.open(patron, PHONE, "s1")
    world.clock.tick(60)
    spent = world.record(ref, PHONE, "s1", status=INTERIM, seconds=60, down=GB)
    narrower = tables.plan_version.insert().values(
        id=900, plan_id=plan, version=2, created_at=NOON, data_per_day=GB
    )

    def change(uow: SqlUnitOfWork) -> None:
        uow.connection.execute(narrower)
        uow.ledger.judge_soon(plan, world.clock())

    together(world, change, lambda: world.accounting.book([spent]))

    assert world.requests() == [("disconnect", "data_quota", "waiting")]
