from portal.radiusd.batch_size import BatchSize


def after(size: BatchSize, cost: float, batches: int = 50) -> int:
    """What fits when so many batches have cost this much a request."""
    for _ in range(batches):
        size.learn(size.most, size.most * cost)
    return size.most


def test_cheap_requests_make_large_batches_up_to_the_limit() -> None:
    assert after(BatchSize(256, 0.015), 0.000_01) == 256


def test_dear_requests_make_small_batches_but_not_single_ones() -> None:
    assert after(BatchSize(256, 0.015), 0.1) == 16


def test_the_work_of_a_batch_comes_to_the_time_it_may_take() -> None:
    most = after(BatchSize(256, 0.015), 0.000_2)

    assert 0.014 < most * 0.000_2 <= 0.015


def test_it_recovers_from_a_slow_minute() -> None:
    size = BatchSize(256, 0.015)
    after(size, 0.1)

    assert after(size, 0.000_1) > 100


def test_a_small_batch_tells_nothing() -> None:
    size = BatchSize(256, 0.015)

    for _ in range(50):
        size.learn(1, 0.01)

    assert size.most == 64


def test_a_limit_below_the_least_is_kept() -> None:
    size = BatchSize(1, 0.015)

    assert size.most == 1
    assert after(size, 0.1) == 1
