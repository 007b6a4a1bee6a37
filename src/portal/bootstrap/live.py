"""Short-lived shared state: in Redis where there is one, else in this process."""

from dataclasses import dataclass

from portal.config import Settings
from portal.live.in_process import InProcessCounters, InProcessNotes
from portal.service.notes import Notes
from portal.service.throttle import Counters


@dataclass(frozen=True, slots=True)
class Live:
    """Counts of attempts, and small things worth remembering."""

    counters: Counters
    notes: Notes


def live_state(settings: Settings) -> Live:
    """A Redis is connected to when it is first asked."""
    if not settings.redis_url:
        return Live(InProcessCounters(), InProcessNotes())
    from portal.live import redis  # noqa: PLC0415 - most installations have none

    client, fuse = redis.connect(settings.redis_url.reveal()), redis.Fuse()
    return Live(redis.RedisCounters(client, fuse), redis.RedisNotes(client, fuse))
