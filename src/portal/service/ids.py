"""Row numbers that sort by time and need no sequence: 41 bits of clock, 22 random."""

import threading
from datetime import datetime
from secrets import randbits

# 2020-01-01 in milliseconds; 41 bits last until 2089.
_EPOCH = 1_577_836_800_000
_RANDOM = 22

_lock = threading.Lock()
_latest = 0


def new_id(now: datetime) -> int:
    """A 63-bit number; only its order and uniqueness mean anything.

    A batch draws all of its numbers at one instant: drawn at random, two of a few
    dozen would meet once in some thousand batches. So they count on from the first,
    which leaves them two million places.
    """
    global _latest  # noqa: PLW0603 - one counter a process is what makes it work
    clock = int(now.timestamp() * 1000) - _EPOCH
    with _lock:
        following = _latest + 1
        if following >> _RANDOM == clock:
            _latest = following
        else:
            _latest = clock << _RANDOM | randbits(_RANDOM - 1)
        return _latest
