"""The packet: its header, its attributes in wire order, and their framing.

Framing only. Values are decoded where they are used (values.py), and nothing here says
whether a packet is genuine (authenticator.py).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from portal.radius.attributes import AttributeType
from portal.radius.codes import Code
from portal.radius.errors import MalformedPacketError

HEADER_LENGTH = 20
# RFC 2866 section 3 says 4095 for accounting; RFC 2865's 4096 is taken for all.
MAX_LENGTH = 4096

_CODES = frozenset(int(code) for code in Code)
_VENDOR_SPECIFIC = int(AttributeType.VENDOR_SPECIFIC)
_PROXY_STATE = int(AttributeType.PROXY_STATE)
_MESSAGE_AUTHENTICATOR = int(AttributeType.MESSAGE_AUTHENTICATOR)


@dataclass(slots=True, repr=False)
class Packet:
    """A received packet: framing checked, values still raw, nothing verified."""

    code: int
    identifier: int
    authenticator: bytes
    attributes: list[tuple[int, bytes]]
    """(type, value) in wire order; values are the octets as they came."""
    raw: bytes
    """The packet's own octets, trimmed to its Length."""
    message_authenticator_at: int = 0
    """Offset in `raw` of the Message-Authenticator's 16 octets; 0 without one."""
    _first: dict[int, bytes] | None = field(default=None, init=False, compare=False)
    _vendor: dict[tuple[int, int], list[bytes]] | None = field(
        default=None, init=False, compare=False
    )

    def __repr__(self) -> str:
        # No attribute: a repr ends up in logs, and logs name nobody.
        return (
            f"<Packet code={self.code} identifier={self.identifier}"
            f" length={len(self.raw)} attributes={len(self.attributes)}>"
        )

    def get(self, number: int) -> bytes | None:
        """Return the first value of this attribute type, raw."""
        first = self._first
        if first is None:
            # Reversed, so that the first of several is the one that stays.
            first = self._first = dict(reversed(self.attributes))
        return first.get(number)

    def all(self, number: int) -> list[bytes]:
        """Return every value of this attribute type, raw, in wire order."""
        return [value for kind, value in self.attributes if kind == number]

    def vsa(self, vendor: int, number: int) -> bytes | None:
        """Return the first value of this vendor's attribute, raw."""
        values = self.vsas(vendor, number)
        return values[0] if values else None

    def vsas(self, vendor: int, number: int) -> list[bytes]:
        """Return every value of this vendor's attribute, raw, in wire order."""
        index = self._vendor
        if index is None:
            index = self._vendor = {}
            for kind, value in self.attributes:
                if kind == _VENDOR_SPECIFIC:
                    vendor_id, subattributes = split_vsa(value)
                    for sub_number, sub_value in subattributes:
                        index.setdefault((vendor_id, sub_number), []).append(sub_value)
        return index.get((vendor, number), [])

    def proxy_states(self) -> bytes:
        """Return the Proxy-State attributes, encoded, for the reply (RFC 2865 5.33)."""
        if self.get(_PROXY_STATE) is None:
            return b""
        return b"".join(
            bytes((_PROXY_STATE, len(value) + 2)) + value
            for kind, value in self.attributes
            if kind == _PROXY_STATE
        )


def parse(data: bytes) -> Packet:
    """Read one datagram; raise MalformedPacketError where RFC 2865 says discard.

    Octets beyond Length are padding (RFC 2865 section 3) and dropped. Two
    Message-Authenticators leave no answer to "which one counts": refused.
    """
    length = _checked_length(data)
    if len(data) > length:
        data = data[:length]
    attributes = []
    message_authenticator_at = 0
    offset = HEADER_LENGTH
    try:
        while offset < length:
            number = data[offset]
            size = data[offset + 1]
            end = offset + size
            if size < 2 or end > length:
                raise MalformedPacketError(f"attribute {number} has length {size}")
            if number == _MESSAGE_AUTHENTICATOR:
                if message_authenticator_at or size != 18:
                    raise MalformedPacketError("Message-Authenticator twice or cut")
                message_authenticator_at = offset + 2
            attributes.append((number, data[offset + 2 : end]))
            offset = end
    except IndexError:
        raise MalformedPacketError("one octet after the last attribute") from None
    return Packet(
        data[0], data[1], data[4:20], attributes, data, message_authenticator_at
    )


def _checked_length(data: bytes) -> int:
    if len(data) < HEADER_LENGTH:
        raise MalformedPacketError(f"{len(data)} octets are no RADIUS packet")
    length = data[2] << 8 | data[3]
    if not HEADER_LENGTH <= length <= MAX_LENGTH:
        raise MalformedPacketError(f"Length {length} is not within 20 to 4096")
    if length > len(data):
        raise MalformedPacketError(f"Length {length}, but {len(data)} octets came")
    if data[0] not in _CODES:
        raise MalformedPacketError(f"unknown code {data[0]}")
    return length


def split_vsa(value: bytes) -> tuple[int, list[tuple[int, bytes]]]:
    """Split a Vendor-Specific value into vendor and (type, value) pairs.

    RFC 2865 section 5.26 only SHOULD be followed by vendors: where the inner lengths
    do not add up the attribute is opaque, and the list is empty. A value too short
    for a vendor number has vendor 0, which no vendor has.
    """
    if len(value) < 4:
        return 0, []
    vendor = int.from_bytes(value[:4])
    found = []
    offset, end = 4, len(value)
    while offset < end:
        size = value[offset + 1] if offset + 1 < end else 0
        if size < 2 or offset + size > end:
            return vendor, []
        found.append((value[offset], value[offset + 2 : offset + size]))
        offset += size
    return vendor, found


def header(code: int, identifier: int, attributes_length: int) -> bytes:
    """Return code, identifier and Length; ValueError where they cannot be sent."""
    length = HEADER_LENGTH + attributes_length
    if length > MAX_LENGTH:
        raise ValueError(f"a packet of {length} octets is longer than {MAX_LENGTH}")
    return bytes((code, identifier, length >> 8, length & 0xFF))


def encode(
    code: int, identifier: int, authenticator: bytes, attributes: Iterable[bytes]
) -> bytes:
    """Frame encoded attributes as they are; nothing is signed."""
    if len(authenticator) != 16:
        raise ValueError("an authenticator has 16 octets")
    body = b"".join(attributes)
    return header(code, identifier, len(body)) + authenticator + body
