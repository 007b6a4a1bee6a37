"""Row numbers that sort by time and need no sequence: 41 bits of clock, 22 random."""

from datetime import datetime
from secrets import randbits

# 2020-01-01 in milliseconds; 41 bits last until 2089.
_EPOCH = 1_577_836_800_000


def new_id(now: datetime) -> int:
    """A 63-bit number; only its order and uniqueness mean anything."""
    return int(now.timestamp() * 1000) - _EPOCH << 22 | randbits(22)
