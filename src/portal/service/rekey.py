"""After a key was added: seal every stored value anew, and hash numbers anew.

Rows go in chunks, a short transaction each, and only where they still hold what was
read: a run that is interrupted is simply run again. PINs cannot be hashed anew without
being typed; each is at its owner's next sign-in.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Protocol

from portal.model.audit import Action
from portal.model.identifiers import IdentifierKind
from portal.service import lookup
from portal.service.audit import personal_context, record
from portal.service.keys import KeyRing, Purpose, SealBrokenError
from portal.service.ports import Clock
from portal.service.secrets import SecretKind, open_secret, seal_secret
from portal.service.staff_ports import AuditLog

_CHUNK = 100


class SealedSource(StrEnum):
    """Where sealed values stand, one a row."""

    CLIENT = "client"
    UAM = "uam"
    DYNAUTH = "dynauth"
    AUDIT = "audit"


_KINDS = {
    SealedSource.CLIENT: SecretKind.RADIUS,
    SealedSource.UAM: SecretKind.UAM,
    SealedSource.DYNAUTH: SecretKind.RADIUS,
}


@dataclass(frozen=True, slots=True)
class SealedSecret:
    """A sealed value and the number of its row."""

    row: int
    sealed: bytes


@dataclass(frozen=True, slots=True)
class SealedNumber:
    """A patron's number as it is stored."""

    patron_id: int
    kind: IdentifierKind
    key_id: int
    sealed: bytes


class SealedValues(Protocol):
    """Sealed values inside one transaction, in the order of their rows."""

    def secrets(
        self, source: SealedSource, after: int, limit: int
    ) -> list[SealedSecret]: ...
    def replace_secret(
        self, source: SealedSource, old: SealedSecret, sealed: bytes
    ) -> None: ...
    def numbers(self, after: tuple[int, str], limit: int) -> list[SealedNumber]: ...
    def replace_number(
        self, old: SealedNumber, *, key_id: int, digest: bytes, sealed: bytes
    ) -> None: ...


class RekeyUnitOfWork(Protocol):
    """One transaction of sealing anew."""

    @property
    def sealed(self) -> SealedValues: ...
    @property
    def audit(self) -> AuditLog: ...


class RekeyStore(Protocol):
    """The store, as sealing anew needs it."""

    def write(self) -> AbstractContextManager[RekeyUnitOfWork]: ...
    def read(self) -> AbstractContextManager[RekeyUnitOfWork]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Rekeyed:
    """How many values were sealed anew, how many were current, how many are lost."""

    renewed: int
    current: int
    lost: int


class _State(Enum):
    """How one stored value was found."""

    CURRENT = "current"  # under the key in use
    OLD = "old"
    LOST = "lost"  # no key of the ring opens it


_Begin = Callable[[], AbstractContextManager[RekeyUnitOfWork]]


class Rekey:
    """Looks at every sealed value, and seals it under the key in use."""

    def __init__(self, *, store: RekeyStore, keys: KeyRing, clock: Clock) -> None:
        self._store = store
        self._keys = keys
        self._clock = clock

    def run(self, actor: str) -> Rekeyed:
        """Seal anew whatever another key sealed; what does not open stays."""
        done = self._walk(renew=True)
        with self._store.write() as uow:
            record(
                uow,
                self._keys,
                actor=actor,
                action=Action.KEYS_ROTATED,
                subject="keys",
                details={"current": self._keys.current, "renewed": done.renewed},
                now=self._clock(),
            )
        return done

    def look(self) -> Rekeyed:
        """The same without writing: `renewed` are those that wait for it."""
        return self._walk(renew=False)

    def _walk(self, *, renew: bool) -> Rekeyed:
        begin = self._store.write if renew else self._store.read
        seen = Counter(self._secrets(begin, renew=renew))
        seen += Counter(self._numbers(begin, renew=renew))
        return Rekeyed(
            renewed=seen[_State.OLD],
            current=seen[_State.CURRENT],
            lost=seen[_State.LOST],
        )

    def _secrets(self, begin: _Begin, *, renew: bool) -> Iterator[_State]:
        for source in SealedSource:
            row = -1
            while True:
                with begin() as uow:
                    chunk = uow.sealed.secrets(source, row, _CHUNK)
                    states = [self._secret(uow, source, x, renew) for x in chunk]
                if not chunk:
                    break
                row = chunk[-1].row
                yield from states

    def _numbers(self, begin: _Begin, *, renew: bool) -> Iterator[_State]:
        after = (-1, "")
        while True:
            with begin() as uow:
                chunk = uow.sealed.numbers(after, _CHUNK)
                states = [self._number(uow, old, renew) for old in chunk]
            if not chunk:
                return
            after = (chunk[-1].patron_id, chunk[-1].kind.value)
            yield from states

    def _secret(
        self,
        uow: RekeyUnitOfWork,
        source: SealedSource,
        old: SealedSecret,
        renew: bool,
    ) -> _State:
        try:
            plain = self._opened(source, old)
        except SealBrokenError:
            return _State.LOST
        if old.sealed[0] == self._keys.current:
            return _State.CURRENT
        if renew:
            sealed = self._sealed(source, old.row, plain)
            uow.sealed.replace_secret(source, old, sealed)
        return _State.OLD

    def _number(
        self,
        uow: RekeyUnitOfWork,
        old: SealedNumber,
        renew: bool,
    ) -> _State:
        keys, current = self._keys, self._keys.current
        try:
            value = lookup.unseal(keys, old.patron_id, old.kind, old.sealed)
        except SealBrokenError:
            return _State.LOST
        if old.sealed[0] == old.key_id == current:
            return _State.CURRENT
        if renew:
            uow.sealed.replace_number(
                old,
                key_id=current,
                digest=lookup.digest(keys, old.kind, value),
                sealed=lookup.seal(keys, old.patron_id, old.kind, value),
            )
        return _State.OLD

    def _opened(self, source: SealedSource, old: SealedSecret) -> bytes:
        kind = _KINDS.get(source)
        if kind is not None:
            return open_secret(self._keys, kind, old.sealed)
        context = personal_context(old.row)
        return self._keys.open(Purpose.ENCRYPTION, old.sealed, context)

    def _sealed(self, source: SealedSource, row: int, plain: bytes) -> bytes:
        kind = _KINDS.get(source)
        if kind is not None:
            return seal_secret(self._keys, kind, plain)
        return self._keys.seal(Purpose.ENCRYPTION, plain, personal_context(row))
