"""What a browser brings to sign in with, as RADIUS wants it."""

from dataclasses import dataclass, field

from portal.radius.attributes import AttributeType
from portal.radius.requests import user_password
from portal.radius.secret import SharedSecret
from portal.radius.values import attribute


@dataclass(frozen=True, slots=True)
class Pap:
    """A password in clear; NUL padding is left to the server (RFC 2865 5.2)."""

    password: bytes = field(repr=False)

    def attributes(self, authenticator: bytes, secret: SharedSecret) -> bytes:
        return user_password(self.password, authenticator, secret)


@dataclass(frozen=True, slots=True)
class Chap:
    """A challenge and the browser's response to it: ident and 16 octets."""

    challenge: bytes
    response: bytes

    def attributes(self, authenticator: bytes, secret: SharedSecret) -> bytes:  # noqa: ARG002
        return attribute(AttributeType.CHAP_CHALLENGE, self.challenge) + attribute(
            AttributeType.CHAP_PASSWORD, self.response
        )


Credential = Pap | Chap
