from datetime import UTC, datetime, timedelta

import pytest

from portal.live.in_process import InProcessCounters
from portal.model.identifiers import kinds
from portal.service.keys import KeyRing
from portal.service.throttle import ACCOUNT, DEVICE, Strike, Throttle

NOW = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
PHONE = "02-4C-52-00-00-01"
LAPTOP = "02-4C-52-00-00-02"


@pytest.fixture
def throttle() -> Throttle:
    keys = KeyRing({1: bytes(range(32))})
    return Throttle(counters=InProcessCounters(), keys=keys)


def strike(
    throttle: Throttle,
    number: str = "12345",
    *,
    device: str = PHONE,
    nas_id: int = 1,
    now: datetime = NOW,
) -> Strike | datetime:
    return throttle.strike(kinds(number), nas_id=nas_id, device=device, now=now)


def fail(throttle: Throttle, times: int, number: str = "12345", **where: str) -> None:
    for _ in range(times):
        assert isinstance(strike(throttle, number, **where), Strike)  # type: ignore[arg-type]


def test_an_account_waits_after_its_free_mistakes_wherever_it_is_tried(
    throttle: Throttle,
) -> None:
    fail(throttle, ACCOUNT.free + 1)

    assert strike(throttle) == NOW + ACCOUNT.first
    assert strike(throttle, device=LAPTOP, nas_id=2) == NOW + ACCOUNT.first


def test_an_account_never_waits_longer_than_a_quarter_of_an_hour(
    throttle: Throttle,
) -> None:
    now = NOW
    for number in range(40):
        outcome = strike(throttle, device=f"02-00-00-00-00-{number:02X}", now=now)
        if isinstance(outcome, datetime):
            assert outcome - now <= timedelta(minutes=15)
            now = outcome

    waits = [ACCOUNT.wait(count) for count in range(1000)]
    assert waits == sorted(waits)
    assert waits[-1] == timedelta(minutes=15)


def test_the_same_telephone_in_another_spelling_is_the_same_account(
    throttle: Throttle,
) -> None:
    fail(throttle, ACCOUNT.free + 1, "09121234567")

    assert strike(throttle, "+98 912 123 4567") == NOW + ACCOUNT.first
    assert strike(throttle, "۰۹۱۲۱۲۳۴۵۶۷") == NOW + ACCOUNT.first


def test_a_device_that_tries_many_numbers_waits_too(throttle: Throttle) -> None:
    for number in range(DEVICE.free + 1):
        fail(throttle, 1, f"card{number}")

    assert strike(throttle, "another") == NOW + DEVICE.first
    assert isinstance(strike(throttle, "another", device=LAPTOP), Strike)
    assert isinstance(strike(throttle, "another", nas_id=2), Strike)


def test_success_clears_the_account_and_gives_the_device_one_attempt_back(
    throttle: Throttle,
) -> None:
    for number in range(DEVICE.free):
        fail(throttle, 1, f"card{number}")
    mine = strike(throttle, "mine")
    assert isinstance(mine, Strike)

    throttle.succeeded(mine)

    assert isinstance(strike(throttle, "other1"), Strike)
    assert strike(throttle, "other2") == NOW + DEVICE.first


def test_an_undecided_attempt_is_held_against_nobody(throttle: Throttle) -> None:
    for _ in range(50):
        one = strike(throttle)
        assert isinstance(one, Strike)
        throttle.undecided(one)


def test_what_is_stored_names_nobody(throttle: Throttle) -> None:
    one = strike(throttle, "09121234567")

    assert isinstance(one, Strike)
    text = repr(one)
    assert "912" not in text
    assert "4C" not in text
