"""Sessions end when they should, on the server's word where the NAS has none."""

from datetime import UTC, datetime

from portal.model.session import SessionState
from portal.radius.codes import AcctStatusType
from tests.stack.world import GB, World

PHONE = "02-4C-52-00-00-01"
LAPTOP = "02-4C-52-00-00-02"
INTERIM, STOP = AcctStatusType.INTERIM_UPDATE, AcctStatusType.STOP


def test_data_used_up_asks_for_a_disconnect_in_the_same_commit(world: World) -> None:
    patron = world.add_patron(world.add_plan(data=6 * GB))
    ref = world.open(patron, PHONE, "s1")
    world.clock.tick(120)

    world.report(ref, PHONE, "s1", status=INTERIM, seconds=120, down=5 * GB, up=GB)

    assert world.requests() == [("disconnect", "data_quota", "waiting")]


def test_two_devices_drain_one_allowance_and_both_are_cut(world: World) -> None:
    patron = world.add_patron(world.add_plan(data=2 * GB))
    phone = world.open(patron, PHONE, "s1")
    laptop = world.open(patron, LAPTOP, "s2", nas_id=2)
    world.clock.tick(60)
    world.report(phone, PHONE, "s1", status=INTERIM, seconds=60, down=GB)
    assert world.requests() == []

    world.report(
        laptop, LAPTOP, "s2", nas_id=2, status=INTERIM, seconds=60, down=GB + 1
    )

    assert world.requests() == [("disconnect", "data_quota", "waiting")] * 2


def test_time_runs_out_without_a_record(world: World) -> None:
    patron = world.add_patron(world.add_plan(time=600))
    ref = world.open(patron, PHONE, "s1")
    world.clock.tick(601)
    assert world.enforcement.tick() == 0, "the NAS was told and has its check to make"

    world.clock.tick(4)
    added = world.enforcement.tick()

    assert added == 1
    assert world.requests() == [("disconnect", "time_quota", "waiting")]
    assert world.session(ref).state is SessionState.OPEN


def test_two_devices_run_out_of_time_twice_as_fast(world: World) -> None:
    patron = world.add_patron(world.add_plan(time=600))
    world.open(patron, PHONE, "s1")
    world.open(patron, LAPTOP, "s2", nas_id=2)
    world.clock.tick(301)

    world.enforcement.tick()

    assert [r[1] for r in world.requests()] == ["time_quota", "time_quota"]


def test_a_nas_that_ends_the_session_itself_is_left_alone(world: World) -> None:
    patron = world.add_patron(world.add_plan(time=600))
    ref = world.open(patron, PHONE, "s1")
    world.clock.tick(602)
    world.report(ref, PHONE, "s1", status=STOP, seconds=602, cause=5)
    world.clock.tick(60)

    world.enforcement.tick()

    assert world.requests() == []
    assert world.session(ref).terminate_cause == 5
    assert world.days(patron)["2026-11-21"].session_time == 602


def test_midnight_brings_a_new_quota_and_a_change_of_limits(world: World) -> None:
    # 23:50 in Tehran.
    world.clock.now = datetime(2026, 11, 21, 20, 20, tzinfo=UTC)
    patron = world.add_patron(world.add_plan(data=GB))
    ref = world.open(patron, PHONE, "s1")
    world.clock.tick(300)
    world.report(ref, PHONE, "s1", status=INTERIM, seconds=300, down=GB // 2)
    world.clock.tick(301)

    world.enforcement.tick()

    assert world.requests() == [("change", "limits", "waiting")]


def test_a_time_limit_looks_across_midnight(world: World) -> None:
    world.clock.now = datetime(2026, 11, 21, 20, 20, tzinfo=UTC)
    patron = world.add_patron(world.add_plan(time=3600))

    accept = world.sign_in(patron, PHONE, "s1")

    assert accept.limits.timeout == 600 + 3600


def test_a_block_ends_open_sessions_at_once(world: World) -> None:
    patron = world.add_patron(world.add_plan())
    world.open(patron, PHONE, "s1")

    with world.store.write() as uow:
        uow.connection.exec_driver_sql(
            "UPDATE patron SET blocked_until = 4102444800000000"
        )
        world.judge.run(uow, [patron], world.clock())

    assert world.requests() == [("disconnect", "blocked", "waiting")]


def test_a_stop_proves_a_disconnect(world: World) -> None:
    patron = world.add_patron(world.add_plan(data=GB))
    ref = world.open(patron, PHONE, "s1")
    world.clock.tick(60)
    world.report(ref, PHONE, "s1", status=INTERIM, seconds=60, down=GB)
    [request] = world.enforcement.claim()
    world.enforcement.sent(request.id)

    world.report(ref, PHONE, "s1", status=STOP, seconds=61, down=GB, cause=6)

    assert world.requests() == [("disconnect", "data_quota", "verified")]
    world.enforcement.answered(request, "ack")
    assert world.requests() == [("disconnect", "data_quota", "verified")]


def test_use_after_an_ack_is_a_failure_and_asked_again(world: World) -> None:
    patron = world.add_patron(world.add_plan(data=GB))
    ref = world.open(patron, PHONE, "s1")
    world.clock.tick(60)
    world.report(ref, PHONE, "s1", status=INTERIM, seconds=60, down=GB)
    [request] = world.enforcement.claim()
    world.enforcement.answered(request, "ack")
    assert world.enforcement.claim() == []
    world.clock.tick(60)

    world.report(ref, PHONE, "s1", status=INTERIM, seconds=120, down=2 * GB)

    assert world.requests() == [("disconnect", "data_quota", "failed")]
    assert [r.id for r in world.enforcement.claim()] == [request.id]


def test_an_ack_is_proved_by_silence_only_while_the_nas_is_heard(world: World) -> None:
    patron = world.add_patron(world.add_plan(data=GB))
    ref = world.open(patron, PHONE, "s1")
    world.clock.tick(60)
    world.report(ref, PHONE, "s1", status=INTERIM, seconds=60, down=GB)
    [request] = world.enforcement.claim()
    world.enforcement.answered(request, "ack")
    world.clock.tick(600)
    assert world.enforcement.prove() == 0
    world.hear(60)
    assert world.enforcement.prove() == 0, "the line was cut, nothing could be heard"

    world.hear(60)

    assert world.enforcement.prove() == 1
    assert world.requests() == [("disconnect", "data_quota", "verified")]


def test_silence_of_the_nas_delays_and_never_loses_a_disconnect(world: World) -> None:
    patron = world.add_patron(world.add_plan(data=GB))
    ref = world.open(patron, PHONE, "s1")
    world.clock.tick(60)
    world.report(ref, PHONE, "s1", status=INTERIM, seconds=60, down=GB)
    [request] = world.enforcement.claim()

    world.enforcement.answered(request, "silence")

    assert world.requests() == [("disconnect", "data_quota", "unknown")]
    assert world.enforcement.claim() == []
    world.clock.tick(61)
    assert [r.id for r in world.enforcement.claim()] == [request.id]


def test_accounting_on_ends_only_what_was_open_before_it(world: World) -> None:
    patron = world.add_patron(world.add_plan())
    before = world.open(patron, PHONE, "s1")
    elsewhere = world.open(patron, LAPTOP, "s2", nas_id=2)
    world.clock.tick(60)
    restarted_at = world.clock()
    world.clock.tick(1)
    after = world.open(patron, "02-4C-52-00-00-03", "s3")

    world.report(
        None,
        "",
        "",
        status=AcctStatusType.ACCOUNTING_ON,
        event_at=restarted_at,
    )

    assert world.session(before).state is SessionState.RESTARTED
    assert world.session(elsewhere).state is SessionState.OPEN
    assert world.session(after).state is SessionState.OPEN


def test_a_silent_session_is_presumed_lost_only_while_its_nas_is_heard(
    world: World,
) -> None:
    patron = world.add_patron(world.add_plan())
    ref = world.open(patron, PHONE, "s1")
    world.clock.tick(7200)
    assert world.enforcement.sweep() == 0
    world.hear(840)
    assert world.enforcement.sweep() == 0, "the line was cut, nothing could be heard"

    world.hear(60)

    assert world.enforcement.sweep() == 1
    assert world.session(ref).state is SessionState.LOST
    world.report(ref, PHONE, "s1", status=INTERIM, seconds=8100, down=5)

    assert world.session(ref).state is SessionState.OPEN


def test_an_accepted_session_that_never_starts_frees_its_slot(world: World) -> None:
    patron = world.add_patron(world.add_plan(devices=1))
    world.sign_in(patron, PHONE, "s1")
    world.clock.tick(121)

    world.enforcement.sweep()

    world.sign_in(patron, LAPTOP, "s2")


def test_a_narrower_plan_reaches_sessions_that_are_open(world: World) -> None:
    plan = world.add_plan()
    patron = world.add_patron(plan)
    ref = world.open(patron, PHONE, "s1")
    world.clock.tick(60)
    world.report(ref, PHONE, "s1", status=INTERIM, seconds=60, down=GB)
    world.insert(
        "plan_version",
        id=900,
        plan_id=plan,
        version=2,
        created_at=world.clock(),
        data_per_day=GB,
    )

    with world.store.write() as uow:
        uow.ledger.judge_soon(plan, world.clock())

    assert world.enforcement.tick() == 1
    assert world.requests() == [("disconnect", "data_quota", "waiting")]


def test_a_membership_without_an_end_in_this_age_breaks_no_reckoning(
    world: World,
) -> None:
    last = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    patron = world.add_patron(world.add_plan(), valid_until=last)
    ref = world.open(patron, PHONE, "s1")
    world.clock.tick(60)

    world.report(ref, PHONE, "s1", status=INTERIM, seconds=60, down=5)

    assert world.session(ref).ends_at is None
    assert world.days(patron)["2026-11-21"].downloaded == 5
