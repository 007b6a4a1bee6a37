"""Answer a retransmitted request with the reply it already had (RFC 5080 2.2.2).

Verify a request before it comes here: a packet with a wrong Message-Authenticator must
neither be answered nor push an honest entry out.
"""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, Literal, TypeAlias

Key: TypeAlias = tuple[Hashable, int, str]
"""The peer (address and port), the identifier, the name of the receiving socket."""


class Progress(Enum):
    """What a lookup finds in place of a reply."""

    PENDING = auto()


PENDING: Final = Progress.PENDING
Pending: TypeAlias = Literal[Progress.PENDING]

DEFAULT_LIFETIME = 30.0
DEFAULT_MAX_ENTRIES = 65_536


@dataclass(slots=True)
class _Entry:
    authenticator: bytes
    reply: bytes | None
    expires_at: float


class ReplyCache:
    """Remembers which requests are in work and how the answered ones were answered.

    Times are seconds of any clock that never goes back, given by the caller.
    """

    def __init__(
        self,
        *,
        lifetime: float = DEFAULT_LIFETIME,
        max_entries: int = DEFAULT_MAX_ENTRIES,
    ) -> None:
        if not 5 <= lifetime <= 30:
            raise ValueError("RFC 5080 section 2.2.2: an entry lives 5 to 30 seconds")
        if max_entries < 1:
            raise ValueError("a cache holds at least one entry")
        self._lifetime = lifetime
        self._max_entries = max_entries
        # Oldest first: an entry moves to the end whenever its life begins anew. A plain
        # dict looks for its first key among all that were deleted before it.
        self._entries: OrderedDict[Key, _Entry] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def lookup(
        self, key: Key, authenticator: bytes, now: float
    ) -> bytes | Pending | None:
        """Return the reply to send again, PENDING (stay silent), or None (new)."""
        entry = self._entries.get(key)
        if (
            entry is None
            or entry.authenticator != authenticator
            or entry.expires_at <= now
        ):
            return None
        return PENDING if entry.reply is None else entry.reply

    def begin(self, key: Key, authenticator: bytes, now: float) -> None:
        """Note that this request is in work; an older one under its key is purged."""
        self._put(key, _Entry(authenticator, None, now + self._lifetime))

    def finish(
        self, key: Key, authenticator: bytes, reply: bytes | None, now: float
    ) -> bool:
        """Keep the reply; False: its request is superseded, do not send it.

        None as the reply says that the request stays unanswered: it is forgotten, so
        that its retransmission gets another chance.
        """
        entry = self._entries.get(key)
        if entry is not None and entry.authenticator != authenticator:
            return False
        if reply is None:
            self._entries.pop(key, None)
        elif entry is None:
            self._put(key, _Entry(authenticator, reply, now + self._lifetime))
        else:
            entry.reply = reply
            entry.expires_at = now + self._lifetime
            self._entries.move_to_end(key)
        return True

    def _put(self, key: Key, entry: _Entry) -> None:
        entries = self._entries
        entries.pop(key, None)
        entries[key] = entry
        now = entry.expires_at - self._lifetime
        # At most two leave for one that comes: no request pays for a whole sweep.
        for _ in range(2):
            oldest = next(iter(entries))
            if len(entries) > self._max_entries or entries[oldest].expires_at <= now:
                del entries[oldest]
