"""The shared secret and the three keyed sums that RADIUS makes with it.

MD5 is what the protocol prescribes (RFC 2865 section 3, RFC 3579 section 3.2); what it
cannot protect any more is why Message-Authenticator comes first in our replies.
"""

from functools import partial
from hashlib import md5

# `usedforsecurity`: a machine in FIPS mode would refuse MD5 otherwise.
_md5 = partial(md5, usedforsecurity=False)
_BLOCK = 64
_INNER = bytes(octet ^ 0x36 for octet in range(256))
_OUTER = bytes(octet ^ 0x5C for octet in range(256))


class SharedSecret:
    """A RADIUS shared secret that signs, and does not print."""

    # The hash states after the secret are kept and copied for each packet: half the
    # price of keying HMAC-MD5 anew.
    __slots__ = ("_inner", "_outer", "_prefix", "_value")

    def __init__(self, value: bytes) -> None:
        if not value:
            # RFC 2865 section 3: "MUST NOT be zero length"; anybody could forge.
            raise ValueError("a shared secret must not be empty")
        self._value = bytes(value)
        key = value if len(value) <= _BLOCK else _md5(value).digest()
        key = key.ljust(_BLOCK, b"\0")
        self._inner = _md5(key.translate(_INNER))
        self._outer = _md5(key.translate(_OUTER))
        self._prefix = _md5(value)

    def __repr__(self) -> str:
        return "SharedSecret(hidden)"

    def authenticator(self, octets: bytes) -> bytes:
        """Return MD5(octets | secret): Response and accounting authenticators."""
        return _md5(octets + self._value).digest()

    def hmac(self, octets: bytes) -> bytes:
        """Return HMAC-MD5(secret, octets): Message-Authenticator (RFC 3579 3.2)."""
        inner = self._inner.copy()
        inner.update(octets)
        outer = self._outer.copy()
        outer.update(inner.digest())
        return outer.digest()

    def keystream(self, previous: bytes) -> bytes:
        """Return MD5(secret | previous block): hides passwords (RFC 2865 5.2)."""
        state = self._prefix.copy()
        state.update(previous)
        return state.digest()
