from collections.abc import Callable

import pytest

from portal.radius import requests
from portal.radius.attributes import AttributeType
from portal.radius.authenticator import verify_message_authenticator, verify_reply
from portal.radius.codes import Code, ErrorCause
from portal.radius.dynauth import (
    coa_request,
    disconnect_request,
    dynauth_reply,
    error_cause,
    verify_dynauth_request,
)
from portal.radius.errors import MalformedPacketError
from portal.radius.packet import parse
from portal.radius.secret import SharedSecret
from portal.radius.values import attribute, encode_integer

SECRET = SharedSecret(b"xyzzy5461")
NEMO = attribute(AttributeType.USER_NAME, b"nemo")
PROXY = attribute(AttributeType.PROXY_STATE, b"through")
NOT_FOUND = attribute(
    AttributeType.ERROR_CAUSE, encode_integer(ErrorCause.SESSION_CONTEXT_NOT_FOUND)
)


@pytest.mark.parametrize("build", [disconnect_request, coa_request])
@pytest.mark.parametrize("signed", [True, False])
def test_a_request_verifies_with_and_without_message_authenticator(
    build: Callable[..., bytes], signed: bool
) -> None:
    request = parse(build(3, [NEMO], SECRET, message_authenticator=signed))

    assert verify_dynauth_request(request, SECRET)
    assert (verify_message_authenticator(request, SECRET) is True) is signed
    assert not verify_dynauth_request(request, SharedSecret(b"other"))


def test_a_wrong_message_authenticator_is_refused_whatever_the_authenticator() -> None:
    body = b"\x50\x12" + bytes(16) + NEMO
    request = parse(requests.computed(Code.COA_REQUEST, 3, body, SECRET))

    assert not verify_dynauth_request(request, SECRET)


def test_another_kind_of_request_is_no_dynamic_authorization() -> None:
    accounting = parse(requests.accounting_request(3, [NEMO], SECRET))

    assert not verify_dynauth_request(accounting, SECRET)


@pytest.mark.parametrize(
    ("build", "code"),
    [
        (disconnect_request, Code.DISCONNECT_ACK),
        (disconnect_request, Code.DISCONNECT_NAK),
        (coa_request, Code.COA_ACK),
        (coa_request, Code.COA_NAK),
    ],
)
@pytest.mark.parametrize("signed", [True, False])
def test_a_reply_verifies_and_echoes_proxy_state(
    build: Callable[..., bytes], code: Code, signed: bool
) -> None:
    sent = build(3, [NEMO, PROXY], SECRET)

    reply = parse(dynauth_reply(code, parse(sent), SECRET, [NOT_FOUND], signed))

    assert verify_reply(reply, sent, SECRET, require_message_authenticator=signed)
    assert (reply.get(AttributeType.MESSAGE_AUTHENTICATOR) is not None) is signed
    assert reply.raw.endswith(NOT_FOUND + PROXY)


@pytest.mark.parametrize(
    ("build", "code"),
    [
        (disconnect_request, Code.COA_ACK),
        (coa_request, Code.DISCONNECT_NAK),
        (coa_request, Code.ACCESS_ACCEPT),
    ],
)
def test_a_reply_of_another_kind_is_not_built(
    build: Callable[..., bytes], code: Code
) -> None:
    request = parse(build(3, [NEMO], SECRET))

    with pytest.raises(ValueError, match="does not answer"):
        dynauth_reply(code, request, SECRET)


def test_an_error_cause_is_read_where_there_is_one() -> None:
    request = parse(disconnect_request(3, [NEMO], SECRET))

    bare = parse(dynauth_reply(Code.DISCONNECT_NAK, request, SECRET))
    named = parse(dynauth_reply(Code.DISCONNECT_NAK, request, SECRET, [NOT_FOUND]))

    assert error_cause(bare) is None
    assert error_cause(named) == ErrorCause.SESSION_CONTEXT_NOT_FOUND


def test_an_error_cause_of_the_wrong_length_is_malformed() -> None:
    request = parse(disconnect_request(3, [NEMO], SECRET))
    reply = parse(dynauth_reply(42, request, SECRET, [attribute(101, b"503")]))

    with pytest.raises(MalformedPacketError):
        error_cause(reply)
