"""What access servers really send: twice, twisted, late, from another session."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, update

from portal.model.estate import RecordFlag
from portal.model.session import SessionState
from portal.model.usage import Usage
from portal.radius.codes import AcctStatusType
from portal.service.ports import BadRecordError
from portal.storage import tables
from tests.stack.world import GB, World

START, STOP = AcctStatusType.START, AcctStatusType.STOP
INTERIM, ON = AcctStatusType.INTERIM_UPDATE, AcctStatusType.ACCOUNTING_ON
PHONE = "02-4C-52-00-00-01"
TODAY = "2026-11-21"


def total(world: World) -> Usage:
    return sum(world.hours().values(), Usage())


def test_two_stops_are_one_by_maximum_whatever_comes_late(world: World) -> None:
    patron = world.add_patron(world.add_plan())
    ref = world.open(patron, PHONE, "s1")
    world.clock.tick(120)

    world.report(ref, PHONE, "s1", status=STOP, seconds=100, down=10, up=10)
    world.report(ref, PHONE, "s1", status=STOP, seconds=120, down=20, up=5)
    world.report(ref, PHONE, "s1", status=INTERIM, seconds=50, down=3, up=3)
    world.report(ref, PHONE, "s1", status=STOP, seconds=120, down=20, up=10)

    assert world.days(patron) == {TODAY: Usage(120, 20, 10)}
    assert world.session(ref).usage == Usage(120, 20, 10)
    with world.store.read() as uow:
        assert [r.status_type for r in uow.ledger.records(ref)].count(STOP) == 1


@pytest.mark.parametrize("absurd", [{"seconds": 1 << 31}, {"down": 1 << 62}])
def test_an_absurd_stop_spoils_no_good_one(
    world: World, absurd: dict[str, int]
) -> None:
    patron = world.add_patron(world.add_plan())
    ref = world.open(patron, PHONE, "s1")
    world.clock.tick(120)
    good = {"status": STOP, "seconds": 100, "down": 7}

    world.report(ref, PHONE, "s1", **good)
    world.report(ref, PHONE, "s1", **{**good, **absurd})
    world.report(ref, PHONE, "s1", status=INTERIM, seconds=50, down=3)
    world.report(ref, PHONE, "s1", **good)

    assert world.days(patron) == {TODAY: Usage(100, 7, 0)}
    assert world.session(ref).usage == Usage(100, 7, 0)


@pytest.mark.parametrize("absurd", [{"seconds": 1 << 31}, {"down": 1 << 62}])
def test_a_good_stop_counts_after_an_absurd_one(
    world: World, absurd: dict[str, int]
) -> None:
    patron = world.add_patron(world.add_plan())
    ref = world.open(patron, PHONE, "s1")
    world.clock.tick(120)
    good = {"status": STOP, "seconds": 100, "down": 7}

    world.report(ref, PHONE, "s1", **{**good, **absurd})
    world.report(ref, PHONE, "s1", **good)

    assert world.days(patron) == {TODAY: Usage(100, 7, 0)}
    assert world.session(ref).flags


def test_a_corrected_line_rate_books_what_was_set_aside_once(world: World) -> None:
    set_line_rate(world, 1000)
    patron = world.add_patron(world.add_plan())
    ref = world.open(patron, PHONE, "s1")
    world.clock.tick(60)
    world.report(ref, PHONE, "s1", status=INTERIM, seconds=60, down=GB)
    assert world.days(patron) == {}

    set_line_rate(world, 1_000_000_000)
    world.report(ref, PHONE, "s1", status=INTERIM, seconds=30, down=GB // 2)
    world.clock.tick(60)
    world.report(ref, PHONE, "s1", status=STOP, seconds=120, down=2 * GB)

    assert world.days(patron) == {TODAY: Usage(120, 2 * GB, 0)}


def set_line_rate(world: World, bits: int) -> None:
    with world.store.write() as uow:
        uow.connection.execute(update(tables.nas).values(line_rate=bits))
    world.clock.tick(3)


@pytest.mark.parametrize("hours", [1, 3.5, 23])
def test_a_slow_clock_at_the_access_server_costs_no_quota(
    world: World, hours: float
) -> None:
    patron = world.add_patron(world.add_plan(time=1800))
    slow = timedelta(hours=hours)
    accept = world.sign_in(patron, PHONE, "s1")

    world.report(accept.session, PHONE, "s1", event_at=world.clock() - slow)
    world.clock.tick(60)
    world.report(
        accept.session,
        PHONE,
        "s1",
        status=INTERIM,
        seconds=60,
        event_at=world.clock() - slow,
    )

    assert world.requests() == []
    session = world.session(accept.session)
    assert session.flags & RecordFlag.CLOCK_INSANE
    assert session.started_at == session.accepted_at
    assert world.days(patron) == {TODAY: Usage(60, 0, 0)}


def test_records_with_a_class_of_elsewhere_are_one_session(world: World) -> None:
    patron = world.add_patron(world.add_plan())
    ref = world.open(patron, PHONE, "s1")

    for seconds in (0, 60, 120):
        world.report(
            ref, PHONE, "s9", nas_id=2, status=INTERIM, seconds=seconds, down=seconds
        )
        world.clock.tick(60)

    assert len(world.sessions()) == 2
    assert total(world) == Usage(120, 120, 0)


def test_a_number_used_again_is_another_session_however_short_the_first_was(
    world: World,
) -> None:
    world.report(None, PHONE, "1")
    world.report(None, PHONE, "1", status=STOP)
    world.clock.tick(3600)

    world.report(None, PHONE, "1")
    world.clock.tick(300)
    world.report(None, PHONE, "1", status=STOP, seconds=300, down=5)

    assert [s.usage for s in world.sessions()] == [Usage(), Usage(300, 5, 0)]


def test_a_number_used_again_after_a_restart_is_another_session(world: World) -> None:
    world.report(None, PHONE, "1")
    world.clock.tick(100)
    world.report(None, PHONE, "1", status=INTERIM, seconds=100, down=50)
    world.clock.tick(10)
    world.report(None, "", "", status=ON)
    world.clock.tick(5)

    world.report(None, PHONE, "1")
    world.clock.tick(30)
    world.report(None, PHONE, "1", status=STOP, seconds=30, down=7)

    assert [s.usage.downloaded for s in world.sessions()] == [50, 7]
    assert total(world) == Usage(130, 57, 0)


def test_a_late_record_of_the_first_session_under_a_number_is_the_firsts(
    world: World,
) -> None:
    world.report(None, PHONE, "1")
    world.clock.tick(600)
    ended_at = world.clock()
    world.report(None, PHONE, "1", status=INTERIM, seconds=600, down=60)
    world.report(None, PHONE, "1", status=STOP, seconds=600, down=60)
    world.clock.tick(3600)
    world.report(None, PHONE, "1")
    world.clock.tick(60)

    world.report(None, PHONE, "1", status=STOP, seconds=600, down=61, event_at=ended_at)

    assert [s.usage.downloaded for s in world.sessions()] == [61, 0]


def test_a_record_from_before_a_restart_revives_nothing(world: World) -> None:
    patron = world.add_patron(world.add_plan())
    world.report(None, "", "", status=ON)  # yesterday's, as far as anyone remembers
    world.clock.tick(3600)
    ref = world.open(patron, PHONE, "s1")
    world.clock.tick(60)
    before = world.record(ref, PHONE, "s1", status=INTERIM, seconds=60, down=9)
    world.clock.tick(10)

    world.accounting.book([world.record(None, "", "", status=ON), before])

    assert world.session(ref).state is SessionState.RESTARTED
    assert world.days(patron) == {TODAY: Usage(60, 9, 0)}


def test_a_record_without_a_meaning_leaves_no_session_behind(world: World) -> None:
    world.report(None, PHONE, "t1", status=AcctStatusType.TUNNEL_START)

    world.hear(1000)
    world.enforcement.sweep()

    assert [s.state for s in world.sessions()] == [SessionState.LOST]


def test_an_error_of_the_database_tells_nobodys_values(world: World) -> None:
    somebody = insert(tables.session).values(month=1, id=1, user_name="Maryam")

    with pytest.raises(BadRecordError) as failed, world.store.write() as uow:
        uow.connection.execute(somebody)

    assert "Maryam" not in str(failed.value)
