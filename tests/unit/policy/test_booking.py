"""Bookings add up, split at windows, and do not know the order of arrival."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from portal.model.session import StoredRecord
from portal.model.usage import Usage
from portal.policy.booking import by_day, by_hour, timeline
from tests.unit.policy.builders import MIDNIGHT, NOON, a_record

GIGABIT = 1_000_000_000
ZONES = st.sampled_from(["Asia/Tehran", "UTC", "America/New_York", "Asia/Kathmandu"])


@st.composite
def sessions(draw: st.DrawFn) -> list[StoredRecord]:
    """A session's records, each placed by the NAS's clock."""
    began = draw(
        st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31))  # noqa: DTZ001
    ).replace(microsecond=0, tzinfo=UTC)
    steps = draw(
        st.lists(
            st.tuples(
                st.integers(0, 100_000), st.integers(0, 10**9), st.integers(0, 10**9)
            ),
            max_size=8,
        )
    )
    seconds = down = up = 0
    records = [a_record(0, status=1, event_at=began)]
    for step in steps:
        seconds, down, up = seconds + step[0], down + step[1], up + step[2]
        at = began + timedelta(seconds=seconds)
        records.append(a_record(seconds, down, up, event_at=at))
    return records


@given(sessions(), ZONES)
def test_windows_add_up_to_the_session(records: list[StoredRecord], zone: str) -> None:
    told = timeline(records, GIGABIT)

    days = by_day(told.spans, zone)
    hours = by_hour(told.spans, zone)

    assert sum(days.values(), Usage()) == told.reached
    assert sum(hours.values(), Usage()) == told.reached
    assert all(u.session_time <= 25 * 3600 for u in days.values())
    assert all(u.session_time <= 3600 for u in hours.values())
    assert all(
        min(u.session_time, u.downloaded, u.uploaded) >= 0 for u in days.values()
    )


@given(sessions(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(
    records: list[StoredRecord], shuffler: object
) -> None:
    shuffled = list(records)
    shuffler.shuffle(shuffled)  # type: ignore[attr-defined]

    assert timeline(shuffled, GIGABIT) == timeline(records, GIGABIT)


def test_a_session_over_midnight_is_split_to_the_second() -> None:
    record = a_record(3600, 1001, 7, event_at=MIDNIGHT + timedelta(minutes=20))

    days = by_day(timeline([record], GIGABIT).spans, "Asia/Tehran")

    assert days == {
        date(2026, 11, 21): Usage(2400, 667, 4),
        date(2026, 11, 22): Usage(1200, 334, 3),
    }


def test_a_lost_interim_moves_nothing_but_the_split() -> None:
    first = a_record(60, 10, 1, event_at=NOON)
    second = a_record(120, 30, 2, event_at=NOON + timedelta(seconds=60))

    whole = timeline([first, second], GIGABIT).reached

    assert timeline([second], GIGABIT).reached == whole


def test_a_counter_that_falls_does_not_take_use_back() -> None:
    high = a_record(60, 1000, 100, event_at=NOON)
    low = a_record(120, 10, 200, event_at=NOON + timedelta(seconds=60))

    told = timeline([high, low], GIGABIT)

    assert told.reached == Usage(120, 1000, 200)


def test_more_than_the_line_can_carry_is_set_aside() -> None:
    good = a_record(60, 10**9, 0, event_at=NOON)
    absurd = a_record(120, 1 << 62, 0, event_at=NOON + timedelta(seconds=60))
    later = a_record(180, 2 * 10**9, 0, event_at=NOON + timedelta(seconds=120))

    told = timeline([good, absurd, later], GIGABIT)

    assert told.reached == Usage(180, 2 * 10**9, 0)
    assert told.exceeded == {(3, absurd.record_key)}
