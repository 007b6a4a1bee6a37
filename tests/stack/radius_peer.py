"""An access server's end of the wire, one packet at a time: what a test wants to send.

Reliable as an access server is: octets go out again until their answer is there.
"""

import secrets
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Self

from portal.radius.attributes import AttributeType as A
from portal.radius.authenticator import verify_reply
from portal.radius.codes import AcctStatusType, Code
from portal.radius.packet import MAX_LENGTH, Packet, parse
from portal.radius.requests import (
    access_request,
    accounting_request,
    chap_password,
    status_server,
    user_password,
)
from portal.radius.secret import SharedSecret
from portal.radius.values import attribute, encode_date, encode_integer, split_octets
from portal.service.admission import Minted
from tests.stack.daemon import Radiusd
from tests.stack.province import Province, secret_of

Address = tuple[str, int]


@dataclass
class RadiusPeer:
    """One UDP port of an access server."""

    address: str
    name: str
    secret: SharedSecret
    auth: Address
    acct: Address
    again_after: float = 1.0
    """Seconds after which a request without an answer is sent again."""
    port: socket.socket = field(init=False)
    _identifiers: Iterator[int] = field(default_factory=lambda: count(0))

    def __post_init__(self) -> None:
        self.port = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.port.bind((self.address, 0))

    @classmethod
    def of(
        cls,
        daemon: Radiusd,
        branch: int = 1,
        *,
        auth: Address | None = None,
        acct: Address | None = None,
    ) -> Self:
        """The access server of a branch, talking to this radiusd, or past a relay."""
        name = f"branch-{branch}"
        return cls(
            f"127.0.0.{branch + 1}",
            name,
            SharedSecret(secret_of(name)),
            auth or daemon.auth,
            acct or daemon.acct,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.port.close()

    # --------------------------------------------------------------------- packets

    def identifier(self) -> int:
        return next(self._identifiers) % 256

    def sign_in(
        self,
        ticket: Minted,
        device: str,
        number: str | None,
        *,
        chap: bool = True,
        message_authenticator: bool = True,
    ) -> bytes:
        """An Access-Request with a ticket, as CHAP or PAP."""
        authenticator = secrets.token_bytes(16)
        password = ticket.password.encode()
        proof = (
            chap_password(0, password, secrets.token_bytes(16))
            if chap
            else user_password(password, authenticator, self.secret)
        )
        attributes = [attribute(A.USER_NAME, ticket.grant_id.encode()), proof]
        attributes += self.describe(device, number)
        return access_request(
            self.identifier(),
            authenticator,
            attributes,
            self.secret,
            message_authenticator,
        )

    def report(
        self,
        status: AcctStatusType,
        device: str,
        number: str,
        *,
        at: int,
        class_value: bytes | None = None,
        seconds: int = 0,
        down: int = 0,
        up: int = 0,
        extra: Sequence[bytes] = (),
        identifier: int | None = None,
    ) -> bytes:
        """An Accounting-Request as CoovaChilli writes it; `at` in epoch seconds."""
        attributes = [
            attribute(A.ACCT_STATUS_TYPE, encode_integer(status)),
            attribute(A.EVENT_TIMESTAMP, encode_date(at)),
            *self.describe(device, number),
        ]
        if class_value is not None:
            attributes.append(attribute(A.CLASS, class_value))
        if status is not AcctStatusType.START:
            # CoovaChilli's Input is the download.
            for kind, high, value in (
                (A.ACCT_INPUT_OCTETS, A.ACCT_INPUT_GIGAWORDS, down),
                (A.ACCT_OUTPUT_OCTETS, A.ACCT_OUTPUT_GIGAWORDS, up),
            ):
                low, gigawords = split_octets(value)
                attributes.append(attribute(kind, encode_integer(low)))
                attributes.append(attribute(high, encode_integer(gigawords)))
            attributes.append(attribute(A.ACCT_SESSION_TIME, encode_integer(seconds)))
        if identifier is None:
            identifier = self.identifier()
        return accounting_request(identifier, [*attributes, *extra], self.secret)

    def status_server(self) -> bytes:
        return status_server(self.identifier(), secrets.token_bytes(16), self.secret)

    def describe(self, device: str, number: str | None) -> list[bytes]:
        """Who asks: the access server, the device, its session if it has a number."""
        attributes = [
            attribute(A.NAS_IDENTIFIER, self.name.encode()),
            attribute(A.CALLING_STATION_ID, device.encode()),
        ]
        if number is not None:
            attributes.append(attribute(A.ACCT_SESSION_ID, number.encode()))
        return attributes

    # ------------------------------------------------------------------- exchanges

    def ask(
        self, ticket: Minted, device: str, number: str | None, *, chap: bool = True
    ) -> Packet:
        """Sign in; the Accept or Reject."""
        return self.answer_to(self.sign_in(ticket, device, number, chap=chap))

    def answer_to(self, request: bytes, *, within: float = 20) -> Packet:
        """The genuine reply; the octets are sent again until it comes."""
        reply = self.exchange(request, within=within)
        assert reply is not None, f"no answer within {within:g} s"
        return reply

    def exchange(
        self, request: bytes, *, within: float, to: Address | None = None
    ) -> Packet | None:
        """The same; None if there is no reply in time."""
        deadline = time.monotonic() + within
        while (left := deadline - time.monotonic()) > 0:
            self.send(request, to)
            reply = self.receive(request, within=min(self.again_after, left))
            if reply is not None:
                return reply
        return None

    def send(self, request: bytes, to: Address | None = None) -> None:
        asks = request[0] in {Code.ACCESS_REQUEST, Code.STATUS_SERVER}
        self.port.sendto(request, to or (self.auth if asks else self.acct))

    def receive(self, request: bytes, *, within: float) -> Packet | None:
        """The reply to what was sent; whatever else arrives is passed over."""
        deadline = time.monotonic() + within
        while (left := deadline - time.monotonic()) > 0:
            self.port.settimeout(left)
            try:
                octets = self.port.recv(MAX_LENGTH)
            except TimeoutError:
                return None
            reply = parse(octets)
            if verify_reply(
                reply,
                request,
                self.secret,
                require_message_authenticator=request[0] != Code.ACCOUNTING_REQUEST,
            ):
                return reply
        return None


def class_of(accept: Packet) -> bytes:
    assert accept.code == Code.ACCESS_ACCEPT, accept
    [value] = accept.all(A.CLASS)
    return value


def open_session(
    province: Province, peer: RadiusPeer, ticket: Minted, device: str, number: str
) -> bytes:
    """Sign in and report the Start; the session's Class."""
    class_value = class_of(peer.ask(ticket, device, number))
    start = peer.report(
        AcctStatusType.START,
        device,
        number,
        at=int(province.now.timestamp()),
        class_value=class_value,
    )
    peer.answer_to(start)
    return class_value
