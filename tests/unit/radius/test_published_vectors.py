"""Packets that others published, both ways: what we read, and what we would send."""

import pytest

from portal.radius import dynauth, replies, requests
from portal.radius.attributes import AttributeType
from portal.radius.authenticator import (
    password,
    verify_accounting_request,
    verify_chap,
    verify_message_authenticator,
    verify_response,
)
from portal.radius.codes import AcctStatusType, Code, ErrorCause, TerminateCause
from portal.radius.packet import Packet, encode, parse
from portal.radius.secret import SharedSecret
from portal.radius.values import (
    attribute,
    encode_address,
    encode_date,
    encode_integer,
    encode_text,
    integer,
    octets,
    text,
)
from tests.vectors import published

SECRET = SharedSecret(published.SECRET)
NEMO = attribute(AttributeType.USER_NAME, b"nemo")
NAS = attribute(AttributeType.NAS_IP_ADDRESS, encode_address("192.168.1.16"))
SESSION = attribute(AttributeType.ACCT_SESSION_ID, b"5F3A0001")


def number(kind: AttributeType, value: int) -> bytes:
    return attribute(kind, encode_integer(value))


def nemos_request() -> Packet:
    return parse(published.SIGNED_ACCESS_REQUEST)


@pytest.mark.parametrize(
    "name", [name for name in vars(published) if name.isupper() and name != "SECRET"]
)
def test_every_published_packet_is_framed_again_octet_for_octet(name: str) -> None:
    octets_on_the_wire = getattr(published, name)

    packet = parse(octets_on_the_wire)

    again = [attribute(kind, value) for kind, value in packet.attributes]
    assert (
        encode(packet.code, packet.identifier, packet.authenticator, again)
        == octets_on_the_wire
    )


def test_rfc2865_7_1_telnet_to_a_specified_host() -> None:
    request = parse(published.RFC2865_7_1_REQUEST)
    accept = parse(published.RFC2865_7_1_ACCEPT)

    assert request.code == Code.ACCESS_REQUEST
    assert text(request, AttributeType.USER_NAME) == "nemo"
    assert password(request, SECRET) == b"arctangent"
    assert verify_message_authenticator(request, SECRET) is None
    assert verify_response(accept, request.authenticator, SECRET)


def test_rfc2865_7_1_request_is_built_octet_for_octet() -> None:
    authenticator = published.RFC2865_7_1_REQUEST[4:20]

    built = requests.access_request(
        0,
        authenticator,
        [
            NEMO,
            requests.user_password(b"arctangent", authenticator, SECRET),
            NAS,
            number(AttributeType.NAS_PORT, 3),
        ],
        SECRET,
        message_authenticator=False,
    )

    assert built == published.RFC2865_7_1_REQUEST


def test_rfc2865_7_2_framed_user_authenticating_with_chap() -> None:
    request = parse(published.RFC2865_7_2_REQUEST)
    accept = parse(published.RFC2865_7_2_ACCEPT)

    assert text(request, AttributeType.USER_NAME) == "flopsy"
    assert password(request, SECRET) is None
    assert verify_chap(request, b"arctangent")
    assert not verify_chap(request, b"arctangen")
    assert verify_response(accept, request.authenticator, SECRET)


def test_rfc2865_7_3_user_with_challenge_response_card() -> None:
    first = parse(published.RFC2865_7_3_REQUEST)
    challenge = parse(published.RFC2865_7_3_CHALLENGE)
    second = parse(published.RFC2865_7_3_RESPONSE_REQUEST)
    reject = parse(published.RFC2865_7_3_REJECT)

    assert password(first, SECRET) == b"challenge"
    assert verify_response(challenge, first.authenticator, SECRET)
    assert challenge.get(AttributeType.STATE) == b"32769430"
    assert password(second, SECRET) == b"99101462"
    assert second.get(AttributeType.STATE) == b"32769430"
    assert verify_response(reject, second.authenticator, SECRET)


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (published.RFC5997_6_1_REQUEST, published.RFC5997_6_1_ACCEPT),
        (published.RFC5997_6_2_REQUEST, published.RFC5997_6_2_RESPONSE),
    ],
    ids=["authentication port", "accounting port"],
)
def test_rfc5997_6_status_server(sent: bytes, answer: bytes) -> None:
    request = parse(sent)

    assert verify_message_authenticator(request, SECRET) is True
    assert verify_response(parse(answer), request.authenticator, SECRET)
    assert (
        requests.status_server(request.identifier, request.authenticator, SECRET)
        == sent
    )


def test_signed_access_request_is_read_and_built_octet_for_octet() -> None:
    request = nemos_request()

    built = requests.access_request(
        request.identifier,
        request.authenticator,
        [
            NEMO,
            requests.user_password(b"arctangent", request.authenticator, SECRET),
            NAS,
            number(AttributeType.NAS_PORT, 3),
        ],
        SECRET,
    )

    assert verify_message_authenticator(request, SECRET) is True
    assert password(request, SECRET) == b"arctangent"
    assert built == published.SIGNED_ACCESS_REQUEST


def test_signed_accept_is_read_and_built_octet_for_octet() -> None:
    request = nemos_request()
    accept = parse(published.SIGNED_ACCEPT)

    built = replies.access_reply(
        Code.ACCESS_ACCEPT,
        request,
        SECRET,
        [
            number(AttributeType.SERVICE_TYPE, 1),
            number(AttributeType.LOGIN_SERVICE, 0),
            attribute(AttributeType.LOGIN_IP_HOST, encode_address("192.168.1.3")),
        ],
    )

    assert verify_response(accept, request.authenticator, SECRET)
    assert verify_message_authenticator(accept, SECRET, request.authenticator) is True
    assert built == published.SIGNED_ACCEPT


def test_signed_reject_is_read_and_built_octet_for_octet() -> None:
    request = nemos_request()
    reject = parse(published.SIGNED_REJECT)

    built = replies.access_reply(
        Code.ACCESS_REJECT,
        request,
        SECRET,
        [attribute(AttributeType.REPLY_MESSAGE, encode_text("quota exhausted"))],
    )

    assert verify_response(reject, request.authenticator, SECRET)
    assert verify_message_authenticator(reject, SECRET, request.authenticator) is True
    assert built == published.SIGNED_REJECT


def test_accounting_start_and_its_response_are_read_and_built() -> None:
    start = parse(published.ACCOUNTING_START)
    response = parse(published.ACCOUNTING_RESPONSE)

    built = requests.accounting_request(
        7, [number(AttributeType.ACCT_STATUS_TYPE, 1), SESSION, NEMO, NAS], SECRET
    )

    assert verify_accounting_request(start, SECRET)
    assert integer(start, AttributeType.ACCT_STATUS_TYPE) == AcctStatusType.START
    assert verify_response(response, start.authenticator, SECRET)
    assert built == published.ACCOUNTING_START
    assert replies.accounting_response(start, SECRET) == published.ACCOUNTING_RESPONSE


def test_accounting_stop_counts_beyond_32_bits_both_ways() -> None:
    stop = parse(published.ACCOUNTING_STOP)

    built = requests.accounting_request(
        8,
        [
            number(AttributeType.ACCT_STATUS_TYPE, AcctStatusType.STOP),
            SESSION,
            NEMO,
            NAS,
            number(AttributeType.ACCT_INPUT_OCTETS, 5),
            number(AttributeType.ACCT_INPUT_GIGAWORDS, 1),
            number(AttributeType.ACCT_OUTPUT_OCTETS, 0xFFFFFFFF),
            number(AttributeType.ACCT_OUTPUT_GIGAWORDS, 2),
            number(AttributeType.ACCT_SESSION_TIME, 3600),
            number(AttributeType.ACCT_TERMINATE_CAUSE, TerminateCause.SESSION_TIMEOUT),
        ],
        SECRET,
    )

    assert verify_accounting_request(stop, SECRET)
    assert octets(5, integer(stop, AttributeType.ACCT_INPUT_GIGAWORDS)) == 4294967301
    assert (
        octets(0xFFFFFFFF, integer(stop, AttributeType.ACCT_OUTPUT_GIGAWORDS))
        == 12884901887
    )
    assert built == published.ACCOUNTING_STOP


def test_disconnect_request_and_both_answers_are_read_and_built() -> None:
    request = parse(published.DISCONNECT_REQUEST)
    ack = parse(published.DISCONNECT_ACK)
    nak = parse(published.DISCONNECT_NAK)
    not_found = number(AttributeType.ERROR_CAUSE, ErrorCause.SESSION_CONTEXT_NOT_FOUND)

    built = dynauth.disconnect_request(
        9,
        [
            SESSION,
            NEMO,
            NAS,
            attribute(AttributeType.EVENT_TIMESTAMP, encode_date(1_700_000_000)),
        ],
        SECRET,
    )
    built_ack = dynauth.dynauth_reply(Code.DISCONNECT_ACK, request, SECRET)
    built_nak = dynauth.dynauth_reply(Code.DISCONNECT_NAK, request, SECRET, [not_found])

    assert dynauth.verify_dynauth_request(request, SECRET)
    assert built == published.DISCONNECT_REQUEST
    assert verify_response(ack, request.authenticator, SECRET)
    assert built_ack == published.DISCONNECT_ACK
    assert verify_response(nak, request.authenticator, SECRET)
    assert dynauth.error_cause(nak) == ErrorCause.SESSION_CONTEXT_NOT_FOUND
    assert built_nak == published.DISCONNECT_NAK
