"""The key ring: purpose keys derived from numbered root keys.

Every token and ciphertext names its root key, so that a new key can be added and the
old ones still read. Reading and writing the file is not this module's job.
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE = 12


class Purpose(StrEnum):
    """What a derived key is for; one purpose's key never serves another."""

    BROWSER = "browser session"
    STATE = "state"
    STATUS = "status address"
    TICKET = "ticket"
    CLASS = "class"
    ENCRYPTION = "encryption"
    LOOKUP = "look-up"
    PIN = "pin"
    AUDIT = "audit"


class SealBrokenError(Exception):
    """A token or ciphertext that no key of this ring opens, or that was altered."""


@lru_cache(maxsize=256)
def _derive(root: bytes, purpose: str) -> bytes:
    return HKDF(
        algorithm=SHA256(), length=32, salt=None, info=f"portal {purpose}".encode()
    ).derive(root)


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Root keys by number (1..255); the highest number is the one in use."""

    _roots: Mapping[int, bytes] = field(repr=False)

    def __post_init__(self) -> None:
        if not self._roots:
            raise ValueError("a key ring needs a key")
        if any(not 1 <= n <= 255 or len(k) < 32 for n, k in self._roots.items()):
            raise ValueError("keys are numbered 1 to 255 and at least 32 octets long")

    @property
    def current(self) -> int:
        return max(self._roots)

    @property
    def numbers(self) -> tuple[int, ...]:
        """Key numbers, the one in use first."""
        return tuple(sorted(self._roots, reverse=True))

    def key(self, purpose: Purpose, number: int) -> bytes:
        try:
            return _derive(self._roots[number], purpose.value)
        except KeyError:
            raise SealBrokenError(f"no key {number} on the ring") from None

    def tag(self, purpose: Purpose, data: bytes, number: int | None = None) -> bytes:
        """HMAC-SHA256, 32 octets."""
        return hmac.digest(self.key(purpose, number or self.current), data, "sha256")

    def digests(self, purpose: Purpose, data: bytes) -> list[tuple[int, bytes]]:
        """(key number, keyed hash) under every key, the one in use first."""
        return [(n, self.tag(purpose, data, n)) for n in self.numbers]

    def seal(self, purpose: Purpose, plain: bytes, context: bytes = b"") -> bytes:
        """AES-256-GCM: key number (1) | nonce (12) | ciphertext and tag."""
        nonce = secrets.token_bytes(_NONCE)
        cipher = AESGCM(self.key(purpose, self.current))
        return bytes([self.current]) + nonce + cipher.encrypt(nonce, plain, context)

    def open(self, purpose: Purpose, sealed: bytes, context: bytes = b"") -> bytes:
        if len(sealed) < 1 + _NONCE + 16:
            raise SealBrokenError("too short")
        cipher = AESGCM(self.key(purpose, sealed[0]))
        nonce, text = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
        try:
            return cipher.decrypt(nonce, text, context)
        except InvalidTag:
            raise SealBrokenError("altered, or for another purpose") from None

    def seal_state(self, fields: Mapping[str, Any], expires_at: datetime) -> str:
        """A sealed, expiring field set for a form or an address (base64url)."""
        body = {"x": int(expires_at.timestamp()), **fields}
        plain = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
        sealed = self.seal(Purpose.STATE, plain)
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def open_state(self, text: str, now: datetime) -> tuple[dict[str, Any], bool]:
        """The fields and whether they are still fresh.

        Raises SealBrokenError for anything this ring did not seal.
        """
        try:
            raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except ValueError:
            raise SealBrokenError("not base64") from None
        fields = json.loads(self.open(Purpose.STATE, raw))
        return fields, fields.pop("x") >= int(now.timestamp())


def same(left: bytes, right: bytes) -> bool:
    """Comparison in constant time."""
    return hmac.compare_digest(left, right)


def fingerprint(data: bytes) -> int:
    """A 63-bit unkeyed hash, for record keys that only need to be distinct."""
    digest = hashlib.blake2b(data, digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1
