"""The bounded queue between the loop that receives and the writer that commits."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from portal.radiusd.exchange import Work
from portal.radiusd.intake import Role

Errand = Callable[[], None]


@dataclass(slots=True)
class Batch:
    """What the writer does next."""

    access: list[Work] = field(default_factory=list)
    accounting: list[Work] = field(default_factory=list)
    errands: list[Errand] = field(default_factory=list)


class Backlog:
    """Requests that wait, oldest first; when full, the oldest sign-in goes first.

    An accounting record is money in the ledger, a sign-in will be tried again. A plain
    list shared by both threads would let a request be answered that was never written.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._condition = threading.Condition()
        self._access: deque[Work] = deque()
        self._accounting: deque[Work] = deque()
        self._errands: deque[Errand] = deque()
        self._closed = False

    def __len__(self) -> int:
        return len(self._access) + len(self._accounting)

    @property
    def closed(self) -> bool:
        return self._closed

    def put(self, works: Sequence[Work]) -> list[Work]:
        """Add works of one role; those that had to go, themselves among them."""
        with self._condition:
            queue = self._access if works[0].role is Role.AUTH else self._accounting
            queue.extend(works)
            gone = []
            while len(self) > self._limit:
                if self._access:
                    gone.append(self._access.popleft())
                else:
                    # The oldest records are the nearest to being answered.
                    gone.append(self._accounting.pop())
            self._condition.notify()
            return gone

    def ask(self, errand: Errand) -> None:
        """Have something else done on the writer's thread."""
        with self._condition:
            self._errands.append(errand)
            self._condition.notify()

    def close(self) -> None:
        """Nothing comes any more; the writer ends when it has done what is here."""
        with self._condition:
            self._closed = True
            self._condition.notify()

    def take(self, access: int, accounting: int, timeout: float) -> Batch | None:
        """At most so many of each kind, after at most `timeout` seconds; None: the end.

        The batch is empty if nothing came in time.
        """
        with self._condition:
            if not self._waiting() and not self._closed and timeout > 0:
                self._condition.wait(timeout)
            if self._closed and not self._waiting():
                return None
            batch = Batch(
                _first(self._access, access),
                _first(self._accounting, accounting),
                list(self._errands),
            )
            self._errands.clear()
            return batch

    def _waiting(self) -> bool:
        return bool(self._access or self._accounting or self._errands)


def _first(queue: deque[Work], limit: int) -> list[Work]:
    return [queue.popleft() for _ in range(min(limit, len(queue)))]
