from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.gateway.limits import Limits
from portal.gateway.quirks import Limit
from portal.gateway.session import Grant, Session
from portal.radius.codes import TerminateCause
from tests.unit.gateway.fakes import NOON


def session(limits: Limits) -> Session:
    return Session(
        session_id="1", grant=Grant(limits=limits, user_name="a"), started_at=NOON
    )


def after(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def test_time_ends_a_session_when_it_is_reached_and_not_before() -> None:
    open_one = session(Limits(session_timeout=15))

    assert open_one.end_due(NOON + after(14.9)) is None
    assert open_one.end_due(NOON + after(15)) == TerminateCause.SESSION_TIMEOUT


def test_idleness_counts_from_the_last_octet() -> None:
    open_one = session(Limits(idle_timeout=20))
    open_one.count(1, 0, NOON + after(15))

    assert open_one.end_due(NOON + after(34)) is None
    assert open_one.end_due(NOON + after(35)) == TerminateCause.IDLE_TIMEOUT


def test_counting_nothing_is_no_activity() -> None:
    open_one = session(Limits(idle_timeout=20))
    open_one.count(0, 0, NOON + after(19))

    assert open_one.end_due(NOON + after(20)) == TerminateCause.IDLE_TIMEOUT


@pytest.mark.parametrize(
    ("limits", "down", "up"),
    [
        (Limits(max_total=2_000_000), 1_900_000, 100_000),
        (Limits(max_downloaded=5_000_000_000), 5_000_000_000, 0),
        (Limits(max_uploaded=1_000), 0, 1_000),
    ],
    ids=["total", "down, beyond 4 GiB", "up"],
)
def test_every_data_limit_ends_as_a_session_timeout(
    limits: Limits, down: int, up: int
) -> None:
    open_one = session(limits)
    open_one.count(down - (1 if down else 0), up - (0 if down else 1), NOON)

    assert open_one.end_due(NOON) is None
    open_one.count(1 if down else 0, 0 if down else 1, NOON)
    assert open_one.end_due(NOON) == TerminateCause.SESSION_TIMEOUT


def test_a_terminate_time_in_the_past_ends_at_the_first_check() -> None:
    open_one = session(Limits(terminate_at=NOON - after(60)))

    assert open_one.end_due(NOON) == TerminateCause.SESSION_TIMEOUT


@pytest.mark.parametrize(
    ("ignored", "limits"),
    [
        (Limit.SESSION_TIMEOUT, Limits(session_timeout=1, terminate_at=NOON)),
        (Limit.IDLE_TIMEOUT, Limits(idle_timeout=1)),
        (Limit.OCTETS, Limits(max_total=1, max_downloaded=1, max_uploaded=1)),
    ],
)
def test_an_ignored_limit_ends_nothing(ignored: Limit, limits: Limits) -> None:
    open_one = session(limits)
    open_one.count(10, 10, NOON)
    now = NOON + after(100)

    assert open_one.end_due(now) is not None
    assert open_one.end_due(now, frozenset({ignored})) is None


def test_an_interim_is_due_after_its_interval_or_the_default() -> None:
    told, untold = session(Limits(interim_interval=60)), session(Limits())

    assert not told.interim_due(NOON + after(59), 0)
    assert told.interim_due(NOON + after(60), 0)
    assert not untold.interim_due(NOON + after(10_000), 0)
    assert untold.interim_due(NOON + after(300), 300)


def test_a_clock_set_back_makes_no_negative_time() -> None:
    open_one = session(Limits(session_timeout=60))

    assert open_one.session_time(NOON - after(3600)) == 0
    assert open_one.time_left(NOON - after(3600)) == 60


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2**34), st.integers(0, 2**34)), max_size=20))
def test_counters_are_the_sum_of_what_was_counted(
    counted: list[tuple[int, int]],
) -> None:
    open_one = session(Limits())

    for down, up in counted:
        open_one.count(down, up, NOON)

    assert open_one.downloaded == sum(down for down, _ in counted)
    assert open_one.uploaded == sum(up for _, up in counted)
