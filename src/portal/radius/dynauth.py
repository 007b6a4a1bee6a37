"""Dynamic authorization, RFC 5176: Disconnect and CoA, both sides."""

from collections.abc import Iterable

from portal.radius.attributes import AttributeType
from portal.radius.authenticator import (
    ZEROS,
    verify_accounting_request,
    verify_message_authenticator,
)
from portal.radius.codes import Code
from portal.radius.packet import Packet, header
from portal.radius.requests import computed, with_message_authenticator
from portal.radius.secret import SharedSecret
from portal.radius.values import parse_integer

_REPLIES = {
    Code.DISCONNECT_REQUEST: (Code.DISCONNECT_ACK, Code.DISCONNECT_NAK),
    Code.COA_REQUEST: (Code.COA_ACK, Code.COA_NAK),
}


def disconnect_request(
    identifier: int,
    attributes: Iterable[bytes],
    secret: SharedSecret,
    message_authenticator: bool = True,
) -> bytes:
    """Build a Disconnect-Request; it may only identify (RFC 5176 section 3.3)."""
    return _request(
        Code.DISCONNECT_REQUEST, identifier, attributes, secret, message_authenticator
    )


def coa_request(
    identifier: int,
    attributes: Iterable[bytes],
    secret: SharedSecret,
    message_authenticator: bool = True,
) -> bytes:
    """Build a CoA-Request: what identifies the session, then what changes."""
    return _request(
        Code.COA_REQUEST, identifier, attributes, secret, message_authenticator
    )


def _request(
    code: Code,
    identifier: int,
    attributes: Iterable[bytes],
    secret: SharedSecret,
    message_authenticator: bool,
) -> bytes:
    body = b"".join(attributes)
    if message_authenticator:
        body = with_message_authenticator(code, identifier, ZEROS, body, secret)
    return computed(code, identifier, body, secret)


def verify_dynauth_request(packet: Packet, secret: SharedSecret) -> bool:
    """Check the authenticator, and Message-Authenticator where there is one."""
    return (
        packet.code in _REPLIES
        and verify_accounting_request(packet, secret)
        and verify_message_authenticator(packet, secret) is not False
    )


def dynauth_reply(
    code: int,
    request: Packet,
    secret: SharedSecret,
    attributes: Iterable[bytes] = (),
    message_authenticator: bool = False,
) -> bytes:
    """Answer with the ACK or NAK of the request's kind, Proxy-State echoed (3.1)."""
    if code not in _REPLIES.get(Code(request.code), ()):
        raise ValueError(f"code {code} does not answer code {request.code}")
    body = b"".join(attributes) + request.proxy_states()
    if message_authenticator:
        body = with_message_authenticator(
            code, request.identifier, request.authenticator, body, secret
        )
    head = header(code, request.identifier, len(body))
    return head + secret.authenticator(head + request.authenticator + body) + body


def error_cause(reply: Packet) -> int | None:
    """Return Error-Cause; many access servers, CoovaChilli among them, send none."""
    value = reply.get(AttributeType.ERROR_CAUSE)
    return None if value is None else parse_integer(value)
