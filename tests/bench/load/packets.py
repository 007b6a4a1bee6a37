"""The packets of one session, built before the clock runs, as CoovaChilli sends them."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address

from portal.radius.attributes import AttributeType as Type
from portal.radius.codes import AcctStatusType, TerminateCause
from portal.radius.requests import (
    access_request,
    accounting_request,
    chap_password,
    user_password,
)
from portal.radius.secret import SharedSecret
from portal.radius.values import attribute, encode_address, encode_integer, split_octets
from tests.bench.load.job import Acknowledged, Credential, Job

_WIRELESS = 19  # NAS-Port-Type, RFC 2865 5.41
_LOGIN = 1  # Service-Type, RFC 2865 5.6
# Four steps of a minute pass 4 GiB, so that Gigawords count; a gigabit line carries it.
_LASTS = 240  # seconds, from Start to Stop
_RECEIVED = 1_500_000_000  # octets a minute
_SENT = 200_000_000
# Identifiers of a session's packets: far apart, so that a late answer to one is not
# taken for an answer to the next.
_STRIDE = 51


@dataclass(frozen=True, slots=True)
class Point:
    """A session's counters at one record."""

    status: AcctStatusType
    seconds: int
    received: int
    sent: int


def timetable(interims: int) -> list[Point]:
    """The records of a session: Start, Interims, Stop."""
    points = [Point(AcctStatusType.START, 0, 0, 0)]
    for step in range(1, interims + 2):
        seconds = _LASTS * step // (interims + 1)
        status = (
            AcctStatusType.STOP
            if step == interims + 1
            else AcctStatusType.INTERIM_UPDATE
        )
        received, sent = _RECEIVED * seconds // 60, _SENT * seconds // 60
        points.append(Point(status, seconds, received, sent))
    return points


class Sessions:
    """Builds the packets of every session of a job."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._secret = SharedSecret(job.secret.encode())
        self._points = timetable(job.interims)
        self._shared = attribute(
            Type.NAS_IDENTIFIER, job.nas_identifier.encode()
        ) + attribute(Type.NAS_IP_ADDRESS, encode_address(job.host))

    def access_request(self, number: int, credential: Credential) -> bytes:
        authenticator = os.urandom(16)
        password = credential.password.encode()
        if number % 2:
            proof = chap_password(number & 0xFF, password, os.urandom(16))
        else:
            proof = user_password(password, authenticator, self._secret)
        return access_request(
            self._identifier(number, 0),
            authenticator,
            [
                self._who(number, credential),
                proof,
                _integer(Type.SERVICE_TYPE, _LOGIN),
            ],
            self._secret,
        )

    def accounting(
        self, number: int, credential: Credential, class_value: bytes | None, now: int
    ) -> list[bytes]:
        """The Accounting-Requests of a session that began at `now` (epoch seconds)."""
        who = self._who(number, credential)
        if class_value is not None:
            who += attribute(Type.CLASS, class_value)
        return [
            accounting_request(
                self._identifier(number, step),
                [
                    who,
                    *_counters(point),
                    _integer(Type.EVENT_TIMESTAMP, now + point.seconds),
                ],
                self._secret,
            )
            for step, point in enumerate(self._points)
        ]

    def reached(self, number: int, records: int) -> Acknowledged:
        """A session after so many acknowledged records."""
        point = self._points[max(0, records - 1)]
        return Acknowledged(
            session=self._name(number),
            records=records,
            seconds=point.seconds,
            received=point.received,
            sent=point.sent,
        )

    @property
    def secret(self) -> SharedSecret:
        return self._secret

    def _identifier(self, number: int, step: int) -> int:
        return (number // self._job.sockets + _STRIDE * step) & 0xFF

    def _name(self, number: int) -> str:
        return f"{self._job.prefix}{number:08x}"

    def _who(self, number: int, credential: Credential) -> bytes:
        """What every packet of the session has."""
        return b"".join(
            [
                attribute(Type.USER_NAME, credential.name.encode()),
                self._shared,
                _integer(Type.NAS_PORT, number & 0xFFFF),
                _integer(Type.NAS_PORT_TYPE, _WIRELESS),
                attribute(Type.CALLED_STATION_ID, b"02-00-5E-00-00-FE"),
                attribute(Type.CALLING_STATION_ID, credential.device.encode()),
                attribute(Type.FRAMED_IP_ADDRESS, _address(number)),
                attribute(Type.ACCT_SESSION_ID, self._name(number).encode()),
            ]
        )


def _counters(point: Point) -> Iterator[bytes]:
    yield _integer(Type.ACCT_STATUS_TYPE, point.status)
    if point.status is AcctStatusType.START:
        return
    received, received_high = split_octets(point.received)
    sent, sent_high = split_octets(point.sent)
    yield _integer(Type.ACCT_SESSION_TIME, point.seconds)
    yield _integer(Type.ACCT_INPUT_OCTETS, received)
    yield _integer(Type.ACCT_OUTPUT_OCTETS, sent)
    yield _integer(Type.ACCT_INPUT_GIGAWORDS, received_high)
    yield _integer(Type.ACCT_OUTPUT_GIGAWORDS, sent_high)
    yield _integer(Type.ACCT_INPUT_PACKETS, received // 1000)
    yield _integer(Type.ACCT_OUTPUT_PACKETS, sent // 1000)
    if point.status is AcctStatusType.STOP:
        yield _integer(Type.ACCT_TERMINATE_CAUSE, TerminateCause.USER_REQUEST)


def _address(number: int) -> bytes:
    return (IPv4Address("10.0.0.0") + 2 + number % 0xFFFFF0).packed


def _integer(number: int, value: int) -> bytes:
    return attribute(number, encode_integer(value))
