import re
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from portal.radius.attributes import AttributeType, Mikrotik, Vendor
from portal.radius.codes import Code
from portal.radius.errors import MalformedPacketError
from portal.radius.packet import Packet, encode, parse
from portal.radius.values import (
    attribute,
    describe,
    encode_address,
    encode_date,
    encode_integer,
    encode_text,
    integer,
    octets,
    parse_address,
    parse_date,
    parse_integer,
    parse_text,
    printable,
    split_octets,
    text,
    vsa,
)


def carrying(*attributes: bytes) -> Packet:
    return parse(encode(Code.ACCOUNTING_REQUEST, 0, bytes(16), attributes))


def unescaped(shown: str) -> bytes:
    parts = re.split(r"\\x([0-9a-f]{2})", shown)
    return b"".join(
        bytes.fromhex(part) if place % 2 else part.encode()
        for place, part in enumerate(parts)
    )


@given(st.binary(max_size=60))
@example(rb"\x00")
@example(b"\\x41")
@example("کاربر‌من".encode())
@example(b"\xc2\x85\xff\x00")
@settings(max_examples=300, deadline=None)
def test_printable_never_raises_and_loses_nothing(value: bytes) -> None:
    shown = printable(value)

    assert unescaped(shown) == value
    assert "\0" not in shown
    shown.encode()


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (b"nemo", "nemo"),
        (b"ne\0mo", r"ne\x00mo"),
        (b"ne\nmo\x1b[2J", r"ne\x0amo\x1b[2J"),
        (b"ne\xffmo", r"ne\xffmo"),
        (b"LIBRARY\\nemo", "LIBRARY\\nemo"),
        (rb"\x41", r"\x5cx41"),
        ("کتابخانه".encode(), "کتابخانه"),
        ("می‌خوانم".encode(), "می‌خوانم"),
        ("ک".encode()[:1], r"\xda"),
        ("\x85".encode(), r"\xc2\x85"),
    ],
)
def test_printable_escapes_control_and_undecodable_octets_only(
    value: bytes, shown: str
) -> None:
    assert printable(value) == shown


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=50, deadline=None)
def test_integers_and_dates_come_back(value: int) -> None:
    assert parse_integer(encode_integer(value)) == value
    assert parse_date(encode_date(value)) == value


@given(st.ip_addresses())
@settings(max_examples=50, deadline=None)
def test_addresses_come_back(address: object) -> None:
    assert parse_address(encode_address(str(address))) == str(address)


@pytest.mark.parametrize(
    ("parser", "value"),
    [
        (parse_integer, b""),
        (parse_integer, b"abc"),
        (parse_integer, b"abcde"),
        (parse_date, b"abcdefgh"),
        (parse_address, b"abc"),
        (parse_address, b"abcdefgh"),
        (parse_text, b"ne\xffmo"),
    ],
)
def test_a_value_of_the_wrong_shape_is_malformed(
    parser: Callable[[bytes], object], value: bytes
) -> None:
    with pytest.raises(MalformedPacketError):
        parser(value)


@pytest.mark.parametrize("value", [-1, 2**32])
def test_an_integer_beyond_32_bits_is_not_encoded(value: int) -> None:
    with pytest.raises(ValueError, match="32 bits"):
        encode_integer(value)


@given(st.text(max_size=300), st.integers(1, 253))
@settings(max_examples=200, deadline=None)
def test_long_text_is_cut_between_letters(words: str, limit: int) -> None:
    value = encode_text(words, limit)

    assert len(value) <= limit
    assert words.startswith(value.decode())
    assert len(words.encode()) <= limit or len(value) > limit - 4


def test_a_persian_message_keeps_126_letters() -> None:
    assert encode_text("ب" * 200) == ("ب" * 126).encode()


@given(st.integers(0, 2**64 - 1))
@settings(max_examples=100, deadline=None)
def test_a_64_bit_counter_is_split_and_joined(total: int) -> None:
    low, gigawords = split_octets(total)

    assert octets(low, gigawords) == total
    assert octets(low, None) == low


@pytest.mark.parametrize("total", [-1, 2**64])
def test_a_counter_beyond_64_bits_is_not_split(total: int) -> None:
    with pytest.raises(ValueError, match="64 bits"):
        split_octets(total)


@pytest.mark.parametrize("size", [0, 254])
def test_an_empty_or_too_long_attribute_is_not_framed(size: int) -> None:
    with pytest.raises(ValueError, match="attribute 25"):
        attribute(AttributeType.CLASS, bytes(size))


@pytest.mark.parametrize("size", [0, 248])
def test_an_empty_or_too_long_vendor_attribute_is_not_framed(size: int) -> None:
    with pytest.raises(ValueError, match="attribute 14988/8"):
        vsa(Vendor.MIKROTIK, Mikrotik.RATE_LIMIT, bytes(size))


def test_the_longest_attributes_are_framed() -> None:
    packet = carrying(attribute(25, b"c" * 253), vsa(14988, 8, b"r" * 247))

    assert packet.get(25) == b"c" * 253
    assert packet.vsa(14988, 8) == b"r" * 247


def test_values_of_a_packet_are_none_where_it_has_none() -> None:
    packet = carrying(
        attribute(AttributeType.ACCT_SESSION_TIME, encode_integer(5)),
        attribute(AttributeType.USER_NAME, b"ne\0mo"),
    )

    assert integer(packet, AttributeType.ACCT_SESSION_TIME) == 5
    assert text(packet, AttributeType.USER_NAME) == r"ne\x00mo"
    assert integer(packet, AttributeType.ACCT_DELAY_TIME) is None
    assert text(packet, AttributeType.CONNECT_INFO) is None


def test_a_description_survives_values_of_the_wrong_shape() -> None:
    packet = carrying(
        attribute(AttributeType.ACCT_SESSION_TIME, b"abc"),
        attribute(AttributeType.FRAMED_IP_ADDRESS, b"abc"),
        attribute(AttributeType.EVENT_TIMESTAMP, b"abc"),
        attribute(AttributeType.ACCT_TERMINATE_CAUSE, encode_integer(99)),
        attribute(AttributeType.USER_NAME, b"\xff"),
        vsa(Vendor.MIKROTIK, Mikrotik.HOST_IP, encode_address("10.5.5.2")),
        vsa(Vendor.MIKROTIK, 200, b"?"),
    )

    assert describe(packet)[1:] == [
        "Acct-Session-Time = 0x616263",
        "Framed-IP-Address = 0x616263",
        "Event-Timestamp = 0x616263",
        "Acct-Terminate-Cause = 99",
        r"User-Name = \xff",
        "Mikrotik-Host-IP = 10.5.5.2",
        "Vendor-14988-200 = 0x3f",
    ]


def test_a_description_hides_passwords_and_keys() -> None:
    packet = carrying(
        attribute(AttributeType.USER_PASSWORD, b"0123456789abcdef"),
        attribute(AttributeType.TUNNEL_PASSWORD, b"tunnel"),
        attribute(AttributeType.EAP_MESSAGE, b"secret"),
        vsa(Vendor.MICROSOFT, 16, b"key"),
    )

    assert describe(packet)[1:] == [
        "User-Password = (16 octets, hidden)",
        "Tunnel-Password = (6 octets, hidden)",
        "EAP-Message = (6 octets, hidden)",
        "MS-MPPE-Send-Key = (3 octets, hidden)",
    ]
