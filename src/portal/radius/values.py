r"""What attribute values mean: numbers, text, addresses, instants, and their framing.

Parsing is strict and raises MalformedPacketError; `printable` is the total function
for text that came from outside and has to be stored, searched or shown.
"""

import re
from datetime import UTC, datetime
from enum import IntEnum
from ipaddress import IPv4Address, IPv6Address, ip_address

from portal.radius.attributes import AttributeType
from portal.radius.codes import Code
from portal.radius.dictionary import MEANINGS, STANDARD, VENDOR, Kind, name
from portal.radius.errors import MalformedPacketError
from portal.radius.packet import Packet, split_vsa

MAX_VALUE_LENGTH = 253
MAX_VSA_LENGTH = 247  # vendor number, type and length take six octets of the 253

_VENDOR_SPECIFIC = int(AttributeType.VENDOR_SPECIFIC)
_UINT32 = 0xFFFFFFFF
# Control characters of both sets, undecodable octets (as surrogateescape leaves them),
# and a backslash that would read as an escape of ours.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\udc80-\udcff]|\\(?=x[0-9a-f]{2})")


def parse_integer(value: bytes) -> int:
    """Read the 32-bit unsigned integer of RFC 2865 section 5."""
    if len(value) != 4:
        raise MalformedPacketError(f"an integer of {len(value)} octets")
    return int.from_bytes(value)


def parse_text(value: bytes) -> str:
    """Read UTF-8 strictly, for names and passwords that are compared."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise MalformedPacketError("text is not UTF-8") from None


def parse_address(value: bytes) -> str:
    """Read an IPv4 (4 octets) or IPv6 (16 octets) address, in its usual spelling."""
    match len(value):
        case 4:
            return str(IPv4Address(value))
        case 16:
            return str(IPv6Address(value))
        case length:
            raise MalformedPacketError(f"an address of {length} octets")


def parse_date(value: bytes) -> int:
    """Read seconds since 1970 UTC, unsigned: good until 2106 (RFC 2869 5.3)."""
    return parse_integer(value)


def printable(value: bytes) -> str:
    r"""Decode UTF-8, each control or undecodable octet as \xNN; never raises.

    PostgreSQL stores no NUL, terminals obey escapes, and a NAS sends what it likes. The
    result is unambiguous (a backslash before xNN is itself written \x5c), so equal text
    means equal octets.
    """
    text = value.decode(errors="surrogateescape")
    if text.isprintable() and "\\" not in text:
        return text
    return _UNSAFE.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    octets = match[0].encode(errors="surrogateescape")
    return "".join(f"\\x{octet:02x}" for octet in octets)


def octets(low: int, gigawords: int | None) -> int:
    """Join a 64-bit counter that RFC 2869 sections 5.1 and 5.2 send in two halves.

    A NAS that never sends the high half means zero, not "unknown".
    """
    return (gigawords or 0) << 32 | low


def split_octets(total: int) -> tuple[int, int]:
    """Return (low 32 bits, Gigawords) of a 64-bit counter or limit."""
    if not 0 <= total < 1 << 64:
        raise ValueError(f"{total} octets do not fit 64 bits")
    return total & _UINT32, total >> 32


def encode_integer(value: int) -> bytes:
    """Return four octets; ValueError outside 32 bits unsigned."""
    if not 0 <= value <= _UINT32:
        raise ValueError(f"{value} does not fit 32 bits")
    return value.to_bytes(4)


def encode_text(text: str, limit: int = MAX_VALUE_LENGTH) -> bytes:
    """Return UTF-8, cut before the letter that would pass `limit` octets."""
    value = text.encode()
    if len(value) <= limit:
        return value
    return value[:limit].decode(errors="ignore").encode()


def encode_address(address: str | IPv4Address | IPv6Address) -> bytes:
    """Return 4 or 16 octets; ValueError for what is no address."""
    return ip_address(address).packed


def encode_date(epoch: int) -> bytes:
    """Return four octets for seconds since 1970 UTC."""
    return encode_integer(epoch)


def attribute(number: int, value: bytes) -> bytes:
    """Frame one attribute; ValueError if empty (RFC 2865 5: omit it) or >253."""
    if not 1 <= len(value) <= MAX_VALUE_LENGTH:
        raise ValueError(f"attribute {number} with {len(value)} octets")
    return bytes((number, len(value) + 2)) + value


def vsa(vendor: int, number: int, value: bytes) -> bytes:
    """Frame one vendor attribute, alone in its Vendor-Specific (RFC 2865 5.26)."""
    if not 1 <= len(value) <= MAX_VSA_LENGTH:
        raise ValueError(f"attribute {vendor}/{number} with {len(value)} octets")
    size = len(value)
    head = bytes((_VENDOR_SPECIFIC, size + 8))
    return head + vendor.to_bytes(4) + bytes((number, size + 2)) + value


def integer(packet: Packet, number: int) -> int | None:
    """Return the first value of this attribute as an integer, None without one."""
    value = packet.get(number)
    return None if value is None else parse_integer(value)


def text(packet: Packet, number: int) -> str | None:
    """Return the first value of this attribute as `printable`, None without one."""
    value = packet.get(number)
    return None if value is None else printable(value)


def describe(packet: Packet) -> list[str]:
    """Return the packet in lines for a person; passwords and keys are not shown."""
    shown = [
        f"{name(Code(packet.code))} id {packet.identifier}, {len(packet.raw)} octets"
    ]
    for number, value in packet.attributes:
        vendor, inner = split_vsa(value) if number == _VENDOR_SPECIFIC else (0, [])
        for sub_number, sub_value in inner:
            unknown = (f"Vendor-{vendor}-{sub_number}", Kind.OCTETS)
            label, kind = VENDOR.get((vendor, sub_number), unknown)
            shown.append(f"{label} = {_shown(kind, sub_value)}")
        if not inner:
            label, kind = STANDARD.get(number, (f"Attribute-{number}", Kind.OCTETS))
            shown.append(f"{label} = {_shown(kind, value, MEANINGS.get(number))}")
    return shown


def _shown(kind: Kind, value: bytes, names: type[IntEnum] | None = None) -> str:
    match kind, len(value):
        case Kind.SECRET, length:
            return f"({length} octets, hidden)"
        case Kind.TEXT, _:
            return printable(value)
        case Kind.INTEGER, 4:
            number = parse_integer(value)
            if names is not None and number in set(names):
                return f"{name(names(number))} ({number})"
            return str(number)
        case Kind.ADDRESS, 4 | 16:
            return parse_address(value)
        case Kind.DATE, 4:
            return datetime.fromtimestamp(parse_date(value), UTC).isoformat()
        case _:
            return f"0x{value.hex()}"
