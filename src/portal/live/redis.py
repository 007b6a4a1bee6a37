"""Live state in Redis, shared by every process and machine.

A Redis that is away slows nobody down and locks nobody out: for the next seconds each
process counts for itself. Every count is one script, so two processes cannot both read
before either writes.
"""

import logging
import secrets
import threading
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from redis import Redis
from redis.exceptions import RedisError

from portal.live.in_process import InProcessCounters, InProcessNotes, InProcessSlots
from portal.service.throttle import Subject

log = logging.getLogger(__name__)

T = TypeVar("T")

# How long a Redis that failed is left alone; each try may cost its socket time-out.
_LEFT_ALONE = 5.0
_POLL = 0.02
# A process that died while it held a slot gives it back after this.
_LEASE = 10.0

# KEYS: names. ARGV: now, then free, first, most, memory (seconds) for each.
_STRIKE = """
local now, late = tonumber(ARGV[1]), 0
local counts = {}
for i, key in ipairs(KEYS) do
  local free, first = tonumber(ARGV[4*i-2]), tonumber(ARGV[4*i-1])
  local most, memory = tonumber(ARGV[4*i]), tonumber(ARGV[4*i+1])
  local kept = redis.call('HMGET', key, 'n', 'at')
  local count, at = tonumber(kept[1] or 0), tonumber(kept[2] or 0)
  if now - at >= memory then count = 0 end
  counts[i] = count
  if count > free then
    local ends = at + math.min(most, first * 2 ^ math.min(count - free - 1, 20))
    if ends > now and ends > late then late = ends end
  end
end
if late > 0 then return string.format('%.6f', late) end
for i, key in ipairs(KEYS) do
  redis.call('HSET', key, 'n', counts[i] + 1, 'at', ARGV[1])
  redis.call('PEXPIRE', key, math.ceil(1000 * tonumber(ARGV[4*i+1])))
end
return false
"""

_FORGIVE = """
for _, key in ipairs(KEYS) do
  if tonumber(redis.call('HGET', key, 'n') or 0) > 0 then
    redis.call('HINCRBY', key, 'n', -1)
  end
end
"""

# Redis's own clock: the machines that share the slots need not agree on the time.
_TAKE = """
local t = redis.call('TIME')
local now = t[1] + t[2] / 1000000
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[1]) then return 0 end
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[2]), ARGV[3])
redis.call('PEXPIRE', KEYS[1], math.ceil(2000 * tonumber(ARGV[2])))
return 1
"""


class Fuse:
    """Asks Redis, or for a while after a failure something nearer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._blown_until = 0.0

    def ask(self, redis: Callable[[], T], nearer: Callable[[], T]) -> T:
        if time.monotonic() < self._blown_until:
            return nearer()
        try:
            return redis()
        except RedisError as trouble:
            self._blow(trouble)
            return nearer()

    def _blow(self, trouble: RedisError) -> None:
        with self._lock:
            first = time.monotonic() >= self._blown_until
            self._blown_until = time.monotonic() + _LEFT_ALONE
        if first:
            log.warning("live.redis_away", extra={"kind": type(trouble).__name__})


def connect(url: str) -> Redis:
    """A client that gives up quickly; it connects when it is first used."""
    return Redis.from_url(url, socket_timeout=0.5, socket_connect_timeout=0.5)


class RedisCounters:
    """Counts of attempts in Redis."""

    def __init__(self, redis: Redis, fuse: Fuse) -> None:
        self._redis, self._fuse = redis, fuse
        self._strike: Any = redis.register_script(_STRIKE)
        self._forgive: Any = redis.register_script(_FORGIVE)
        self._nearer = InProcessCounters()

    def strike(self, subjects: Sequence[Subject], now: datetime) -> datetime | None:
        return self._fuse.ask(
            lambda: self._struck(subjects, now),
            lambda: self._nearer.strike(subjects, now),
        )

    def _struck(self, subjects: Sequence[Subject], now: datetime) -> datetime | None:
        arguments = [f"{now.timestamp():.6f}"]
        for subject in subjects:
            rule = subject.rule
            lengths = (rule.first, rule.most, rule.memory)
            arguments += [str(rule.free), *(str(n.total_seconds()) for n in lengths)]
        until = self._strike(
            keys=[_name(subject.key) for subject in subjects], args=arguments
        )
        return datetime.fromtimestamp(float(until), UTC) if until else None

    def forgive(self, keys: Iterable[str]) -> None:
        names = list(keys)
        self._fuse.ask(
            lambda: self._forgive(keys=[_name(key) for key in names]),
            lambda: self._nearer.forgive(names),
        )

    def clear(self, keys: Iterable[str]) -> None:
        names = list(keys)
        self._nearer.clear(names)
        if names:
            self._fuse.ask(lambda: self._redis.delete(*map(_name, names)), lambda: None)


class RedisNotes:
    """Small values in Redis."""

    def __init__(self, redis: Redis, fuse: Fuse) -> None:
        self._redis, self._fuse = redis, fuse
        self._nearer = InProcessNotes()

    def put(self, key: str, value: str, keep: timedelta) -> None:
        self._fuse.ask(
            lambda: self._redis.set(_name(key), value, px=_milliseconds(keep)),
            lambda: self._nearer.put(key, value, keep),
        )

    def get(self, key: str) -> str | None:
        return self._fuse.ask(
            lambda: _text(self._redis.get(_name(key))),
            lambda: self._nearer.get(key),
        )

    def put_first(self, key: str, value: str, keep: timedelta) -> str:
        return self._fuse.ask(
            lambda: self._kept_first(key, value, keep),
            lambda: self._nearer.put_first(key, value, keep),
        )

    def _kept_first(self, key: str, value: str, keep: timedelta) -> str:
        # SET with NX and GET answers the value that was there before (Redis 7).
        before = self._redis.set(
            _name(key), value, px=_milliseconds(keep), nx=True, get=True
        )
        return _text(before) or value


class RedisSlots:
    """At most so many at once among all who use the same name.

    The line of those who wait is each process's own.
    """

    def __init__(
        self, redis: Redis, fuse: Fuse, *, name: str, most: int, queue: int
    ) -> None:
        self._redis, self._fuse = redis, fuse
        self._name, self._most = _name(f"slots:{name}"), most
        self._take: Any = redis.register_script(_TAKE)
        self._line = threading.BoundedSemaphore(most + queue)
        self._nearer = InProcessSlots(most, queue)
        self._pause = threading.Event()

    @contextmanager
    def hold(self, wait: float) -> Generator[bool]:
        if not self._line.acquire(blocking=False):
            yield False
            return
        lease = secrets.token_hex(8)
        held = None
        try:
            held = self._fuse.ask(lambda: self._taken(lease, wait), lambda: None)
            if held is None:
                with self._nearer.hold(wait) as near:
                    yield near
            else:
                yield held
        finally:
            self._line.release()
            if held:
                self._fuse.ask(lambda: self._redis.zrem(self._name, lease), lambda: 0)

    def _taken(self, lease: str, wait: float) -> bool | None:
        deadline = time.monotonic() + wait
        while True:
            if self._take(keys=[self._name], args=[self._most, _LEASE, lease]):
                return True
            if time.monotonic() >= deadline:
                return False
            self._pause.wait(_POLL)


def _name(key: str) -> str:
    return f"portal:{key}"


def _text(value: Any) -> str | None:
    return value.decode() if isinstance(value, bytes) else None


def _milliseconds(length: timedelta) -> int:
    return max(1, int(length.total_seconds() * 1000))
