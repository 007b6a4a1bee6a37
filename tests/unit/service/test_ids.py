from datetime import UTC, datetime, timedelta

from portal.service.ids import new_id

NOW = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)


def test_numbers_drawn_at_one_instant_never_meet() -> None:
    # Four million fit a millisecond: drawn at random, these would meet 1,000 times.
    drawn = {new_id(NOW) for _ in range(100_000)}

    assert len(drawn) == 100_000


def test_numbers_sort_by_time_and_fit_63_bits() -> None:
    last = datetime(2088, 12, 31, tzinfo=UTC)

    drawn = [new_id(at) for at in (NOW, NOW + timedelta(milliseconds=1), last)]

    assert drawn == sorted(drawn)
    assert drawn[-1] < 1 << 63
