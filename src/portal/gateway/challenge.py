"""The UAM challenge: how a password is proved or hidden between browser and NAS.

Pure. CoovaChilli's arithmetic: the challenge is first mixed with the UAM secret, then
serves as a CHAP challenge or as the key stream of an XOR (PAP).
"""

import hashlib
from itertools import cycle

CHALLENGE_OCTETS = 16
# hotspotlogin.cgi pads to 32; more than 128 has no place in RADIUS (RFC 2865 5.2).
_LONGEST_PASSWORD = 128


def mixed_challenge(challenge: bytes, uam_secret: bytes) -> bytes:
    """MD5(challenge + secret), or the challenge itself when there is no secret."""
    if not uam_secret:
        return challenge
    return hashlib.md5(challenge + uam_secret, usedforsecurity=False).digest()


def reveal_password(hidden: str, mixed: bytes) -> bytes | None:
    """The `password=` of a PAP sign-in in clear, padding kept; None if it is no hex."""
    try:
        octets = bytes.fromhex(hidden)
    except ValueError:
        return None
    # bytes.fromhex skips blanks between digits; a browser sends none.
    if not 0 < len(octets) <= _LONGEST_PASSWORD or len(octets) * 2 != len(hidden):
        return None
    return bytes(octet ^ key for octet, key in zip(octets, cycle(mixed), strict=False))


def chap_password(response: str, ident: str) -> bytes | None:
    """CHAP-Password (RFC 2865 5.3): one octet of ident, 16 of response; None if bad."""
    try:
        octets = bytes.fromhex(response)
        number = int(ident or "0")
    except ValueError:
        return None
    if len(octets) != 16 or len(response) != 32 or not 0 <= number <= 255:
        return None
    return bytes([number]) + octets
