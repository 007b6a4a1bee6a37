import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.radius.retransmission import (
    ACCESS,
    ACCOUNTING,
    DYNAUTH,
    Retransmission,
)


def timetable(timers: Retransmission, jitter: float) -> tuple[list[float], float]:
    """Send, wait, send again: the instants of the sends and of giving up."""
    sends: list[float] = []
    now = 0.0
    while (delay := timers.next_delay(len(sends) + 1, jitter, elapsed=now)) is not None:
        sends.append(now)
        now += delay
    return sends, now


@pytest.mark.parametrize("timers", [ACCESS, DYNAUTH])
def test_without_jitter_four_sends_fill_the_thirty_seconds(
    timers: Retransmission,
) -> None:
    assert timetable(timers, 0.0) == ([0, 2, 6, 14], 30)


@given(st.floats(-0.1, 0.1))
@settings(max_examples=100, deadline=None)
def test_jitter_never_passes_count_or_duration(jitter: float) -> None:
    sends, given_up = timetable(ACCESS, jitter)

    assert 4 <= len(sends) <= 5
    assert sends[1] == pytest.approx(2 + 2 * jitter)
    assert sends[2] - sends[1] == pytest.approx(4 + 2 * jitter)
    assert given_up == pytest.approx(30)


def test_the_count_alone_ends_an_exchange() -> None:
    timers = Retransmission(irt=1, mrt=0, mrc=3, mrd=0)

    assert [timers.next_delay(attempt) for attempt in (1, 2, 3, 4)] == [1, 2, 4, None]


def test_without_elapsed_time_the_undisturbed_timetable_stands_in() -> None:
    delays = [ACCESS.next_delay(attempt, 0.1) for attempt in range(1, 6)]

    assert delays == [
        pytest.approx(2.2),
        pytest.approx(4.2),
        pytest.approx(8.4),
        16,
        None,
    ]


def test_the_longest_interval_jitters_by_itself() -> None:
    timers = Retransmission(irt=2, mrt=4, mrc=0, mrd=0)

    assert timers.next_delay(9, 0.1) == pytest.approx(4.4)
    assert timers.next_delay(9, -0.1) == pytest.approx(3.6)


@pytest.mark.parametrize("attempt", [1, 100, 10_000, 10**9])
def test_accounting_is_sent_until_it_is_acknowledged(attempt: int) -> None:
    delay = ACCOUNTING.next_delay(attempt, 0.1, elapsed=86_400.0 * attempt)

    assert delay is not None
    assert delay <= 330


def test_timers_without_any_bound_do_not_overflow() -> None:
    unbounded = Retransmission(irt=2, mrt=0, mrc=0, mrd=0)

    delay = unbounded.next_delay(10**9)

    assert delay is not None
    assert delay > 86_400
