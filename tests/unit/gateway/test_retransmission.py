from itertools import count, takewhile

from portal.gateway.retransmission import FixedSchedule, Schedule
from portal.radius.retransmission import ACCESS, ACCOUNTING


def delays(schedule: Schedule) -> list[float]:
    every = (schedule.next_delay(attempt) for attempt in count(1))
    return [
        delay for delay in takewhile(lambda delay: delay is not None, every) if delay
    ]


def test_the_quirk_sends_four_times_three_seconds_apart() -> None:
    assert delays(FixedSchedule()) == [3.0, 3.0, 3.0, 3.0]


def test_an_access_request_follows_rfc_5080_for_thirty_seconds() -> None:
    assert delays(ACCESS) == [2, 4, 8, 16]


def test_accounting_is_never_given_up() -> None:
    assert ACCOUNTING.next_delay(1000) is not None
