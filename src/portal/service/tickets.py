"""Tickets, Class values and status tokens: names that only this server can make.

A ticket's password is derived from its name and never stored, so PAP and CHAP can both
be checked (RFC 2865 5.2, 5.3) without a clear-text password in any database.
"""

import base64
import secrets
import struct

from portal.model.session import SessionRef
from portal.service.keys import KeyRing, Purpose, SealBrokenError, same

_CLASS = struct.Struct("!2sBIQ")  # magic, key number, month, session id
_CLASS_MAGIC = b"D1"
_CLASS_TAG = 12
_TOKEN = struct.Struct("!BIQ")
_TOKEN_TAG = 13


def _base32(data: bytes) -> str:
    return base64.b32encode(data).decode().rstrip("=").lower()


def new_grant_id(keys: KeyRing) -> str:
    """An opaque user name for RADIUS: key number and 80 random bits."""
    return f"g{keys.current}-{_base32(secrets.token_bytes(10))}"


def ticket_password(keys: KeyRing, grant_id: str) -> str | None:
    """The password that goes with a grant id; None for anything not ours."""
    number, dash, _ = grant_id[1:].partition("-")
    if grant_id[:1] != "g" or not dash or not number.isascii() or not number.isdigit():
        return None
    if len(number) > 3:
        return None
    try:
        tag = keys.tag(Purpose.TICKET, grant_id.encode(), int(number))
    except SealBrokenError:
        return None
    return _base32(tag[:15])


def class_value(keys: KeyRing, ref: SessionRef) -> bytes:
    """The Class of a session: it names the session and cannot be forged."""
    head = _CLASS.pack(_CLASS_MAGIC, keys.current, ref.month, ref.id)
    return head + keys.tag(Purpose.CLASS, head)[:_CLASS_TAG]


def read_class(keys: KeyRing, value: bytes) -> SessionRef | None:
    if len(value) != _CLASS.size + _CLASS_TAG or not value.startswith(_CLASS_MAGIC):
        return None
    head, tag = value[: _CLASS.size], value[_CLASS.size :]
    _, number, month, session_id = _CLASS.unpack(head)
    try:
        good = keys.tag(Purpose.CLASS, head, number)[:_CLASS_TAG]
    except SealBrokenError:
        return None
    return SessionRef(month, session_id) if same(good, tag) else None


class ClassReader:
    """Reads Class values and remembers genuine ones: they come with every record."""

    def __init__(self, keys: KeyRing, most: int = 65_536) -> None:
        self._keys = keys
        self._most = most
        self._genuine: dict[bytes, SessionRef] = {}

    def __call__(self, value: bytes) -> SessionRef | None:
        known = self._genuine.get(value)
        if known is not None:
            return known
        ref = read_class(self._keys, value)
        if ref is not None:
            if len(self._genuine) >= self._most:
                self._genuine.clear()
            self._genuine[value] = ref
        return ref


def status_token(keys: KeyRing, ref: SessionRef) -> str:
    """The address of a session's status page: unguessable, kept nowhere."""
    head = _TOKEN.pack(keys.current, ref.month, ref.id)
    return _base32(head + keys.tag(Purpose.STATUS, head)[:_TOKEN_TAG])


def read_status_token(keys: KeyRing, token: str) -> SessionRef | None:
    try:
        raw = base64.b32decode(token.upper() + "=" * (-len(token) % 8))
    except ValueError:
        return None
    if len(raw) != _TOKEN.size + _TOKEN_TAG:
        return None
    head, tag = raw[: _TOKEN.size], raw[_TOKEN.size :]
    number, month, session_id = _TOKEN.unpack(head)
    try:
        good = keys.tag(Purpose.STATUS, head, number)[:_TOKEN_TAG]
    except SealBrokenError:
        return None
    return SessionRef(month, session_id) if same(good, tag) else None
