"""Wait for something that happens elsewhere, with a deadline: never a bare sleep."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(
    probe: Callable[[], T | None],
    *,
    what: str,
    within: float = 10.0,
    every: float = 0.02,
) -> T:
    """Return the first true answer of `probe`; fail with `what` after `within` seconds.

    An OSError of the probe means "not yet": servers refuse while they start.
    """
    deadline = time.monotonic() + within
    pause = threading.Event()
    reason: object = None
    while True:
        try:
            if answer := probe():
                return answer
        except OSError as refused:
            reason = refused
        if time.monotonic() >= deadline:
            hint = f" ({reason})" if reason else ""
            raise AssertionError(f"{what}: not within {within:g} s{hint}")
        pause.wait(every)
