"""The library's own directory: numbers in the database, PINs behind argon2id.

A number is looked for as every kind it can be. However many accounts it means, none,
one or three, the answer costs the same.
"""

from collections.abc import Mapping, Sequence

from portal.model.identifiers import IdentifierKind
from portal.model.patron import Candidate
from portal.service.credentials import Busy, Proof, Slots
from portal.service.keys import KeyRing
from portal.service.lookup import digests
from portal.service.pins import PinHasher
from portal.service.ports import Store

# One account a kind of number. More than that share a telephone: a family.
_USUAL = 3
_MOST = 8


class LocalDirectory:
    """Proves patrons by the PIN that this system keeps."""

    def __init__(
        self,
        *,
        store: Store,
        keys: KeyRing,
        hasher: PinHasher,
        slots: Slots,
        queue: float = 2.0,
    ) -> None:
        """`queue`: seconds to wait for one of the slots in which PINs are checked."""
        self._store, self._keys = store, keys
        self._hasher, self._slots, self._queue = hasher, slots, queue

    def authenticate(
        self, number: Mapping[IdentifierKind, str], secret: str
    ) -> Sequence[Proof] | Busy:
        # The database is not kept waiting while PINs are hashed.
        with self._store.read() as uow:
            found = uow.patrons.candidates(digests(self._keys, number), _MOST)
        with self._slots.hold(self._queue) as held:
            return self._proved(found, secret) if held else Busy()

    def _proved(self, found: Sequence[Candidate], secret: str) -> list[Proof]:
        """Always max(3, candidates) checks, all of them whatever the first says."""
        stand_ins = [None] * (_USUAL - len(found))
        proofs = []
        for candidate in [*found, *stand_ins]:
            stored = candidate.pin_hash if candidate else None
            if self._hasher.verify(stored, secret) and candidate is not None:
                proofs.append(Proof(candidate, self._renewed(stored, secret)))
        return proofs

    def _renewed(self, stored: str | None, secret: str) -> str | None:
        if stored is None or not self._hasher.needs_rehash(stored):
            return None
        return self._hasher.hash(secret)
