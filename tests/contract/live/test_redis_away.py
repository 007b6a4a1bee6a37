"""A Redis that does not answer slows nobody down and locks nobody out."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from portal.live import redis
from portal.service.throttle import ACCOUNT, Subject
from tests.stack.ports import free_port

NOW = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)


@pytest.fixture
def nowhere() -> str:
    return f"redis://127.0.0.1:{free_port()}/0"


def test_counts_notes_and_slots_go_on_in_this_process(nowhere: str) -> None:
    with redis.connect(nowhere) as client:
        fuse = redis.Fuse()
        counters = redis.RedisCounters(client, fuse)
        notes = redis.RedisNotes(client, fuse)
        slots = redis.RedisSlots(client, fuse, name="here", most=1, queue=1)
        started = time.monotonic()

        answers = [counters.strike([Subject("a", ACCOUNT)], NOW) for _ in range(6)]
        notes.put("n", "one", timedelta(minutes=1))
        with slots.hold(0.0) as first, slots.hold(0.0) as second:
            held = (first, second)

        assert answers[:5] == [None] * 5
        assert answers[5] == NOW + ACCOUNT.first
        assert notes.get("n") == "one"
        assert held == (True, False)
        # One refused connection, and then nobody asks for a while.
        assert time.monotonic() - started < 2


def test_a_cleared_account_is_clear_here_too(nowhere: str) -> None:
    with redis.connect(nowhere) as client:
        counters = redis.RedisCounters(client, redis.Fuse())
        for _ in range(5):
            counters.strike([Subject("a", ACCOUNT)], NOW)

        counters.clear(["a"])

        assert counters.strike([Subject("a", ACCOUNT)], NOW) is None
