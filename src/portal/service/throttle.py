"""Slowing down whoever guesses: growing waits, never a locked account.

Attempts are counted before they are checked and forgiven when they were right, so that
many at once are no way around. The counts are short-lived and belong to no database.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from portal.model.identifiers import IdentifierKind
from portal.service.keys import KeyRing, Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """`free` mistakes cost nothing; each further one doubles the wait, up to `most`."""

    free: int
    first: timedelta
    most: timedelta
    memory: timedelta  # without another attempt the count is forgotten

    def wait(self, count: int) -> timedelta:
        """How long after the latest of `count` attempts the next one may come."""
        if count <= self.free:
            return timedelta()
        # 2^20 of anything is past every `most`; no bigger number is needed.
        doublings = min(count - self.free - 1, 20)
        return min(self.most, self.first * (1 << doublings))


@dataclass(frozen=True, slots=True)
class Subject:
    """What is counted, under a name that means nothing to whoever stores it."""

    key: str
    rule: Rule


class Counters(Protocol):
    """Counts of attempts, shared by every process that checks secrets."""

    def strike(self, subjects: Sequence[Subject], now: datetime) -> datetime | None:
        """Count one attempt against all, unless one has to wait: then until when.

        One step, whoever else is striking; an attempt that has to wait counts nothing.
        """
        ...

    def forgive(self, keys: Iterable[str]) -> None:
        """Take one attempt back."""
        ...

    def clear(self, keys: Iterable[str]) -> None: ...


# Four digits are ten thousand PINs: at the longest wait that is a hundred a day.
ACCOUNT = Rule(
    free=4,
    first=timedelta(seconds=15),
    most=timedelta(minutes=15),
    memory=timedelta(hours=6),
)
# A device may be a library's own computer with many people before it.
DEVICE = Rule(
    free=9,
    first=timedelta(seconds=15),
    most=timedelta(minutes=15),
    memory=timedelta(hours=1),
)


@dataclass(frozen=True, slots=True)
class Strike:
    """One counted attempt, to be forgiven or left standing."""

    accounts: tuple[str, ...]
    devices: tuple[str, ...]


class Throttle:
    """Counts attempts per account as typed, and per device at an access server."""

    def __init__(
        self,
        *,
        counters: Counters,
        keys: KeyRing,
        account: Rule = ACCOUNT,
        device: Rule = DEVICE,
    ) -> None:
        self._counters = counters
        self._keys = keys
        self._account, self._device = account, device

    def strike(
        self,
        number: Mapping[IdentifierKind, str],
        *,
        nas_id: int,
        device: str,
        now: datetime,
    ) -> Strike | datetime:
        """Count an attempt; a datetime is the instant until which it has to wait.

        An account is counted under the number typed, known or not. Counting under the
        patron would let a stranger learn that a card and a telephone are one person's.
        """
        accounts = tuple(
            self._key(f"account:{kind}:{value}") for kind, value in number.items()
        )
        devices = (self._key(f"device:{nas_id}:{device}"),)
        subjects = [
            *(Subject(key, self._account) for key in accounts),
            *(Subject(key, self._device) for key in devices),
        ]
        until = self._counters.strike(subjects, now)
        return Strike(accounts, devices) if until is None else until

    def succeeded(self, strike: Strike) -> None:
        """The secret was right: the account starts anew.

        The device gets only this attempt back, or owning one account would be a way to
        go on guessing at others.
        """
        self._counters.clear(strike.accounts)
        self._counters.forgive(strike.devices)

    def undecided(self, strike: Strike) -> None:
        """Nothing was checked after all."""
        self._counters.forgive((*strike.accounts, *strike.devices))

    def _key(self, name: str) -> str:
        return self._keys.tag(Purpose.LOOKUP, f"throttle:{name}".encode()).hex()[:32]
