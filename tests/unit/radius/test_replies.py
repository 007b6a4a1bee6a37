import pytest

from portal.radius import requests
from portal.radius.attributes import AttributeType
from portal.radius.authenticator import verify_message_authenticator, verify_reply
from portal.radius.codes import Code
from portal.radius.packet import Packet, parse
from portal.radius.replies import (
    access_reply,
    accounting_response,
    status_server_reply,
)
from portal.radius.secret import SharedSecret
from portal.radius.values import attribute, encode_integer

SECRET = SharedSecret(b"xyzzy5461")
AUTHENTICATOR = bytes(range(16))
NEMO = attribute(AttributeType.USER_NAME, b"nemo")
NEAR = attribute(AttributeType.PROXY_STATE, b"near")
FAR = attribute(AttributeType.PROXY_STATE, b"far")
TIMEOUT = attribute(AttributeType.SESSION_TIMEOUT, encode_integer(600))
CLASS = attribute(AttributeType.CLASS, b"grant")


def asking(*attributes: bytes) -> Packet:
    return parse(requests.access_request(3, AUTHENTICATOR, attributes, SECRET))


def kinds(reply: Packet) -> list[int]:
    return [kind for kind, _ in reply.attributes]


@pytest.mark.parametrize(
    "code",
    [
        Code.ACCESS_ACCEPT,
        Code.ACCESS_REJECT,
        Code.ACCESS_CHALLENGE,
        Code.PROTOCOL_ERROR,
    ],
)
def test_message_authenticator_leads_every_access_reply(code: Code) -> None:
    request = asking(NEMO, NEAR)

    reply = parse(access_reply(code, request, SECRET, [TIMEOUT]))

    assert reply.code == code
    assert reply.identifier == request.identifier
    assert reply.raw[20:22] == b"\x50\x12"
    assert verify_message_authenticator(reply, SECRET, AUTHENTICATOR) is True
    assert verify_reply(reply, request.raw, SECRET, require_message_authenticator=True)


def test_message_authenticator_leads_even_if_the_request_had_none() -> None:
    sent = requests.access_request(3, AUTHENTICATOR, [NEMO], SECRET, False)

    reply = parse(access_reply(Code.ACCESS_REJECT, parse(sent), SECRET))

    assert kinds(reply) == [AttributeType.MESSAGE_AUTHENTICATOR]
    assert verify_reply(reply, sent, SECRET, require_message_authenticator=True)


def test_attributes_keep_their_order_and_proxy_states_follow_in_theirs() -> None:
    request = asking(NEAR, NEMO, FAR)

    reply = parse(access_reply(Code.ACCESS_ACCEPT, request, SECRET, [TIMEOUT, CLASS]))

    assert reply.raw[38:] == TIMEOUT + CLASS + NEAR + FAR


def test_attributes_encoded_together_beforehand_serve_as_well() -> None:
    request = asking(NEMO)

    together = access_reply(Code.ACCESS_ACCEPT, request, SECRET, [TIMEOUT + CLASS])

    assert together == access_reply(
        Code.ACCESS_ACCEPT, request, SECRET, [TIMEOUT, CLASS]
    )


@pytest.mark.parametrize("code", [Code.ACCESS_REQUEST, Code.ACCOUNTING_RESPONSE])
def test_another_code_does_not_answer_an_access_request(code: Code) -> None:
    with pytest.raises(ValueError, match="does not answer"):
        access_reply(code, asking(NEMO), SECRET)


def test_a_reply_beyond_4096_octets_is_not_built() -> None:
    with pytest.raises(ValueError, match="longer than 4096"):
        access_reply(
            Code.ACCESS_ACCEPT, asking(NEMO), SECRET, [attribute(25, bytes(253))] * 16
        )


def test_an_accounting_response_echoes_proxy_states_and_nothing_else() -> None:
    sent = requests.accounting_request(9, [NEAR, NEMO, FAR], SECRET)

    reply = parse(accounting_response(parse(sent), SECRET))

    assert reply.raw[20:] == NEAR + FAR
    assert verify_reply(reply, sent, SECRET)


@pytest.mark.parametrize("code", [Code.ACCESS_ACCEPT, Code.ACCOUNTING_RESPONSE])
def test_message_authenticator_leads_the_answer_to_status_server(code: Code) -> None:
    sent = requests.status_server(4, AUTHENTICATOR, SECRET, [NEAR])

    reply = parse(status_server_reply(parse(sent), SECRET, code))

    assert reply.code == code
    assert kinds(reply) == [
        AttributeType.MESSAGE_AUTHENTICATOR,
        AttributeType.PROXY_STATE,
    ]
    assert verify_reply(reply, sent, SECRET, require_message_authenticator=True)


def test_status_server_is_not_answered_with_a_reject() -> None:
    request = parse(requests.status_server(4, AUTHENTICATOR, SECRET))

    with pytest.raises(ValueError, match="Status-Server"):
        status_server_reply(request, SECRET, Code.ACCESS_REJECT)
