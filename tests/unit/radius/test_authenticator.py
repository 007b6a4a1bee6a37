import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.radius import requests
from portal.radius.attributes import AttributeType
from portal.radius.authenticator import (
    chap_challenge,
    chap_response,
    hide_password,
    password,
    verify_accounting_request,
    verify_chap,
    verify_message_authenticator,
    verify_reply,
    verify_response,
)
from portal.radius.codes import Code
from portal.radius.errors import MalformedPacketError
from portal.radius.packet import Packet, encode, parse
from portal.radius.replies import access_reply, accounting_response
from portal.radius.secret import SharedSecret
from portal.radius.values import attribute

SECRET = SharedSecret(b"xyzzy5461")
AUTHENTICATOR = bytes(range(16))
NEMO = attribute(AttributeType.USER_NAME, b"nemo")
UNSIGNED = b"\x50\x12" + bytes(16)


def asking(*attributes: bytes, signed: bool = True) -> Packet:
    return parse(requests.access_request(3, AUTHENTICATOR, attributes, SECRET, signed))


def flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes((data[place] ^ 1,)) + data[place + 1 :]


@given(st.binary(max_size=128).map(lambda clear: clear.rstrip(b"\0")))
@settings(max_examples=100, deadline=None)
def test_a_hidden_password_is_found_again(clear: bytes) -> None:
    request = asking(requests.user_password(clear, AUTHENTICATOR, SECRET))

    hidden = request.get(AttributeType.USER_PASSWORD) or b""

    assert password(request, SECRET) == clear
    assert len(hidden) % 16 == 0
    assert not clear or clear not in hidden or len(clear) < 4


def test_only_trailing_nuls_are_stripped_from_a_password() -> None:
    hidden = hide_password(b"\0 pw \0\0x \0\0", AUTHENTICATOR, SECRET)
    request = asking(attribute(AttributeType.USER_PASSWORD, hidden))

    assert password(request, SECRET) == b"\0 pw \0\0x "


def test_a_password_of_129_octets_is_not_hidden() -> None:
    with pytest.raises(ValueError, match="128"):
        hide_password(bytes(129), AUTHENTICATOR, SECRET)


@pytest.mark.parametrize("size", [1, 15, 17, 144, 240])
def test_a_user_password_of_a_wrong_length_is_malformed(size: int) -> None:
    request = asking(attribute(AttributeType.USER_PASSWORD, bytes(size)))

    with pytest.raises(MalformedPacketError, match="User-Password"):
        password(request, SECRET)


def test_an_empty_user_password_is_malformed() -> None:
    request = asking(b"\x02\x02")

    with pytest.raises(MalformedPacketError, match="of 0 octets"):
        password(request, SECRET)


def test_another_secret_does_not_reveal_the_password() -> None:
    request = asking(requests.user_password(b"arctangent", AUTHENTICATOR, SECRET))

    assert password(request, SharedSecret(b"other")) != b"arctangent"


def test_chap_uses_the_challenge_attribute() -> None:
    request = asking(requests.chap_password(7, b"pw", b"challenge of any size"))

    assert chap_challenge(request) == b"challenge of any size"
    assert verify_chap(request, b"pw")
    assert not verify_chap(request, b"wp")


def test_chap_without_challenge_attribute_uses_the_authenticator() -> None:
    response = chap_response(7, b"pw", AUTHENTICATOR)
    request = asking(attribute(AttributeType.CHAP_PASSWORD, response))

    assert chap_challenge(request) == AUTHENTICATOR
    assert verify_chap(request, b"pw")


def test_chap_of_a_request_without_chap_fails() -> None:
    assert not verify_chap(asking(NEMO), b"")


@pytest.mark.parametrize("size", [1, 16, 18])
def test_a_chap_password_of_a_wrong_length_is_malformed(size: int) -> None:
    request = asking(attribute(AttributeType.CHAP_PASSWORD, bytes(size)))

    with pytest.raises(MalformedPacketError, match="CHAP-Password"):
        verify_chap(request, b"pw")


def test_message_authenticator_of_a_request_is_absent_right_or_wrong() -> None:
    signed = asking(NEMO)
    wrong = parse(flipped(signed.raw, signed.message_authenticator_at))

    assert verify_message_authenticator(asking(NEMO, signed=False), SECRET) is None
    assert verify_message_authenticator(signed, SECRET) is True
    assert verify_message_authenticator(wrong, SECRET) is False


def test_message_authenticator_covers_every_octet_of_a_request() -> None:
    signed = asking(NEMO, attribute(AttributeType.CLASS, b"c"))

    for place in (
        1,
        *range(4, 20),
        *range(22, 38),
        *range(40, 44),
        len(signed.raw) - 1,
    ):
        altered = parse(flipped(signed.raw, place))
        assert verify_message_authenticator(altered, SECRET) is False


@pytest.mark.parametrize("place", [0, 1, 2])
def test_message_authenticator_may_stand_anywhere_in_a_request(place: int) -> None:
    attributes = [NEMO, attribute(AttributeType.CLASS, b"c")]
    attributes.insert(place, UNSIGNED)
    unsigned = encode(Code.ACCESS_REQUEST, 3, AUTHENTICATOR, attributes)
    at = parse(unsigned).message_authenticator_at
    signed = unsigned[:at] + SECRET.hmac(unsigned) + unsigned[at + 16 :]

    assert verify_message_authenticator(parse(signed), SECRET) is True


def test_two_message_authenticators_are_malformed() -> None:
    signed = asking(NEMO)
    twice = signed.raw[20:38]

    with pytest.raises(MalformedPacketError, match="twice"):
        parse(encode(1, 3, AUTHENTICATOR, [signed.raw[20:], twice]))


def test_message_authenticator_in_accounting_is_made_over_zeros() -> None:
    body = requests.with_message_authenticator(
        Code.ACCOUNTING_REQUEST, 9, bytes(16), NEMO, SECRET
    )
    request = parse(requests.computed(Code.ACCOUNTING_REQUEST, 9, body, SECRET))

    assert verify_accounting_request(request, SECRET)
    assert verify_message_authenticator(request, SECRET) is True


def test_a_reply_is_never_verified_without_its_requests_authenticator() -> None:
    reply = parse(access_reply(Code.ACCESS_REJECT, asking(NEMO), SECRET))

    with pytest.raises(ValueError, match="request's authenticator"):
        verify_message_authenticator(reply, SECRET)
    assert verify_message_authenticator(reply, SECRET, AUTHENTICATOR) is True
    assert verify_message_authenticator(reply, SECRET, bytes(16)) is False


def test_an_altered_accounting_request_does_not_verify() -> None:
    sent = requests.accounting_request(9, [NEMO], SECRET)

    assert verify_accounting_request(parse(sent), SECRET)
    for place in (1, *range(4, 20), *range(22, 26)):
        assert not verify_accounting_request(parse(flipped(sent, place)), SECRET)


def test_padding_behind_a_packet_does_not_spoil_its_authenticator() -> None:
    sent = requests.accounting_request(9, [NEMO], SECRET)

    assert verify_accounting_request(parse(sent + bytes(7)), SECRET)


def test_a_reply_belongs_to_one_request_only() -> None:
    request = asking(NEMO)
    reply = parse(access_reply(Code.ACCESS_ACCEPT, request, SECRET))
    another_identifier = flipped(request.raw, 1)
    another_authenticator = flipped(request.raw, 4)

    assert verify_reply(reply, request.raw, SECRET)
    assert not verify_reply(reply, another_identifier, SECRET)
    assert not verify_reply(reply, another_authenticator, SECRET)
    assert not verify_reply(reply, request.raw, SharedSecret(b"other"))


def test_a_client_that_requires_message_authenticator_refuses_a_bare_accept() -> None:
    request = asking(NEMO)
    head = bytes((Code.ACCESS_ACCEPT, request.identifier, 0, 20))
    bare = parse(head + SECRET.authenticator(head + request.authenticator))

    assert verify_response(bare, request.authenticator, SECRET)
    assert verify_reply(bare, request.raw, SECRET)
    assert not verify_reply(
        bare, request.raw, SECRET, require_message_authenticator=True
    )


def test_a_right_response_authenticator_does_not_excuse_a_wrong_signature() -> None:
    request = asking(NEMO)
    head = bytes((Code.ACCESS_ACCEPT, request.identifier, 0, 38))
    forged = head + SECRET.authenticator(head + request.authenticator + UNSIGNED)

    reply = parse(forged + UNSIGNED)

    assert verify_response(reply, request.authenticator, SECRET)
    assert not verify_reply(reply, request.raw, SECRET)


def test_an_accounting_response_needs_no_signature() -> None:
    sent = requests.accounting_request(9, [NEMO], SECRET)
    reply = parse(accounting_response(parse(sent), SECRET))

    assert verify_reply(reply, sent, SECRET)
