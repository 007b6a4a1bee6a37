"""Shared secrets of RADIUS clients and access servers, sealed as the database has them.

A sealed secret is bound to what it is for: elsewhere it does not open.
"""

from enum import StrEnum

from portal.service.keys import KeyRing, Purpose


class SecretKind(StrEnum):
    """What a sealed secret is for; the value is sealed in."""

    RADIUS = "radius"  # of a client, or for dynamic authorization
    UAM = "uam"


def seal_secret(keys: KeyRing, kind: SecretKind, secret: bytes) -> bytes:
    return keys.seal(Purpose.ENCRYPTION, secret, _context(kind))


def open_secret(keys: KeyRing, kind: SecretKind, sealed: bytes) -> bytes:
    """The secret in clear. Raises SealBrokenError if no key of the ring opens it."""
    return keys.open(Purpose.ENCRYPTION, sealed, _context(kind))


def _context(kind: SecretKind) -> bytes:
    return f"secret {kind}".encode()
