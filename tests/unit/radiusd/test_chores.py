from collections.abc import Callable
from datetime import timedelta

import pytest

from portal.model.outcome import DynauthRequest
from portal.radiusd.chores import Chore, Chores, Hearsay, periodic_work
from portal.radiusd.clients import EstateReader, Snapshot
from portal.radiusd.exchange import Exchange
from portal.radiusd.intake import Role
from portal.radiusd.metrics import Metrics
from portal.service.ports import StoreBusyError, StoreUnavailableError
from tests.unit.radiusd.province import (
    NOW,
    PEER,
    PROFILES,
    FakeEnforcement,
    FakeStore,
    a_dynauth_request,
    accounting_request,
    read_class,
    snapshot_of,
    unsealed,
)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Round:
    """Chores by a clock that the test moves."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.metrics = Metrics(clock=self.clock)
        self.chores = Chores(metrics=self.metrics, clock=self.clock)
        self.done: list[str] = []

    def plan(self, name: str, every: float, error: Exception | None = None) -> None:
        def run() -> None:
            self.done.append(name)
            if error is not None:
                raise error

        self.chores.plan([Chore(name, every, run)])

    def after(self, seconds: float) -> list[str]:
        """What is done when this much time has passed."""
        self.clock.now += seconds
        self.done.clear()
        self.chores.run_due()
        return list(self.done)


@pytest.fixture
def rounds() -> Round:
    return Round()


def test_each_chore_has_its_own_period(rounds: Round) -> None:
    rounds.plan("often", 0.5)
    rounds.plan("seldom", 10)

    done = [rounds.after(s) for s in (0, 0.4, 0.1, 0.5, 9)]

    assert done == [["often", "seldom"], [], ["often"], ["often"], ["often", "seldom"]]


def test_the_writer_knows_how_long_it_may_sleep(rounds: Round) -> None:
    rounds.plan("often", 0.5)
    rounds.plan("seldom", 10)
    at_first = rounds.chores.next_in()
    rounds.after(0)

    rounds.clock.now += 0.2

    assert at_first == 0
    assert rounds.chores.next_in() == pytest.approx(0.3)


def test_a_chore_in_a_hurry_is_next(rounds: Round) -> None:
    rounds.plan("claim", 10)
    rounds.after(0)

    rounds.chores.hurry("claim")

    assert rounds.chores.next_in() == 0
    assert rounds.after(0) == ["claim"]
    assert rounds.after(0) == []


def test_a_busy_database_is_asked_again_soon(rounds: Round) -> None:
    rounds.plan("tick", 10, StoreBusyError("locked"))

    assert [rounds.after(s) for s in (0, 0.01, 0.05)] == [["tick"], [], ["tick"]]
    assert rounds.metrics.chores == {("tick", "busy"): 2}


def test_a_database_that_is_away_is_asked_by_one_and_not_by_all(rounds: Round) -> None:
    rounds.plan("first", 0.1, StoreUnavailableError("away"))
    rounds.plan("second", 0.1)

    done = [rounds.after(s) for s in (0, 0.4, 0.2)]

    assert done == [["first"], [], ["first"]]
    assert not rounds.metrics.database.answers()


def test_a_chore_s_bug_is_logged_and_stops_nobody(
    rounds: Round, caplog: pytest.LogCaptureFixture
) -> None:
    rounds.plan("broken", 1, KeyError("a bug"))
    rounds.plan("sound", 1)

    assert rounds.after(0) == ["broken", "sound"]
    assert "chore.failed" in caplog.messages


class FullOutbox(FakeEnforcement):
    """Has as much to send as is asked for."""

    def claim(self, limit: int) -> list[DynauthRequest]:
        return [a_dynauth_request(id=number) for number in range(limit)]


def work_of(
    enforcement: FakeEnforcement,
    *,
    store: FakeStore | None = None,
    publish: Callable[[Snapshot], None] = lambda _: None,
    sent: list[int] | None = None,
    hurried: list[str] | None = None,
) -> dict[str, Chore]:
    chores = periodic_work(
        enforcement=enforcement,
        estate=EstateReader(store or FakeStore(), PROFILES, unsealed),
        hearsay=Hearsay(enforcement, []),
        publish=publish,
        send=lambda requests: (sent if sent is not None else []).extend(
            request.id for request in requests
        ),
        hurry=(hurried if hurried is not None else []).append,
    )
    return {chore.name: chore for chore in chores}


def test_the_scheduler_and_the_outbox_have_their_turn_within_half_a_second() -> None:
    chores = work_of(FakeEnforcement())

    assert chores["tick"].every <= 0.5
    assert chores["claim"].every <= 0.5
    assert chores["estate"].every <= 5


def test_claimed_requests_are_sent() -> None:
    enforcement, sent = FakeEnforcement(), list[int]()
    enforcement.due = [a_dynauth_request(id=1), a_dynauth_request(id=2)]

    work_of(enforcement, sent=sent)["claim"].run()

    assert sent == [1, 2]


def test_an_outbox_that_has_more_is_asked_again_at_once() -> None:
    hurried = list[str]()

    work_of(FullOutbox(), hurried=hurried)["claim"].run()

    assert hurried == ["claim"]


def test_a_changed_estate_is_published_and_an_unchanged_one_is_not() -> None:
    published = list[Snapshot]()
    reload = work_of(FakeEnforcement(), publish=published.append)["estate"]

    reload.run()
    reload.run()

    assert len(published) == 1


def test_what_was_heard_is_told_once_and_kept_while_it_cannot_be() -> None:
    class Away(FakeEnforcement):
        away = True

        def heartbeat(self, heard: object) -> None:
            if self.away:
                raise StoreUnavailableError("away")
            super().heartbeat(heard)  # type: ignore[arg-type]

    enforcement = Away()
    exchange = Exchange(Role.ACCT, read_class=read_class, metrics=Metrics())
    hearsay = Hearsay(enforcement, [exchange])
    for minutes in (1, 0):
        at = NOW + timedelta(minutes=minutes)
        exchange.receive(accounting_request(), PEER, snapshot_of(), at, 0)
        with pytest.raises(StoreUnavailableError):
            hearsay.tell()
    enforcement.away = False

    hearsay.tell()
    once = dict(enforcement.heard)
    enforcement.heard.clear()
    hearsay.tell()

    assert once == {11: NOW + timedelta(minutes=1)}
    assert enforcement.heard == {}
