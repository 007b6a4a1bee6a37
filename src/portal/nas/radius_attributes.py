"""Attributes that several dialects write the same way; a dialect picks its own."""

from portal.model.estate import Nas
from portal.model.outcome import DynauthRequest, Limits
from portal.radius.attributes import AttributeType, ChilliSpot, Vendor, Wispr
from portal.radius.packet import Packet
from portal.radius.values import (
    attribute,
    encode_address,
    encode_integer,
    encode_text,
    octets,
    parse_integer,
    split_octets,
    vsa,
)

_UINT32 = 0xFFFFFFFF
_UINT64 = 0xFFFFFFFFFFFFFFFF

_INPUT_OCTETS = int(AttributeType.ACCT_INPUT_OCTETS)
_OUTPUT_OCTETS = int(AttributeType.ACCT_OUTPUT_OCTETS)
_INPUT_GIGAWORDS = int(AttributeType.ACCT_INPUT_GIGAWORDS)
_OUTPUT_GIGAWORDS = int(AttributeType.ACCT_OUTPUT_GIGAWORDS)


def input_octets(packet: Packet) -> int:
    """Acct-Input-Octets with its Gigawords (RFC 2869 5.1); 0 without one."""
    return _counter(packet, _INPUT_OCTETS, _INPUT_GIGAWORDS)


def output_octets(packet: Packet) -> int:
    """Acct-Output-Octets with its Gigawords (RFC 2869 5.2); 0 without one."""
    return _counter(packet, _OUTPUT_OCTETS, _OUTPUT_GIGAWORDS)


def _counter(packet: Packet, low: int, high: int) -> int:
    value = packet.get(low)
    gigawords = packet.get(high)
    return octets(
        0 if value is None else parse_integer(value),
        None if gigawords is None else parse_integer(gigawords),
    )


def session_limits(limits: Limits, interim_interval: int) -> list[bytes]:
    """Every limit of a session, counted from its start; unlimited ones are left out."""
    written = [
        *_limit(AttributeType.SESSION_TIMEOUT, limits.timeout),
        *_limit(AttributeType.IDLE_TIMEOUT, limits.idle_timeout),
        *_rate(Wispr.BANDWIDTH_MAX_DOWN, limits.speed_down),
        *_rate(Wispr.BANDWIDTH_MAX_UP, limits.speed_up),
    ]
    if interim_interval > 0:
        interval = encode_integer(min(interim_interval, _UINT32))
        written.append(attribute(AttributeType.ACCT_INTERIM_INTERVAL, interval))
    if limits.octets is not None:
        written.extend(_octet_limit(limits.octets))
    return written


def _limit(number: AttributeType, value: int | None) -> list[bytes]:
    if value is None:
        return []
    # 0 means "no limit" to access servers: what is used up is told as the least.
    return [attribute(number, encode_integer(min(max(value, 1), _UINT32)))]


def _rate(number: Wispr, bits_per_second: int | None) -> list[bytes]:
    if bits_per_second is None:
        return []
    value = encode_integer(min(max(bits_per_second, 1), _UINT32))
    return [vsa(Vendor.WISPR, number, value)]


def _octet_limit(total: int) -> list[bytes]:
    # Max-Total alone: Max-Input and -Output turn with CoovaChilli's view point, so a
    # download limit sent as Output did not bite.
    low, gigawords = split_octets(min(max(total, 1), _UINT64))
    written = [vsa(Vendor.CHILLISPOT, ChilliSpot.MAX_TOTAL_OCTETS, encode_integer(low))]
    if gigawords:
        high = encode_integer(gigawords)
        written.append(vsa(Vendor.CHILLISPOT, ChilliSpot.MAX_TOTAL_GIGAWORDS, high))
    return written


def session_identification(request: DynauthRequest, nas: Nas) -> list[bytes]:
    """What names the session to its NAS (RFC 5176 section 3), and nothing else."""
    return [
        *_text(AttributeType.USER_NAME, request.user_name),
        *_text(AttributeType.ACCT_SESSION_ID, request.acct_session_id),
        *_nas_identification(nas),
    ]


def _nas_identification(nas: Nas) -> list[bytes]:
    if nas.identifier:
        return _text(AttributeType.NAS_IDENTIFIER, nas.identifier)
    if nas.address:
        value = encode_address(nas.address)
        v4, v6 = AttributeType.NAS_IP_ADDRESS, AttributeType.NAS_IPV6_ADDRESS
        return [attribute(v4 if len(value) == 4 else v6, value)]
    return []


def _text(number: AttributeType, text: str) -> list[bytes]:
    # RFC 2865 section 5: text of no length is not sent.
    return [attribute(number, encode_text(text))] if text else []
