from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from portal.radius.attributes import AttributeType, Vendor
from portal.radius.authenticator import (
    password,
    verify_accounting_request,
    verify_chap,
    verify_message_authenticator,
    verify_reply,
)
from portal.radius.codes import Code
from portal.radius.dynauth import error_cause, verify_dynauth_request
from portal.radius.errors import MalformedPacketError
from portal.radius.packet import Packet, encode, parse, split_vsa
from portal.radius.secret import SharedSecret
from portal.radius.values import attribute, describe, vsa
from tests.vectors.pcap import RADIUS_SECRET, read

SECRET = SharedSecret(RADIUS_SECRET)
AUTHENTICATOR = bytes(range(16))
CAPTURED = [
    each.payload for name in ("coovachilli-1.9", "hostapd-dot1x") for each in read(name)
]

plain_types = st.integers(0, 255).filter(
    lambda number: number != AttributeType.MESSAGE_AUTHENTICATOR
)
tlvs = st.builds(attribute, plain_types, st.binary(min_size=1, max_size=253))


def request(*attributes: bytes) -> bytes:
    return encode(Code.ACCESS_REQUEST, 7, AUTHENTICATOR, attributes)


def with_length(data: bytes, length: int) -> bytes:
    return data[:2] + length.to_bytes(2) + data[4:]


@given(st.sampled_from(Code), st.integers(0, 255), st.lists(tlvs, max_size=15))
@settings(max_examples=100, deadline=None)
def test_what_is_encoded_is_parsed_back(
    code: Code, identifier: int, attributes: list[bytes]
) -> None:
    packet = parse(encode(code, identifier, AUTHENTICATOR, attributes))

    assert (packet.code, packet.identifier) == (code, identifier)
    assert packet.authenticator == AUTHENTICATOR
    assert [attribute(*each) for each in packet.attributes] == attributes


def exercise(packet: Packet) -> None:
    """Ask a packet for everything that does not need a secret."""
    packet.proxy_states()
    packet.vsas(Vendor.WISPR, 7)
    for number, value in packet.attributes:
        assert packet.get(number) == packet.all(number)[0]
        assert value in packet.all(number)
    assert len(describe(packet)) > len(packet.attributes) - 1


def exercise_with_secret(packet: Packet) -> None:
    """Verify and decode; what cannot be decoded is malformed, nothing worse."""
    verify_accounting_request(packet, SECRET)
    verify_dynauth_request(packet, SECRET)
    verify_reply(packet, packet.raw, SECRET)
    verify_message_authenticator(packet, SECRET, AUTHENTICATOR)
    for decode in (
        lambda: password(packet, SECRET),
        lambda: verify_chap(packet, b"wonderland"),
        lambda: error_cause(packet),
    ):
        with suppress(MalformedPacketError):
            decode()


@given(st.binary(max_size=300))
@example(b"")
@example(bytes(20))
@example(b"\x01\x00\x00\x15" + bytes(16) + b"\x01")
@settings(max_examples=300, deadline=None)
def test_any_octets_parse_or_are_malformed_and_nothing_else(data: bytes) -> None:
    try:
        packet = parse(data)
    except MalformedPacketError:
        return

    exercise(packet)


@given(
    st.sampled_from(CAPTURED),
    st.lists(st.tuples(st.integers(0, 259), st.integers(0, 255)), max_size=4),
    st.integers(0, 260),
)
@settings(max_examples=400, deadline=None)
def test_a_damaged_capture_parses_or_is_malformed_and_nothing_else(
    data: bytes, damage: list[tuple[int, int]], kept: int
) -> None:
    octets = bytearray(data)
    for place, value in damage:
        octets[place % len(octets)] = value

    # Whole as well as cut, and with the Length made to fit, so that damage gets in.
    for candidate in (octets, octets[: max(kept, 20)]):
        fitted = with_length(bytes(candidate), len(candidate))
        for damaged in (bytes(candidate), fitted):
            try:
                packet = parse(damaged)
            except MalformedPacketError:
                continue
            exercise(packet)
            exercise_with_secret(packet)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "0 octets"),
        (request()[:19], "19 octets"),
        (with_length(request(), 19), "Length 19"),
        (with_length(request() + bytes(5000), 4097), "Length 4097"),
        (with_length(request(), 21), "Length 21, but 20"),
        (b"\x00" + request()[1:], "unknown code 0"),
        (b"\x06" + request()[1:], "unknown code 6"),
        (encode(1, 0, AUTHENTICATOR, [b"\x01\x01x"]), "attribute 1 has length 1"),
        (encode(1, 0, AUTHENTICATOR, [b"\x01\x00"]), "attribute 1 has length 0"),
        (encode(1, 0, AUTHENTICATOR, [b"\x01\x05xx"]), "attribute 1 has length 5"),
        (encode(1, 0, AUTHENTICATOR, [b"\x01\x03x\x01"]), "one octet after"),
        (request(b"\x50\x11" + bytes(15)), "Message-Authenticator"),
        (request(b"\x50\x12" + bytes(16), b"\x50\x12" + bytes(16)), "twice"),
    ],
)
def test_a_packet_that_breaks_a_length_rule_is_malformed(
    data: bytes, reason: str
) -> None:
    with pytest.raises(MalformedPacketError, match=reason) as raised:
        parse(data)

    assert reason in raised.value.reason


def test_octets_beyond_length_are_padding() -> None:
    data = request(attribute(AttributeType.USER_NAME, b"nemo"))

    packet = parse(data + b"padding")

    assert packet.raw == data
    assert packet.attributes == [(AttributeType.USER_NAME, b"nemo")]


def test_the_longest_packet_is_4096_octets() -> None:
    body = [attribute(26, bytes(253))] * 15 + [attribute(26, bytes(249))]

    data = request(*body)

    assert len(data) == 4096
    assert len(parse(data).attributes) == 16
    with pytest.raises(ValueError, match="4097"):
        request(*body[:-1], attribute(26, bytes(250)))


def test_an_empty_value_is_read_though_nobody_should_send_it() -> None:
    packet = parse(request(b"\x01\x02"))

    assert packet.get(AttributeType.USER_NAME) == b""


def test_several_values_stay_in_wire_order_and_get_returns_the_first() -> None:
    packet = parse(
        request(attribute(25, b"one"), attribute(1, b"nemo"), attribute(25, b"two"))
    )

    assert packet.get(AttributeType.CLASS) == b"one"
    assert packet.all(AttributeType.CLASS) == [b"one", b"two"]
    assert packet.get(AttributeType.STATE) is None
    assert packet.all(AttributeType.STATE) == []


def test_proxy_states_come_back_encoded_in_order() -> None:
    states = [attribute(33, b"near"), attribute(33, b"far")]
    packet = parse(request(states[0], attribute(1, b"nemo"), states[1]))

    assert packet.proxy_states() == b"".join(states)
    assert parse(request()).proxy_states() == b""


def test_a_vendor_attribute_is_found_by_vendor_and_type() -> None:
    packet = parse(
        request(vsa(14122, 7, b"up"), vsa(14122, 7, b"again"), vsa(14988, 8, b"1M"))
    )

    assert packet.vsa(14122, 7) == b"up"
    assert packet.vsas(14122, 7) == [b"up", b"again"]
    assert packet.vsa(14988, 8) == b"1M"
    assert packet.vsa(14988, 7) is None


def test_several_attributes_in_one_vendor_specific_are_all_found() -> None:
    value = (14122).to_bytes(4) + b"\x07\x06abcd" + b"\x08\x03z"
    packet = parse(request(attribute(26, value)))

    assert packet.vsa(14122, 7) == b"abcd"
    assert packet.vsa(14122, 8) == b"z"


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"\x00\x00\x37",
        (14122).to_bytes(4) + b"\x07",
        (14122).to_bytes(4) + b"\x07\x01",
        (14122).to_bytes(4) + b"\x07\x07abcd",
        (14122).to_bytes(4) + b"\x07\x06abcd\x08\x00",
    ],
)
def test_a_vendor_attribute_whose_lengths_lie_is_opaque(value: bytes) -> None:
    packet = parse(request(b"\x1a" + bytes((len(value) + 2,)) + value))

    assert split_vsa(value)[1] == []
    assert packet.vsa(14122, 7) is None
    assert packet.get(AttributeType.VENDOR_SPECIFIC) == value
    assert describe(packet)[1].startswith("Vendor-Specific = 0x")


def test_extended_attributes_are_opaque() -> None:
    packet = parse(request(attribute(241, b"\x01\x00"), attribute(246, b"\x1a")))

    assert packet.get(241) == b"\x01\x00"
    assert describe(packet)[1] == "Attribute-241 = 0x0100"


def test_a_repr_names_nobody() -> None:
    packet = parse(request(attribute(AttributeType.USER_NAME, b"nemo")))

    assert "nemo" not in repr(packet)
    assert repr(packet) == "<Packet code=1 identifier=7 length=26 attributes=1>"


@pytest.mark.parametrize("identifier", [-1, 256])
def test_an_identifier_beyond_one_octet_is_not_encoded(identifier: int) -> None:
    with pytest.raises(ValueError, match="range"):
        encode(Code.ACCESS_REQUEST, identifier, AUTHENTICATOR, [])


def test_an_authenticator_of_another_length_is_not_encoded() -> None:
    with pytest.raises(ValueError, match="16 octets"):
        encode(Code.ACCESS_REQUEST, 0, b"short", [])
