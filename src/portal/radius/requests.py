"""The client's side: what an access server sends.

Identifier and authenticator are arguments: the caller owns the counter and the source
of random octets (16 unpredictable ones for each Access-Request and Status-Server).
"""

from collections.abc import Iterable

from portal.radius.attributes import AttributeType
from portal.radius.authenticator import ZEROS, chap_response, hide_password
from portal.radius.codes import Code
from portal.radius.packet import header
from portal.radius.secret import SharedSecret
from portal.radius.values import attribute

_MESSAGE_AUTHENTICATOR = b"\x50\x12"


def user_password(password: bytes, authenticator: bytes, secret: SharedSecret) -> bytes:
    """Return an encoded User-Password for the request with this authenticator."""
    return attribute(
        AttributeType.USER_PASSWORD, hide_password(password, authenticator, secret)
    )


def chap_password(ident: int, password: bytes, challenge: bytes) -> bytes:
    """Return an encoded CHAP-Challenge and CHAP-Password, in that order."""
    return attribute(AttributeType.CHAP_CHALLENGE, challenge) + attribute(
        AttributeType.CHAP_PASSWORD, chap_response(ident, password, challenge)
    )


def access_request(
    identifier: int,
    authenticator: bytes,
    attributes: Iterable[bytes],
    secret: SharedSecret,
    message_authenticator: bool = True,
) -> bytes:
    """Build an Access-Request; without Message-Authenticator only to play old gear."""
    body = b"".join(attributes)
    return _random(
        Code.ACCESS_REQUEST,
        identifier,
        authenticator,
        body,
        secret if message_authenticator else None,
    )


def status_server(
    identifier: int,
    authenticator: bytes,
    secret: SharedSecret,
    attributes: Iterable[bytes] = (),
) -> bytes:
    """Build a Status-Server (RFC 5997); a new identifier and authenticator each."""
    body = b"".join(attributes)
    return _random(Code.STATUS_SERVER, identifier, authenticator, body, secret)


def accounting_request(
    identifier: int, attributes: Iterable[bytes], secret: SharedSecret
) -> bytes:
    """Build an Accounting-Request, without Message-Authenticator (RFC 3579 3.3)."""
    return computed(Code.ACCOUNTING_REQUEST, identifier, b"".join(attributes), secret)


def computed(code: int, identifier: int, body: bytes, secret: SharedSecret) -> bytes:
    """Frame a request whose authenticator is MD5 over itself (RFC 2866 section 3)."""
    head = header(code, identifier, len(body))
    return head + secret.authenticator(head + ZEROS + body) + body


def with_message_authenticator(
    code: int, identifier: int, authenticator: bytes, body: bytes, secret: SharedSecret
) -> bytes:
    """Return the attributes with Message-Authenticator in front (RFC 3579 3.2)."""
    lead = header(code, identifier, len(body) + 18) + authenticator
    value = secret.hmac(lead + _MESSAGE_AUTHENTICATOR + ZEROS + body)
    return _MESSAGE_AUTHENTICATOR + value + body


def _random(
    code: int,
    identifier: int,
    authenticator: bytes,
    body: bytes,
    secret: SharedSecret | None,
) -> bytes:
    if len(authenticator) != 16:
        raise ValueError("an authenticator has 16 octets")
    if secret is not None:
        body = with_message_authenticator(code, identifier, authenticator, body, secret)
    return header(code, identifier, len(body)) + authenticator + body
