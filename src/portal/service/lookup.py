"""Keyed hashes by which a person's numbers are found, and their sealed form.

The hash covers the kind and the canonical value, so equal digits of two kinds differ;
the sealed form is bound to its patron, so that rows cannot be exchanged.
"""

from collections.abc import Mapping

from portal.model.identifiers import IdentifierKind
from portal.service.keys import KeyRing, Purpose


def digest(keys: KeyRing, kind: IdentifierKind, value: str) -> bytes:
    """The hash to store, under the key in use."""
    return keys.tag(Purpose.LOOKUP, _text(kind, value))


def digests(
    keys: KeyRing, kinds: Mapping[IdentifierKind, str]
) -> dict[str, list[bytes]]:
    """The hashes to look for, by kind, under every key of the ring.

    `kinds` is what `portal.model.identifiers.kinds` makes of a typed number.
    """
    return {
        kind.value: [found for _, found in keys.digests(Purpose.LOOKUP, _text(kind, v))]
        for kind, v in kinds.items()
    }


def seal(keys: KeyRing, patron_id: int, kind: IdentifierKind, value: str) -> bytes:
    return keys.seal(Purpose.ENCRYPTION, value.encode(), context(patron_id, kind))


def unseal(keys: KeyRing, patron_id: int, kind: IdentifierKind, sealed: bytes) -> str:
    """Raises SealBrokenError where the ring no longer opens it."""
    return keys.open(Purpose.ENCRYPTION, sealed, context(patron_id, kind)).decode()


def context(patron_id: int, kind: IdentifierKind) -> bytes:
    """What a sealed number is bound to; a rotation of keys needs it too."""
    return f"patron {patron_id} {kind.value}".encode()


def _text(kind: IdentifierKind, value: str) -> bytes:
    return f"{kind.value}:{value}".encode()
