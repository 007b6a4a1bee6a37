"""Short-lived shared state: in Redis where there is one, else in this process."""

import socket
from dataclasses import dataclass

from portal.config import Settings
from portal.live.in_process import InProcessCounters, InProcessNotes, InProcessSlots
from portal.service.credentials import Slots
from portal.service.notes import Notes
from portal.service.throttle import Counters

# Threads of a process of captive pages that no waiting sign-in may take.
_FREE = 4


@dataclass(frozen=True, slots=True)
class Live:
    """Counts of attempts, small things worth remembering, and turns to hash a PIN."""

    counters: Counters
    notes: Notes
    slots: Slots


def live_state(settings: Settings) -> Live:
    """A Redis is connected to when it is first asked."""
    most, queue = settings.argon2_at_once, _queue(settings)
    if not settings.redis_url:
        return Live(InProcessCounters(), InProcessNotes(), InProcessSlots(most, queue))
    from portal.live import redis  # noqa: PLC0415 - most installations have none

    client, fuse = redis.connect(settings.redis_url.reveal()), redis.Fuse()
    # Memory and cores are a machine's: its processes share their turns, a busy one
    # takes what an idle one leaves.
    slots = redis.RedisSlots(
        client,
        fuse,
        name=socket.gethostname(),
        most=most * settings.captive_workers,
        queue=queue,
    )
    return Live(
        redis.RedisCounters(client, fuse), redis.RedisNotes(client, fuse), slots
    )


def _queue(settings: Settings) -> int:
    """How many sign-ins may wait, so that the page that says "busy" can still come."""
    spare = settings.captive_threads - settings.argon2_at_once - _FREE
    return max(0, min(settings.argon2_queue, spare))
