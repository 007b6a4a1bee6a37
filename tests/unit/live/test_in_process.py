from datetime import UTC, datetime, timedelta

from portal.live.in_process import InProcessCounters, InProcessNotes
from portal.service.throttle import Rule, Subject

NOW = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
STRICT = Rule(
    free=0,
    first=timedelta(seconds=15),
    most=timedelta(seconds=100),
    memory=timedelta(hours=1),
)


def test_a_flood_of_made_up_numbers_stays_bounded() -> None:
    counters = InProcessCounters(most_keys=10)

    for number in range(1000):
        counters.strike([Subject(f"a{number}", STRICT)], NOW)

    # The latest are remembered, the oldest are gone.
    assert counters.strike([Subject("a999", STRICT)], NOW) is not None
    assert counters.strike([Subject("a0", STRICT)], NOW) is None


def test_a_flood_of_notes_stays_bounded() -> None:
    notes = InProcessNotes(most_keys=10)

    for number in range(1000):
        notes.put(f"n{number}", "x", timedelta(hours=1))

    assert [notes.get("n0"), notes.get("n999")] == [None, "x"]
