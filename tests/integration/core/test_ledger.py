"""The ledger: a function of the set of records, whatever order they came in."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.model.estate import RecordFlag
from portal.model.session import AccountingReport, SessionRef, SessionState
from portal.model.usage import Usage
from portal.radius.codes import AcctStatusType
from tests.stack.world import GB, World

START, STOP = AcctStatusType.START, AcctStatusType.STOP
INTERIM = AcctStatusType.INTERIM_UPDATE
PHONE = "02-4C-52-00-00-01"
# Half an hour before midnight in Tehran: window edges are in the middle of sessions.
EVENING = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Sent:
    """A record as a NAS has it: seconds since the session's start, and counters."""

    status: AcctStatusType
    seconds: int
    down: int
    up: int


@st.composite
def conversations(draw: st.DrawFn) -> list[Sent]:
    """What arrives of one session: lost, resent and reordered records."""
    steps = draw(
        st.lists(
            st.tuples(
                st.integers(1, 1500),
                st.integers(0, 2_000_000_000),
                st.integers(0, 200_000_000),
            ),
            min_size=1,
            max_size=6,
        )
    )
    told = [Sent(START, 0, 0, 0)]
    for number, (seconds, down, up) in enumerate(steps):
        last = told[-1]
        most = seconds * 125_000_000
        told.append(
            Sent(
                STOP if number == len(steps) - 1 else INTERIM,
                last.seconds + seconds,
                last.down + min(down, most),
                last.up + min(up, most),
            )
        )
    return draw(st.lists(st.sampled_from(told), min_size=1, max_size=2 * len(told)))


def model(arrived: list[Sent], midnight: int) -> tuple[Usage, Usage]:
    """Use before and after midnight, in ten lines: the reference."""
    before, reached = Usage(), Usage()
    for sent in sorted(set(arrived), key=lambda s: (s.seconds, s.down, s.up)):
        now = Usage(sent.seconds, sent.down, sent.up)
        part, whole = now - reached, max(now.session_time - reached.session_time, 1)
        share = min(max(midnight - reached.session_time, 0), part.session_time)
        before += (
            part
            if share == part.session_time and reached.session_time < midnight
            else Usage(
                share, part.downloaded * share // whole, part.uploaded * share // whole
            )
        )
        reached = now
    return before, reached - before


def report(
    sent: Sent,
    ref: SessionRef | None,
    began_at: datetime,
    *,
    user_name: str = "",
    number: str = "s1",
    delay: int = 0,
    received_at: datetime | None = None,
) -> AccountingReport:
    """Tell what a NAS sends; with `received_at`, one whose clock is of no use."""
    event_at = began_at + timedelta(seconds=sent.seconds) if not received_at else None
    return AccountingReport(
        nas_id=1,
        status_type=sent.status,
        acct_session_id=number,
        user_name=user_name,
        device=PHONE,
        framed_ip=None,
        session=ref,
        false_class=False,
        session_time=sent.seconds,
        downloaded=sent.down,
        uploaded=sent.up,
        event_at=event_at,
        received_at=received_at or began_at + timedelta(seconds=sent.seconds + delay),
        terminate_cause=1 if sent.status == STOP else None,
        extra=None,
        packet=b"",
    )


@pytest.mark.parametrize("batch_size", [1, 3, 64])
@given(arriving=conversations(), how=st.sampled_from(["class", "ticket", "nas"]))
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_bookings_are_those_of_the_reference_model(
    world: World, batch_size: int, arriving: list[Sent], how: str
) -> None:
    """Duplicates, reordering, loss, late Starts; Class present, absent or useless."""
    world.clock.now = EVENING
    patron = world.add_patron(world.add_plan())
    number = f"s{patron}"
    accept = world.sign_in(patron, PHONE, number)
    grant = world.session(accept.session).user_name
    world.clock.tick(9000)
    reports = [
        report(
            sent,
            accept.session if how == "class" else None,
            EVENING,
            user_name=grant if how == "ticket" else "somebody",
            number=number,
        )
        for sent in arriving
    ]

    for at in range(0, len(reports), batch_size):
        world.accounting.book(reports[at : at + batch_size])

    before, after = model(arriving, midnight=1800)
    days = world.days(patron)
    assert days.get("2026-11-21", Usage()) == before
    assert days.get("2026-11-22", Usage()) == after
    assert world.session(accept.session).usage == before + after


def test_a_resend_with_a_later_arrival_books_nothing(world: World) -> None:
    patron = world.add_patron(world.add_plan())
    ref = world.open(patron, PHONE, "s1")
    began = world.clock()
    world.clock.tick(60)
    sent = Sent(INTERIM, 60, GB, 5)

    for delay in (0, 3, 9):
        world.accounting.book([report(sent, ref, began, delay=delay)])

    assert world.days(patron) == {"2026-11-21": Usage(60, GB, 5)}


def test_a_five_gibibyte_session_is_counted_whole(world: World) -> None:
    patron = world.add_patron(world.add_plan())
    ref = world.open(patron, PHONE, "s1")
    began = world.clock()
    world.clock.tick(3600)

    world.accounting.book([report(Sent(STOP, 3600, 5 << 30, 7), ref, began)])

    assert world.days(patron)["2026-11-21"].downloaded == 5 << 30


def test_hours_follow_the_branchs_clock_and_add_up(world: World) -> None:
    world.clock.now = EVENING
    patron = world.add_patron(world.add_plan())
    ref = world.open(patron, PHONE, "s1")
    world.clock.tick(5400)

    world.accounting.book([report(Sent(STOP, 5400, 1001, 0), ref, EVENING)])

    assert world.hours() == {
        datetime(2026, 11, 21, 19, 30, tzinfo=UTC): Usage(1800, 333, 0),
        datetime(2026, 11, 21, 20, 30, tzinfo=UTC): Usage(3600, 668, 0),
    }


def test_absurd_counters_and_clocks_are_kept_flagged_and_not_counted(
    world: World,
) -> None:
    patron = world.add_patron(world.add_plan(data=10 * GB))
    ref = world.open(patron, PHONE, "s1")
    began = world.clock()
    world.clock.tick(60)
    absurd = [
        Sent(INTERIM, 60, (1 << 64) - 1, 0),
        Sent(INTERIM, 1 << 31, 5, 5),
        Sent(INTERIM, 61, 0, 1 << 62),
    ]

    for sent in absurd:
        now = world.clock()
        world.accounting.book([report(sent, ref, began, received_at=now)])
    world.accounting.book([report(Sent(INTERIM, 62, GB, 5), ref, began)])

    session = world.session(ref)
    assert session.usage == Usage(62, GB, 5)
    assert session.flags
    assert world.requests() == []
    with world.store.read() as uow:
        assert len(uow.ledger.records(ref)) == 5


def test_a_stop_before_its_start_stays_a_stop(world: World) -> None:
    patron = world.add_patron(world.add_plan())
    accept = world.sign_in(patron, PHONE, "s1")
    began = world.clock()
    world.clock.tick(60)

    for sent in (Sent(STOP, 50, 9, 9), Sent(START, 0, 0, 0), Sent(INTERIM, 30, 4, 4)):
        world.accounting.book([report(sent, accept.session, began)])

    session = world.session(accept.session)
    assert session.state is SessionState.STOPPED
    assert session.started_at == began
    assert world.days(patron) == {"2026-11-21": Usage(50, 9, 9)}


def test_a_session_nobody_was_granted_is_the_branchs_unattributed_use(
    world: World,
) -> None:
    world.report(None, PHONE, "x1", seconds=0)
    world.clock.tick(60)
    world.report(None, PHONE, "x1", status=STOP, seconds=60, down=77)

    [session] = world.sessions()

    assert session.patron_id is None
    assert session.usage == Usage(60, 77, 0)
    assert sum(world.hours().values(), Usage()) == Usage(60, 77, 0)


def test_a_number_used_again_is_another_session(world: World) -> None:
    world.report(None, PHONE, "1")
    world.clock.tick(60)
    world.report(None, PHONE, "1", status=STOP, seconds=60, down=77)
    world.clock.tick(3600)

    world.report(None, PHONE, "1")
    world.clock.tick(30)
    world.report(None, PHONE, "1", status=STOP, seconds=30, down=5)

    assert [s.usage.downloaded for s in world.sessions()] == [77, 5]


def test_a_class_given_to_another_nas_is_no_class(world: World) -> None:
    patron = world.add_patron(world.add_plan())
    ref = world.open(patron, PHONE, "s1")

    world.report(ref, PHONE, "s9", nas_id=2, status=INTERIM, seconds=0, down=0)

    by_patron = {s.patron_id: s for s in world.sessions()}
    assert by_patron.keys() == {patron, None}
    assert by_patron[None].flags & RecordFlag.FALSE_CLASS


def test_one_poison_record_among_63_is_quarantined_and_costs_nothing(
    world: World,
) -> None:
    patron = world.add_patron(world.add_plan())
    ref = world.open(patron, PHONE, "s1")
    began = world.clock()
    world.clock.tick(100)
    batch = [report(Sent(INTERIM, n, n, n), ref, began) for n in range(1, 65)]
    refuse_records_of(world, seconds=41)

    world.accounting.book(batch)

    assert world.days(patron) == {"2026-11-21": Usage(64, 64, 64)}
    with world.store.read() as uow:
        kept = uow.connection.exec_driver_sql("SELECT reason FROM quarantine").all()
        assert len(uow.ledger.records(ref)) == 64
    assert len(kept) == 1
    assert "poison" in kept[0].reason


def refuse_records_of(world: World, *, seconds: int) -> None:
    """Make the database refuse a record, as it would one with a bad value."""
    refusal = {
        "sqlite": "CREATE TRIGGER poison BEFORE INSERT ON accounting_record"
        f" WHEN NEW.session_time = {seconds}"
        " BEGIN SELECT RAISE(ABORT, 'poison'); END",
        "postgresql": "ALTER TABLE accounting_record"
        f" ADD CONSTRAINT poison CHECK (session_time <> {seconds})",
    }
    with world.store.write() as uow:
        dialect = uow.connection.dialect.name
        uow.connection.exec_driver_sql(refusal[dialect])
