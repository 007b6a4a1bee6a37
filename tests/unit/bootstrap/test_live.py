from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from portal.bootstrap.live import live_state
from portal.config import load
from tests.stack.wait import until

PEOPLE = 40


@pytest.mark.parametrize(
    ("chosen", "may_wait"),
    [
        ({"PORTAL_CAPTIVE_THREADS": "8"}, 2),
        ({"PORTAL_CAPTIVE_THREADS": "4"}, 0),
        ({"PORTAL_CAPTIVE_THREADS": "64", "PORTAL_ARGON2_QUEUE": "5"}, 5),
        ({}, 16),
    ],
)
def test_sign_ins_that_wait_leave_threads_for_the_page_that_says_busy(
    chosen: Mapping[str, str], may_wait: int
) -> None:
    settings = load(chosen)
    slots = live_state(settings).slots

    def turn() -> bool:
        with slots.hold(20) as held:
            return held

    with ExitStack() as hashing, ThreadPoolExecutor(PEOPLE) as people:
        for _ in range(settings.argon2_at_once):
            hashing.enter_context(slots.hold(0))
        asked = [people.submit(turn) for _ in range(PEOPLE)]
        until(
            lambda: sum(one.done() for one in asked) == PEOPLE - may_wait,
            what="all but those who may wait are turned away",
        )
        hashing.close()

        assert sum(one.result() for one in asked) == may_wait
