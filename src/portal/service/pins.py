"""PINs and passwords: a keyed pepper, then argon2id with parameters written out.

The pepper (HMAC under the key ring) makes a stolen table useless without the ring; a
four-digit PIN has no other defence off line. A stored value is the number of the
pepper's key followed by argon2's own text: `1$argon2id$v=19$m=...`.
"""

from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type

from portal.model.persian import credential_forms
from portal.service.keys import KeyRing, Purpose, SealBrokenError


@dataclass(frozen=True, slots=True)
class HashCost:
    """What one argon2id computation takes."""

    memory: int  # KiB
    passes: int
    lanes: int


# OWASP's password storage sheet names this setting for argon2id: 19 MiB, two passes.
# A branch's small machine does it in tens of milliseconds with one core.
USUAL_COST = HashCost(memory=19_456, passes=2, lanes=1)


class PinHasher:
    """Hashes and checks PINs and passwords; every check costs the same."""

    def __init__(self, keys: KeyRing, cost: HashCost = USUAL_COST) -> None:
        self._keys = keys
        self._argon2 = PasswordHasher(
            time_cost=cost.passes,
            memory_cost=cost.memory,
            parallelism=cost.lanes,
            hash_len=32,
            salt_len=16,
            type=Type.ID,
        )

    def hash(self, secret: str) -> str:
        """The text to store; digits of any script are the same digits."""
        number = self._keys.current
        return f"{number}{self._argon2.hash(self._peppered(secret, number))}"

    def verify(self, stored: str | None, secret: str) -> bool:
        """Whether `secret` is the stored one; None and rubbish cost as much."""
        if stored is None:
            return self.dummy(secret)
        number, _, text = stored.partition("$")
        try:
            peppered = self._peppered(secret, int(number))
            return self._argon2.verify(f"${text}", peppered)
        except (InvalidHashError, SealBrokenError, ValueError):
            return self.dummy(secret)
        except VerificationError:
            return False

    def dummy(self, secret: str) -> bool:
        """Spends what a check costs and says no: the unknown take as long."""
        self._argon2.hash(self._peppered(secret, self._keys.current))
        return False

    def needs_rehash(self, stored: str) -> bool:
        """Whether key or parameters have moved on since it was stored."""
        number, _, text = stored.partition("$")
        if number != str(self._keys.current):
            return True
        try:
            return self._argon2.check_needs_rehash(f"${text}")
        except InvalidHashError:
            return True

    def _peppered(self, secret: str, number: int) -> bytes:
        typed = credential_forms(secret)[0]
        return self._keys.tag(
            Purpose.PIN, typed.encode("utf-8", "surrogatepass"), number
        )
