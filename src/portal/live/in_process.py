"""Live state of a single process, behind locks: one machine, or tests."""

import threading
import time
from collections import OrderedDict
from collections.abc import Generator, Iterable, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.service.throttle import Subject

# A flood of made-up numbers must not eat the machine; the oldest are forgotten first.
_MOST_KEYS = 50_000


@dataclass(slots=True)
class _Tally:
    count: int
    last_at: datetime
    memory: timedelta


class InProcessCounters:
    """Counts of attempts in a bounded table."""

    def __init__(self, most_keys: int = _MOST_KEYS) -> None:
        self._most_keys = most_keys
        self._lock = threading.Lock()
        self._tallies: OrderedDict[str, _Tally] = OrderedDict()

    def strike(self, subjects: Sequence[Subject], now: datetime) -> datetime | None:
        with self._lock:
            waits = [self._until(subject, now) for subject in subjects]
            until = max((w for w in waits if w is not None), default=None)
            if until is None:
                for subject in subjects:
                    self._count(subject, now)
            return until

    def forgive(self, keys: Iterable[str]) -> None:
        with self._lock:
            for key in keys:
                tally = self._tallies.get(key)
                if tally is not None:
                    tally.count = max(0, tally.count - 1)

    def clear(self, keys: Iterable[str]) -> None:
        with self._lock:
            for key in keys:
                self._tallies.pop(key, None)

    def _until(self, subject: Subject, now: datetime) -> datetime | None:
        tally = self._tallies.get(subject.key)
        if tally is None:
            return None
        if now - tally.last_at >= tally.memory:
            del self._tallies[subject.key]
            return None
        until = tally.last_at + subject.rule.wait(tally.count)
        return until if until > now else None

    def _count(self, subject: Subject, now: datetime) -> None:
        tally = self._tallies.pop(subject.key, None)
        count = tally.count + 1 if tally else 1
        self._tallies[subject.key] = _Tally(count, now, subject.rule.memory)
        if len(self._tallies) > self._most_keys:
            self._tallies.popitem(last=False)


class InProcessNotes:
    """Small values under a name for a while, in a bounded table."""

    def __init__(self, most_keys: int = _MOST_KEYS) -> None:
        self._most_keys = most_keys
        self._lock = threading.Lock()
        self._notes: OrderedDict[str, tuple[str, float]] = OrderedDict()

    def put(self, key: str, value: str, keep: timedelta) -> None:
        with self._lock:
            self._notes.pop(key, None)
            self._write(key, value, keep)

    def get(self, key: str) -> str | None:
        with self._lock:
            return self._read(key)

    def put_first(self, key: str, value: str, keep: timedelta) -> str:
        with self._lock:
            before = self._read(key)
            if before is not None:
                return before
            self._write(key, value, keep)
            return value

    def _read(self, key: str) -> str | None:
        note = self._notes.get(key)
        if note is None:
            return None
        value, forgotten_at = note
        if time.monotonic() < forgotten_at:
            return value
        del self._notes[key]
        return None

    def _write(self, key: str, value: str, keep: timedelta) -> None:
        self._notes[key] = (value, time.monotonic() + keep.total_seconds())
        if len(self._notes) > self._most_keys:
            self._notes.popitem(last=False)


class InProcessSlots:
    """At most so many at once in this process, and as many more waiting in line."""

    def __init__(self, most: int, queue: int) -> None:
        self._line = threading.BoundedSemaphore(most + queue)
        self._slots = threading.BoundedSemaphore(most)

    @contextmanager
    def hold(self, wait: float) -> Generator[bool]:
        with ExitStack() as held:
            yield (
                _take(held, self._line, 0.0)
                and _take(held, self._slots, max(0.0, wait))
            )


def _take(held: ExitStack, semaphore: threading.BoundedSemaphore, wait: float) -> bool:
    """Acquire until the stack unwinds."""
    taken = semaphore.acquire(timeout=wait)
    if taken:
        held.callback(semaphore.release)
    return taken
