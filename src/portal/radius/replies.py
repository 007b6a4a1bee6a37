"""The server's side: replies to access, accounting and Status-Server requests."""

from collections.abc import Iterable

from portal.radius.codes import Code
from portal.radius.packet import Packet, header
from portal.radius.secret import SharedSecret

_MESSAGE_AUTHENTICATOR = b"\x50\x12"
_UNSIGNED = _MESSAGE_AUTHENTICATOR + bytes(16)
_ACCESS_REPLIES = frozenset(
    (
        Code.ACCESS_ACCEPT,
        Code.ACCESS_REJECT,
        Code.ACCESS_CHALLENGE,
        Code.PROTOCOL_ERROR,
    )
)
_STATUS_REPLIES = frozenset((Code.ACCESS_ACCEPT, Code.ACCOUNTING_RESPONSE))


def access_reply(
    code: int, request: Packet, secret: SharedSecret, attributes: Iterable[bytes] = ()
) -> bytes:
    """Answer an Access-Request with encoded attributes, in the order given.

    Message-Authenticator always leads: then the chosen prefix that CVE-2024-3596 needs
    in front of the attacker's Proxy-State is not predictable, whatever the NAS checks.
    """
    if code not in _ACCESS_REPLIES:
        raise ValueError(f"code {code} does not answer an Access-Request")
    return _signed(code, request, secret, b"".join(attributes) + request.proxy_states())


def accounting_response(request: Packet, secret: SharedSecret) -> bytes:
    """Acknowledge an Accounting-Request; only after its record is durable."""
    echo = request.proxy_states()
    head = header(Code.ACCOUNTING_RESPONSE, request.identifier, len(echo))
    return head + secret.authenticator(head + request.authenticator + echo) + echo


def status_server_reply(request: Packet, secret: SharedSecret, code: int) -> bytes:
    """Answer Status-Server: Access-Accept or Accounting-Response, as the port says."""
    if code not in _STATUS_REPLIES:
        raise ValueError(f"code {code} does not answer Status-Server (RFC 5997 3)")
    return _signed(code, request, secret, request.proxy_states())


def _signed(code: int, request: Packet, secret: SharedSecret, body: bytes) -> bytes:
    head = header(code, request.identifier, len(body) + 18)
    lead = head + request.authenticator
    # RFC 3579 section 3.2: Message-Authenticator first, then Response Authenticator.
    body = _MESSAGE_AUTHENTICATOR + secret.hmac(lead + _UNSIGNED + body) + body
    return head + secret.authenticator(lead + body) + body
