"""Whether a packet is genuine, and the password that it carries.

Every comparison takes constant time. A False answer means: discard silently (RFC 5080
section 2.3.3, RFC 3579 section 3.2); no reply may tell the sender why.
"""

from hashlib import md5
from hmac import compare_digest

from portal.radius.attributes import AttributeType
from portal.radius.codes import Code
from portal.radius.errors import MalformedPacketError
from portal.radius.packet import Packet
from portal.radius.secret import SharedSecret

ZEROS = bytes(16)
MAX_PASSWORD_LENGTH = 128  # RFC 2865 section 5.2

_USER_PASSWORD = int(AttributeType.USER_PASSWORD)
_CHAP_PASSWORD = int(AttributeType.CHAP_PASSWORD)
_CHAP_CHALLENGE = int(AttributeType.CHAP_CHALLENGE)

# RFC 2865 section 3 and RFC 5997 section 3: the authenticator is random.
_RANDOM = frozenset((int(Code.ACCESS_REQUEST), int(Code.STATUS_SERVER)))
# RFC 2866 section 3 and RFC 5176 section 2.3: the authenticator is computed last, so
# Message-Authenticator was made over 16 zeros (RFC 5176 section 3.4). RFC 3579 section
# 3.3 wants none in accounting; those who send one nevertheless use zeros as well.
_COMPUTED = frozenset(
    (int(Code.ACCOUNTING_REQUEST), int(Code.DISCONNECT_REQUEST), int(Code.COA_REQUEST))
)


def verify_accounting_request(packet: Packet, secret: SharedSecret) -> bool:
    """Check MD5(code id length 16-zeros attributes secret), RFC 2866 section 3."""
    return _authenticator_holds(packet, ZEROS, secret)


def verify_response(
    packet: Packet, request_authenticator: bytes, secret: SharedSecret
) -> bool:
    """Check the Response Authenticator alone (RFC 2865 section 3)."""
    return _authenticator_holds(packet, request_authenticator, secret)


def _authenticator_holds(
    packet: Packet, authenticator: bytes, secret: SharedSecret
) -> bool:
    raw = packet.raw
    expected = secret.authenticator(raw[:4] + authenticator + raw[20:])
    return compare_digest(expected, packet.authenticator)


def verify_message_authenticator(
    packet: Packet, secret: SharedSecret, request_authenticator: bytes | None = None
) -> bool | None:
    """Check attribute 80; None where the packet carries none.

    A reply needs the authenticator of its request (RFC 3579 section 3.2). Its place
    among the attributes is of no importance here, and must not be.
    """
    at = packet.message_authenticator_at
    if not at:
        return None
    if packet.code in _RANDOM:
        authenticator = packet.authenticator
    elif packet.code in _COMPUTED:
        authenticator = ZEROS
    elif request_authenticator is not None:
        authenticator = request_authenticator
    else:
        raise ValueError("a reply is verified with its request's authenticator")
    raw = packet.raw
    expected = secret.hmac(
        raw[:4] + authenticator + raw[20:at] + ZEROS + raw[at + 16 :]
    )
    return compare_digest(expected, raw[at : at + 16])


def verify_reply(
    reply: Packet,
    request: bytes,
    secret: SharedSecret,
    *,
    require_message_authenticator: bool = False,
) -> bool:
    """Say whether `reply` answers the sent octets `request`: all that a client checks.

    With `require_message_authenticator` a reply without one is refused before anything
    else, which is what stops a forged Accept on an open network (CVE-2024-3596).
    """
    authenticator = request[4:20]
    genuine = verify_message_authenticator(reply, secret, authenticator)
    if genuine is False or (genuine is None and require_message_authenticator):
        return False
    return reply.identifier == request[1] and verify_response(
        reply, authenticator, secret
    )


def password(packet: Packet, secret: SharedSecret) -> bytes | None:
    """Return User-Password in the clear, padding NULs stripped; None without one."""
    hidden = packet.get(_USER_PASSWORD)
    if hidden is None:
        return None
    if not 16 <= len(hidden) <= MAX_PASSWORD_LENGTH or len(hidden) % 16:
        raise MalformedPacketError(f"User-Password of {len(hidden)} octets")
    clear = []
    previous = packet.authenticator
    for start in range(0, len(hidden), 16):
        block = hidden[start : start + 16]
        clear.append(_xor(block, secret.keystream(previous)))
        previous = block
    return b"".join(clear).rstrip(b"\0")


def hide_password(password: bytes, authenticator: bytes, secret: SharedSecret) -> bytes:
    """Return the value of User-Password (RFC 2865 section 5.2); 1 to 8 blocks."""
    if len(password) > MAX_PASSWORD_LENGTH:
        raise ValueError("User-Password carries at most 128 octets")
    padded = password.ljust(max(16, (len(password) + 15) // 16 * 16), b"\0")
    hidden = []
    previous = authenticator
    for start in range(0, len(padded), 16):
        previous = _xor(padded[start : start + 16], secret.keystream(previous))
        hidden.append(previous)
    return b"".join(hidden)


def _xor(one: bytes, other: bytes) -> bytes:
    return (int.from_bytes(one) ^ int.from_bytes(other)).to_bytes(16)


def chap_challenge(packet: Packet) -> bytes:
    """Return CHAP-Challenge, or the authenticator in its place (RFC 2865 2.2)."""
    challenge = packet.get(_CHAP_CHALLENGE)
    return packet.authenticator if challenge is None else challenge


def chap_response(ident: int, password: bytes, challenge: bytes) -> bytes:
    """Return the value of CHAP-Password: ident and 16 octets (RFC 1994 section 4.1)."""
    lead = bytes((ident,))
    return lead + md5(lead + password + challenge, usedforsecurity=False).digest()


def verify_chap(packet: Packet, password: bytes) -> bool:
    """Compare CHAP-Password with a password in the clear; False without one."""
    response = packet.get(_CHAP_PASSWORD)
    if response is None:
        return False
    if len(response) != 17:
        raise MalformedPacketError(f"CHAP-Password of {len(response)} octets")
    expected = chap_response(response[0], password, chap_challenge(packet))
    return compare_digest(expected, response)
