"""Small things worth remembering for minutes: the port, and what it is used for.

Losing a note costs a convenience, never a rule: a challenge still signs in once because
the ticket says so, and a page still has a language.
"""

from datetime import datetime, timedelta
from typing import Protocol

from portal.service.keys import KeyRing, Purpose

CHALLENGE_LIFE = timedelta(minutes=10)
_REMEMBER_CHALLENGE = timedelta(hours=1)
_REMEMBER_LANGUAGE = timedelta(hours=4)


class Notes(Protocol):
    """Small values under a name, for a while."""

    def put(self, key: str, value: str, keep: timedelta) -> None: ...
    def get(self, key: str) -> str | None: ...
    def put_first(self, key: str, value: str, keep: timedelta) -> str:
        """Keep `value` unless there is one already; what is kept."""
        ...


class Memory:
    """When a challenge was first seen, and which language a device last chose."""

    def __init__(self, *, notes: Notes, keys: KeyRing) -> None:
        self._notes, self._keys = notes, keys

    def is_old(self, nas_id: int, challenge: str, now: datetime) -> bool:
        """Whether it came to us more than ten minutes ago.

        A redirect's signature proves who made it and not when; CoovaChilli stops
        handing out a challenge after ten minutes (`challengetimeout`).
        """
        key = self._key(f"challenge:{nas_id}:{challenge}")
        first = self._notes.put_first(key, now.isoformat(), _REMEMBER_CHALLENGE)
        return now - datetime.fromisoformat(first) > CHALLENGE_LIFE

    def language(self, nas_id: int, device: str) -> str | None:
        return self._notes.get(self._key(f"language:{nas_id}:{device}"))

    def keep_language(self, nas_id: int, device: str, language: str) -> None:
        key = self._key(f"language:{nas_id}:{device}")
        self._notes.put(key, language, _REMEMBER_LANGUAGE)

    def _key(self, name: str) -> str:
        return self._keys.tag(Purpose.LOOKUP, f"note:{name}".encode()).hex()[:32]
