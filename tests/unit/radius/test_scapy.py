"""A second opinion: scapy reads what we write, and we read what scapy writes."""

import pytest
from scapy.layers.radius import (
    Radius,
    RadiusAttr_Message_Authenticator,
    RadiusAttr_NAS_IP_Address,
    RadiusAttr_Session_Timeout,
    RadiusAttr_User_Name,
    RadiusAttr_Vendor_Specific,
    RadiusAttribute,
)

from portal.radius import requests
from portal.radius.attributes import AttributeType, Vendor, Wispr
from portal.radius.authenticator import (
    verify_accounting_request,
    verify_message_authenticator,
    verify_response,
)
from portal.radius.codes import Code
from portal.radius.packet import parse
from portal.radius.replies import access_reply
from portal.radius.secret import SharedSecret
from portal.radius.values import (
    attribute,
    encode_address,
    encode_integer,
    integer,
    parse_address,
    text,
    vsa,
)
from tests.vectors.pcap import read

SHARED = b"xyzzy5461"
SECRET = SharedSecret(SHARED)
AUTHENTICATOR = bytes(range(16))
ATTRIBUTES = [
    attribute(AttributeType.USER_NAME, b"nemo"),
    attribute(AttributeType.NAS_IP_ADDRESS, encode_address("192.168.1.16")),
    attribute(AttributeType.SESSION_TIMEOUT, encode_integer(600)),
    vsa(Vendor.WISPR, Wispr.BANDWIDTH_MAX_UP, encode_integer(2_000_000)),
]


def scapys(code: int, *attributes: RadiusAttribute) -> Radius:
    return Radius(
        code=code, id=7, authenticator=AUTHENTICATOR, attributes=list(attributes)
    )


def test_we_read_what_scapy_writes() -> None:
    written = scapys(
        Code.ACCESS_REQUEST,
        RadiusAttr_User_Name(value=b"nemo"),
        RadiusAttr_NAS_IP_Address(value="192.168.1.16"),
        RadiusAttr_Session_Timeout(value=600),
        RadiusAttr_Vendor_Specific(
            vendor_id=Vendor.WISPR,
            vendor_type=Wispr.BANDWIDTH_MAX_UP,
            value=encode_integer(2_000_000),
        ),
    )

    packet = parse(bytes(written))

    assert text(packet, AttributeType.USER_NAME) == "nemo"
    assert parse_address(packet.get(AttributeType.NAS_IP_ADDRESS) or b"") == (
        "192.168.1.16"
    )
    assert integer(packet, AttributeType.SESSION_TIMEOUT) == 600
    assert packet.vsa(Vendor.WISPR, Wispr.BANDWIDTH_MAX_UP) == (
        encode_integer(2_000_000)
    )
    assert [attribute(*each) for each in packet.attributes] == ATTRIBUTES


def test_scapy_reads_what_we_write() -> None:
    sent = requests.access_request(7, AUTHENTICATOR, ATTRIBUTES, SECRET)

    read_back = Radius(sent)

    assert (read_back.code, read_back.id, read_back.len) == (1, 7, len(sent))
    assert read_back.authenticator == AUTHENTICATOR
    assert [each.type for each in read_back.attributes] == [80, 1, 4, 27, 26]
    assert read_back.attributes[1].value == b"nemo"
    assert read_back.attributes[2].value == "192.168.1.16"
    assert read_back.attributes[3].value == 600
    assert read_back.attributes[4].vendor_id == Vendor.WISPR
    assert bytes(read_back) == sent


def test_scapys_message_authenticator_is_ours() -> None:
    written = scapys(
        Code.ACCESS_REQUEST,
        RadiusAttr_Message_Authenticator(),
        RadiusAttr_User_Name(value=b"nemo"),
    )
    signature = RadiusAttr_Message_Authenticator.compute_message_authenticator(
        written, AUTHENTICATOR, SHARED
    )
    written[RadiusAttr_Message_Authenticator].value = signature

    packet = parse(bytes(written))

    assert verify_message_authenticator(packet, SECRET) is True
    assert packet.raw == requests.access_request(
        7, AUTHENTICATOR, ATTRIBUTES[:1], SECRET
    )


def test_scapys_request_authenticator_of_accounting_is_ours() -> None:
    sent = requests.accounting_request(7, ATTRIBUTES, SECRET)

    expected = Radius(sent).compute_authenticator(bytes(16), SHARED)

    assert sent[4:20] == expected
    assert verify_accounting_request(parse(sent), SECRET)


def test_scapys_response_authenticator_is_ours() -> None:
    request = parse(requests.access_request(7, AUTHENTICATOR, ATTRIBUTES, SECRET))
    reply = access_reply(Code.ACCESS_ACCEPT, request, SECRET, ATTRIBUTES)

    expected = Radius(reply).compute_authenticator(AUTHENTICATOR, SHARED)

    assert reply[4:20] == expected
    assert verify_response(parse(reply), AUTHENTICATOR, SECRET)


@pytest.mark.parametrize("name", ["coovachilli-1.9", "hostapd-dot1x"])
def test_scapy_and_we_see_the_same_attributes_in_every_capture(name: str) -> None:
    for each in read(name):
        ours = parse(each.payload)
        theirs = Radius(each.payload)

        # scapy joins the fragments of an EAP-Message, which always stand together.
        kinds = [kind for kind, _ in ours.attributes]
        extra = max(kinds.count(AttributeType.EAP_MESSAGE) - 1, 0)
        for _ in range(extra):
            kinds.remove(AttributeType.EAP_MESSAGE)
        assert kinds == [attr.type for attr in theirs.attributes]
