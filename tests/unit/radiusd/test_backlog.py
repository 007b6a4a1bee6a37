import threading
from collections.abc import Sequence

from portal.radiusd.backlog import Backlog
from portal.radiusd.exchange import Work
from tests.unit.radiusd.province import reports, sign_ins


def same(left: Sequence[Work], right: Sequence[Work]) -> bool:
    return [id(work) for work in left] == [id(work) for work in right]


def test_everything_that_waits_is_one_batch_in_its_order() -> None:
    backlog = Backlog(100)
    access, accounting = sign_ins(3), reports(2)
    backlog.put(access[:2])
    backlog.put(accounting)
    backlog.put(access[2:])

    batch = backlog.take(100, 100, 0)

    assert batch is not None
    assert same(batch.access, access)
    assert same(batch.accounting, accounting)
    assert len(backlog) == 0


def test_a_batch_has_a_limit_and_the_rest_is_the_next() -> None:
    backlog = Backlog(100)
    accounting = reports(5)
    backlog.put(accounting)

    sizes = []
    while (batch := backlog.take(9, 2, 0)) is not None and batch.accounting:
        sizes.append(len(batch.accounting))

    assert sizes == [2, 2, 1]


def test_when_full_the_oldest_sign_in_makes_room() -> None:
    backlog = Backlog(4)
    access, accounting = sign_ins(3), reports(3)
    backlog.put(access)

    gone = backlog.put(accounting)

    assert same(gone, access[:2])
    batch = backlog.take(10, 10, 0)
    assert batch is not None
    assert same(batch.access, access[2:])
    assert same(batch.accounting, accounting)


def test_without_sign_ins_the_newest_records_go_they_will_be_resent() -> None:
    backlog = Backlog(2)
    accounting = reports(4)

    gone = backlog.put(accounting)

    assert {id(work) for work in gone} == {id(work) for work in accounting[2:]}
    assert len(backlog) == 2


def test_taking_waits_for_something_to_come() -> None:
    backlog = Backlog(10)
    access = sign_ins(1)
    threading.Timer(0.05, backlog.put, [access]).start()

    batch = backlog.take(10, 10, 30)

    assert batch is not None
    assert same(batch.access, access)


def test_taking_gives_up_when_nothing_comes() -> None:
    batch = Backlog(10).take(10, 10, 0.01)

    assert batch is not None
    assert (batch.access, batch.accounting, batch.errands) == ([], [], [])


def test_errands_come_along_and_wake_the_writer() -> None:
    backlog = Backlog(10)
    done: list[str] = []
    threading.Timer(0.05, backlog.ask, [lambda: done.append("errand")]).start()

    batch = backlog.take(10, 10, 30)

    assert batch is not None
    batch.errands[0]()
    assert done == ["errand"]


def test_a_closed_backlog_ends_when_it_is_empty() -> None:
    backlog = Backlog(10)
    backlog.put(reports(3))
    backlog.close()

    batches = [backlog.take(2, 2, 30) for _ in range(3)]

    assert [b and len(b.accounting) for b in batches] == [2, 1, None]
    assert backlog.closed
