"""What becomes of a request to the access server: never forgotten, never for ever."""

import pytest
from sqlalchemy import update

from portal.model.outcome import DynauthRequest, EndReason
from portal.model.session import SessionRef, SessionState
from portal.radius.codes import AcctStatusType
from portal.storage import tables
from tests.stack.world import GB, World

PHONE = "02-4C-52-00-00-01"
LAPTOP = "02-4C-52-00-00-02"
INTERIM, STOP = AcctStatusType.INTERIM_UPDATE, AcctStatusType.STOP


def spend(world: World, device: str = PHONE, number: str = "s1") -> SessionRef:
    """A session that has used up its data, so that a disconnect is wanted."""
    patron = world.add_patron(world.add_plan(data=GB))
    ref = world.open(patron, device, number)
    world.clock.tick(60)
    world.report(ref, device, number, status=INTERIM, seconds=60, down=GB)
    return ref


def claimed(world: World) -> DynauthRequest:
    [request] = world.enforcement.claim()
    return request


def states(world: World) -> list[str]:
    return [state for _, _, state in world.requests()]


def disable(world: World, nas_id: int = 1) -> None:
    with world.store.write() as uow:
        uow.connection.execute(
            update(tables.nas).where(tables.nas.c.id == nas_id).values(enabled=False)
        )
    world.clock.tick(3)


def test_a_record_that_was_long_on_its_way_does_not_stand_against_the_proof(
    world: World,
) -> None:
    ref = spend(world)
    world.enforcement.answered(claimed(world), "ack")
    world.hear(300)
    told_at = world.session(ref).point_at

    world.report(
        ref, PHONE, "s1", status=INTERIM, seconds=61, down=GB + 1, event_at=told_at
    )
    world.hear(300)

    assert world.enforcement.prove() == 1
    assert states(world) == ["verified"]


def test_use_after_the_ack_is_seen_whatever_follows_it_in_the_batch(
    world: World,
) -> None:
    ref = spend(world)
    before = world.clock()
    world.enforcement.answered(claimed(world), "ack")
    world.clock.tick(60)
    batch = [
        world.record(ref, PHONE, "s1", status=INTERIM, seconds=120, down=2 * GB),
        world.record(
            ref, PHONE, "s1", status=INTERIM, seconds=59, down=9, event_at=before
        ),
    ]

    world.accounting.book(batch)

    assert states(world) == ["failed"]


def test_access_servers_that_are_not_heard_keep_no_proof_from_the_others(
    world: World,
) -> None:
    for number in range(101):
        spend(world, f"02-00-00-00-00-{number:02X}", f"a{number}")
    for request in world.enforcement.claim(200):
        world.enforcement.answered(request, "ack")
    world.clock.tick(60)
    patron = world.add_patron(world.add_plan(data=GB))
    ref = world.open(patron, LAPTOP, "s2", nas_id=2)
    world.clock.tick(60)
    world.report(ref, LAPTOP, "s2", nas_id=2, status=INTERIM, seconds=60, down=GB)
    world.enforcement.answered(claimed(world), "ack")

    world.hear(180, nas_id=2)

    assert world.enforcement.prove() == 1


def test_a_request_for_a_session_that_is_presumed_lost_is_not_sent_for_ever(
    world: World,
) -> None:
    ref = spend(world)
    world.enforcement.answered(claimed(world), "silence")
    world.hear(1000)
    world.enforcement.sweep()
    assert world.session(ref).state is SessionState.LOST

    world.enforcement.answered(claimed(world), "silence")

    world.clock.tick(3600)
    assert world.enforcement.claim() == []
    assert states(world) == ["unknown"]


@pytest.mark.parametrize("answer", ["ack", "silence"])
def test_an_access_server_taken_out_of_use_leaves_nothing_open(
    world: World, answer: str
) -> None:
    ref = spend(world)
    world.enforcement.answered(claimed(world), answer)
    disable(world)
    world.clock.tick(1000)

    world.enforcement.sweep()
    world.enforcement.prove()
    for request in world.enforcement.claim():
        world.enforcement.answered(request, "silence")

    assert world.session(ref).state is SessionState.LOST
    world.clock.tick(3600)
    assert world.enforcement.claim() == []
    assert world.enforcement.prove() == 0
    assert states(world) == ["unknown"]


def test_a_new_day_takes_back_a_disconnect_that_never_arrived(world: World) -> None:
    """A cut line ends no session that policy would have kept."""
    ref = spend(world)
    world.enforcement.answered(claimed(world), "silence")
    world.clock.tick(24 * 3600)

    world.enforcement.tick()

    assert states(world)[0] == "superseded"
    assert [r for r in world.enforcement.claim() if r.kind == "disconnect"] == []
    assert world.session(ref).state is SessionState.OPEN


def test_a_grant_takes_back_a_disconnect_that_is_being_sent_once_it_is_unanswered(
    world: World,
) -> None:
    ref = spend(world)
    request = claimed(world)
    grant(world, ref)
    assert states(world)[0] == "waiting", "it is on its way"

    world.enforcement.sent(request.id)
    world.enforcement.answered(request, "silence")

    assert states(world)[0] == "superseded"


def test_what_staff_ended_stays_ended_whatever_is_granted(world: World) -> None:
    patron = world.add_patron(world.add_plan(data=GB))
    ref = world.open(patron, PHONE, "s1")
    with world.store.write() as uow:
        world.judge.end(uow, world.session(ref), EndReason.STAFF, {}, world.clock())

    grant(world, ref)

    assert [r.reason for r in world.enforcement.claim()] == ["staff"]


def test_limits_that_grew_while_a_change_was_on_its_way_are_told_next(
    world: World,
) -> None:
    plan = world.add_plan(data=GB)
    patron = world.add_patron(plan)
    ref = world.open(patron, PHONE, "s1")
    widen(world, plan, 2)
    change = claimed(world)
    widen(world, plan, 3)

    world.enforcement.answered(change, "ack")
    world.enforcement.tick()

    assert world.session(ref).told_octets == 2 * GB
    [following] = world.enforcement.claim()
    assert following.limits is not None
    assert following.limits.octets == 3 * GB


def test_a_session_whose_patron_was_erased_is_ended_once_it_is_due(
    world: World,
) -> None:
    patron = world.add_patron(world.add_plan(time=600))
    world.open(patron, PHONE, "s1")
    with world.store.write() as uow:
        uow.connection.execute(update(tables.patron).values(erased_at=world.clock()))
    world.clock.tick(700)

    assert world.enforcement.tick() == 1
    assert world.enforcement.tick() == 0

    assert world.requests() == [("disconnect", "membership_ended", "waiting")]


def test_the_sweep_works_with_interims_far_apart(world: World) -> None:
    with world.store.write() as uow:
        uow.connection.exec_driver_sql("UPDATE nas SET interim_interval = 3600")
    patron = world.add_patron(world.add_plan())
    ref = world.open(patron, PHONE, "s1")

    world.hear(3 * 3600 + 60)

    assert world.enforcement.sweep() == 1
    assert world.session(ref).state is SessionState.LOST


def widen(world: World, plan: int, version: int) -> None:
    """A version of a plan with as many gigabytes a day."""
    world.clock.tick(1)
    world.insert(
        "plan_version",
        id=900 + version,
        plan_id=plan,
        version=version,
        created_at=world.clock(),
        data_per_day=version * GB,
    )
    with world.store.write() as uow:
        uow.ledger.judge_soon(plan, world.clock())
    world.enforcement.tick()


def grant(world: World, ref: SessionRef) -> None:
    patron = world.session(ref).patron_id
    assert patron is not None
    world.insert(
        "allowance_grant",
        id=world.clock().microsecond + patron,
        patron_id=patron,
        day=20261121,
        seconds=0,
        octets=5 * GB,
        reason="x",
        created_at=world.clock(),
    )
    with world.store.write() as uow:
        world.judge.run(uow, [patron], world.clock())
