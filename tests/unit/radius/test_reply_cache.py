import pytest

from portal.radius.reply_cache import PENDING, Key, ReplyCache

KEY: Key = (("192.0.2.2", 55276), 7, "auth")
FIRST = b"first authenticat"[:16]
SECOND = b"second authenticat"[:16]


def test_a_retransmission_gets_the_same_octets_again() -> None:
    cache = ReplyCache()

    assert cache.lookup(KEY, FIRST, now=0.0) is None
    cache.begin(KEY, FIRST, now=0.0)
    assert cache.finish(KEY, FIRST, b"accept", now=0.2)

    assert cache.lookup(KEY, FIRST, now=3.0) == b"accept"
    assert cache.lookup(KEY, FIRST, now=6.0) == b"accept"


def test_a_retransmission_of_a_request_in_work_is_pending() -> None:
    cache = ReplyCache()

    cache.begin(KEY, FIRST, now=0.0)

    assert cache.lookup(KEY, FIRST, now=3.0) is PENDING


def test_a_new_request_under_the_same_identifier_drops_the_old_ones_late_reply() -> (
    None
):
    cache = ReplyCache()
    cache.begin(KEY, FIRST, now=0.0)

    assert cache.lookup(KEY, SECOND, now=1.0) is None
    cache.begin(KEY, SECOND, now=1.0)

    assert not cache.finish(KEY, FIRST, b"late", now=2.0)
    assert cache.lookup(KEY, SECOND, now=2.0) is PENDING
    assert cache.lookup(KEY, FIRST, now=2.0) is None
    assert cache.finish(KEY, SECOND, b"accept", now=3.0)
    assert not cache.finish(KEY, FIRST, b"late", now=4.0)
    assert cache.lookup(KEY, SECOND, now=4.0) == b"accept"


def test_a_look_up_changes_nothing() -> None:
    cache = ReplyCache()
    cache.begin(KEY, FIRST, now=0.0)
    cache.finish(KEY, FIRST, b"accept", now=0.0)

    assert cache.lookup(KEY, SECOND, now=1.0) is None

    assert cache.lookup(KEY, FIRST, now=1.0) == b"accept"


def test_a_request_left_without_reply_is_worked_on_when_it_comes_again() -> None:
    cache = ReplyCache()
    cache.begin(KEY, FIRST, now=0.0)

    assert cache.finish(KEY, FIRST, None, now=1.0)

    assert cache.lookup(KEY, FIRST, now=3.0) is None
    assert len(cache) == 0


@pytest.mark.parametrize(
    "other",
    [
        (("192.0.2.2", 55277), 7, "auth"),
        (("192.0.2.3", 55276), 7, "auth"),
        (("192.0.2.2", 55276), 8, "auth"),
        (("192.0.2.2", 55276), 7, "acct"),
    ],
    ids=["port", "address", "identifier", "socket"],
)
def test_another_sender_identifier_or_socket_is_another_request(other: Key) -> None:
    cache = ReplyCache()
    cache.begin(KEY, FIRST, now=0.0)
    cache.finish(KEY, FIRST, b"accept", now=0.0)

    assert cache.lookup(other, FIRST, now=1.0) is None


def test_a_reply_is_kept_thirty_seconds_from_when_it_was_given() -> None:
    cache = ReplyCache()
    cache.begin(KEY, FIRST, now=0.0)
    cache.finish(KEY, FIRST, b"accept", now=20.0)

    assert cache.lookup(KEY, FIRST, now=49.9) == b"accept"
    assert cache.lookup(KEY, FIRST, now=50.0) is None


def test_a_request_whose_work_was_lost_is_not_pending_for_ever() -> None:
    cache = ReplyCache()
    cache.begin(KEY, FIRST, now=0.0)

    assert cache.lookup(KEY, FIRST, now=30.0) is None


def test_a_reply_that_outlived_its_entry_may_still_be_sent() -> None:
    cache = ReplyCache()

    assert cache.finish(KEY, FIRST, b"accept", now=99.0)
    assert cache.lookup(KEY, FIRST, now=100.0) == b"accept"


def test_the_oldest_entry_leaves_a_full_cache() -> None:
    cache = ReplyCache(max_entries=3)
    keys: list[Key] = [(("192.0.2.2", port), 7, "auth") for port in range(4)]

    for key in keys:
        cache.begin(key, FIRST, now=0.0)

    assert len(cache) == 3
    assert cache.lookup(keys[0], FIRST, now=1.0) is None
    assert all(cache.lookup(key, FIRST, now=1.0) is PENDING for key in keys[1:])


def test_entries_past_their_time_leave_as_others_come() -> None:
    cache = ReplyCache(lifetime=5)
    for port in range(100):
        cache.begin((("192.0.2.2", port), 7, "auth"), FIRST, now=0.0)

    for port in range(100, 150):
        cache.begin((("192.0.2.2", port), 7, "auth"), FIRST, now=5.0)

    assert len(cache) == 50


def test_an_answered_request_is_younger_than_one_that_came_before_the_answer() -> None:
    cache = ReplyCache(max_entries=2)
    between: Key = (("192.0.2.2", 1), 7, "auth")
    cache.begin(KEY, FIRST, now=0.0)
    cache.begin(between, FIRST, now=1.0)
    cache.finish(KEY, FIRST, b"accept", now=2.0)

    cache.begin((("192.0.2.2", 2), 7, "auth"), FIRST, now=3.0)

    assert cache.lookup(KEY, FIRST, now=4.0) == b"accept"
    assert cache.lookup(between, FIRST, now=4.0) is None


@pytest.mark.parametrize("lifetime", [4.9, 30.1])
def test_a_lifetime_outside_the_rfcs_range_is_refused(lifetime: float) -> None:
    with pytest.raises(ValueError, match="5 to 30"):
        ReplyCache(lifetime=lifetime)


def test_a_cache_without_room_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        ReplyCache(max_entries=0)
