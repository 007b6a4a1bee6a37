"""One suite for every implementation of live state: this process's, and Redis."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest

from portal.live import redis
from portal.live.in_process import InProcessCounters, InProcessNotes, InProcessSlots
from portal.service.credentials import Slots
from portal.service.notes import Notes
from portal.service.throttle import Counters, Rule, Subject
from tests.stack.wait import until

NOW = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
RULE = Rule(
    free=2,
    first=timedelta(seconds=15),
    most=timedelta(seconds=100),
    memory=timedelta(hours=1),
)
BOTH = [
    pytest.param("in_process", id="in process"),
    pytest.param("redis", id="redis", marks=pytest.mark.redis),
]


@pytest.fixture(params=BOTH)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def counters(kind: str, request: pytest.FixtureRequest) -> Iterator[Counters]:
    if kind == "in_process":
        yield InProcessCounters()
        return
    with redis.connect(request.getfixturevalue("redis_url")) as client:
        yield redis.RedisCounters(client, redis.Fuse())


@pytest.fixture
def notes(kind: str, request: pytest.FixtureRequest) -> Iterator[Notes]:
    if kind == "in_process":
        yield InProcessNotes()
        return
    with redis.connect(request.getfixturevalue("redis_url")) as client:
        yield redis.RedisNotes(client, redis.Fuse())


@pytest.fixture
def slots(
    kind: str, request: pytest.FixtureRequest
) -> Iterator[Callable[[int, int], Slots]]:
    if kind == "in_process":
        yield InProcessSlots
        return
    with redis.connect(request.getfixturevalue("redis_url")) as client:
        yield lambda most, queue: redis.RedisSlots(
            client, redis.Fuse(), name="here", most=most, queue=queue
        )


def account(name: str = "a") -> Subject:
    return Subject(name, RULE)


def strikes(counters: Counters, number: int, now: datetime = NOW) -> None:
    for _ in range(number):
        assert counters.strike([account()], now) is None


# ---------------------------------------------------------------------------- counts


def test_free_attempts_wait_for_nothing(counters: Counters) -> None:
    answers = [counters.strike([account()], NOW) for _ in range(RULE.free + 1)]

    assert answers == [None] * (RULE.free + 1)


def test_the_next_one_waits_and_says_until_when(counters: Counters) -> None:
    strikes(counters, RULE.free + 1)

    until_when = counters.strike([account()], NOW + timedelta(seconds=1))

    assert until_when == NOW + RULE.first


def test_waits_double_up_to_the_longest(counters: Counters) -> None:
    strikes(counters, RULE.free)
    now, waits = NOW, []
    for _ in range(5):
        assert counters.strike([account()], now) is None
        until_when = counters.strike([account()], now)
        assert until_when is not None
        waits.append((until_when - now).total_seconds())
        now = until_when

    assert waits == [15, 30, 60, 100, 100]


def test_an_attempt_that_has_to_wait_does_not_count(counters: Counters) -> None:
    strikes(counters, RULE.free + 1)
    for second in range(10):
        counters.strike([account()], NOW + timedelta(seconds=second))

    assert counters.strike([account()], NOW + RULE.first) is None


def test_one_waiting_subject_holds_all_and_none_is_counted(counters: Counters) -> None:
    strikes(counters, RULE.free + 1)

    held = [counters.strike([account(), account("b")], NOW) for _ in range(9)]

    assert held == [NOW + RULE.first] * 9
    assert counters.strike([account("b")], NOW) is None


def test_a_forgiven_attempt_never_happened(counters: Counters) -> None:
    for _ in range(20):
        assert counters.strike([account()], NOW) is None
        counters.forgive(["a"])

    strikes(counters, RULE.free + 1)
    assert counters.strike([account()], NOW) is not None


def test_nothing_is_forgiven_below_zero(counters: Counters) -> None:
    counters.forgive(["a", "never seen"])
    strikes(counters, 1)
    counters.forgive(["a"])
    counters.forgive(["a"])

    strikes(counters, RULE.free + 1)
    assert counters.strike([account()], NOW) is not None


def test_a_cleared_account_starts_anew(counters: Counters) -> None:
    strikes(counters, RULE.free + 1)

    counters.clear(["a", "never seen"])
    counters.clear([])

    strikes(counters, RULE.free + 1)


def test_counts_are_forgotten_after_their_time(counters: Counters) -> None:
    strikes(counters, RULE.free + 1)

    later = NOW + RULE.memory
    answers = [counters.strike([account()], later) for _ in range(RULE.free + 1)]

    assert answers == [None] * (RULE.free + 1)


def test_many_at_once_are_no_way_around(counters: Counters) -> None:
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: counters.strike([account()], NOW), range(64)))

    assert answers.count(None) == RULE.free + 1


# ----------------------------------------------------------------------------- notes


def test_a_note_is_kept_and_replaced(notes: Notes) -> None:
    minute = timedelta(minutes=1)
    assert notes.get("n") is None

    notes.put("n", "یک", minute)
    first = notes.get("n")
    notes.put("n", "two", minute)

    assert (first, notes.get("n")) == ("یک", "two")


def test_the_first_note_stands(notes: Notes) -> None:
    minute = timedelta(minutes=1)

    kept = [notes.put_first("n", value, minute) for value in ("one", "two")]

    assert kept == ["one", "one"]


def test_a_note_is_forgotten_after_its_time(notes: Notes) -> None:
    notes.put("n", "one", timedelta(milliseconds=1))

    until(lambda: notes.get("n") is None, what="the note is forgotten")

    assert notes.put_first("n", "two", timedelta(minutes=1)) == "two"


# ----------------------------------------------------------------------------- slots


def test_as_many_as_there_are_slots_hold_one(
    slots: Callable[[int, int], Slots],
) -> None:
    two = slots(2, 4)
    with ExitStack() as stack:
        held = [stack.enter_context(two.hold(0.05)) for _ in range(3)]

    assert held == [True, True, False]


def test_a_slot_given_back_is_there_again(slots: Callable[[int, int], Slots]) -> None:
    one = slots(1, 1)

    held = []
    for _ in range(5):
        with one.hold(0.0) as got:
            held.append(got)

    assert held == [True] * 5


def test_whoever_waits_gets_the_next_one(slots: Callable[[int, int], Slots]) -> None:
    one, waiting = slots(1, 1), threading.Event()

    def wait_for_it() -> bool:
        waiting.set()
        with one.hold(5.0) as got:
            return got

    with ThreadPoolExecutor(1) as pool:
        with one.hold(0.0) as first:
            second = pool.submit(wait_for_it)
            assert waiting.wait(5)
        got = second.result(5)

    assert (first, got) == (True, True)


def test_a_full_line_is_not_joined(slots: Callable[[int, int], Slots]) -> None:
    one, held, go_on = slots(1, 0), threading.Event(), threading.Event()

    def hold_it() -> None:
        with one.hold(0.0):
            held.set()
            go_on.wait(5)

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(hold_it)
        assert held.wait(5)
        # An hour's patience changes nothing: there is no place to wait.
        with one.hold(3600.0) as got:
            go_on.set()
        first.result(5)

    assert got is False


def test_a_slot_comes_back_from_an_exception(
    slots: Callable[[int, int], Slots],
) -> None:
    one = slots(1, 1)
    with pytest.raises(ZeroDivisionError), one.hold(0.0):
        _ = 1 / 0

    with one.hold(0.0) as got:
        assert got
