"""Is this datagram a request that deserves work? Everything before its meaning.

Pure: the datagram, its source and the time come in; a genuine request or the reason for
silence goes out. Nothing here tells the sender why (RFC 5080 2.3.3).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from portal.radius.attributes import AttributeType
from portal.radius.authenticator import (
    verify_accounting_request,
    verify_message_authenticator,
)
from portal.radius.codes import Code
from portal.radius.errors import MalformedPacketError
from portal.radius.packet import Packet, parse
from portal.radius.secret import SharedSecret
from portal.radiusd.clients import AccessServer, Client, Snapshot

_ACCOUNTING_REQUEST = int(Code.ACCOUNTING_REQUEST)
_STATUS_SERVER = int(Code.STATUS_SERVER)
_PROXY_STATE = int(AttributeType.PROXY_STATE)


class Role(StrEnum):
    """What a socket is for."""

    AUTH = "auth"
    ACCT = "acct"


_REQUEST_CODE = {
    Role.AUTH: int(Code.ACCESS_REQUEST),
    Role.ACCT: int(Code.ACCOUNTING_REQUEST),
}


class Drop(StrEnum):
    """Why a request stays unanswered; each is counted under its name."""

    NOT_READY = "not_ready"  # the estate has not been read yet
    UNKNOWN_CLIENT = "unknown_client"
    NO_SECRET = "no_secret"  # noqa: S105 - a reason: none is valid, or none opens
    MALFORMED = "malformed"
    WRONG_CODE = "wrong_code"  # not for this port
    FALSE_AUTHENTICATOR = "false_authenticator"
    FALSE_MESSAGE_AUTHENTICATOR = "false_message_authenticator"
    NO_MESSAGE_AUTHENTICATOR = "no_message_authenticator"
    UNSIGNED_PROXY_STATE = "unsigned_proxy_state"
    UNKNOWN_NAS = "unknown_nas"
    IN_PROGRESS = "in_progress"  # repeated while its first copy is in work
    SUPERSEDED = "superseded"  # the sender has reused its identifier meanwhile
    BACKLOG_FULL = "backlog_full"
    TOO_LATE = "too_late"  # nobody waits for this answer any more
    DATABASE_AWAY = "database_away"
    FAILED = "failed"  # an error of ours
    NOT_SENT = "not_sent"  # the kernel did not take the reply


@dataclass(slots=True)
class Genuine:
    """A request whose sender knows the secret."""

    packet: Packet
    secret: SharedSecret
    client: Client
    server: AccessServer | None
    """None for Status-Server, which names no NAS."""


def admit(
    datagram: bytes, source: str, role: Role, snapshot: Snapshot, now: datetime
) -> Genuine | Drop:
    """Check one datagram as far as the wire goes."""
    client = snapshot.client_at(source)
    if client is None:
        return Drop.UNKNOWN_CLIENT if snapshot.loaded else Drop.NOT_READY
    try:
        packet = parse(datagram)
    except MalformedPacketError:
        return Drop.MALFORMED
    if packet.code not in (_REQUEST_CODE[role], _STATUS_SERVER):
        return Drop.WRONG_CODE
    secret = _secret(packet, client, now)
    if isinstance(secret, Drop):
        return secret
    if packet.code == _STATUS_SERVER:
        return Genuine(packet, secret, client, None)
    server = client.access_server(packet)
    if server is None:
        return Drop.UNKNOWN_NAS
    return Genuine(packet, secret, client, server)


def _secret(packet: Packet, client: Client, now: datetime) -> SharedSecret | Drop:
    """The secret that the packet was made with, as far as that can be told."""
    secrets = client.secrets_at(now)
    if not secrets:
        return Drop.NO_SECRET
    if packet.code == _ACCOUNTING_REQUEST:
        return _accounting_secret(packet, secrets)
    if packet.message_authenticator_at:
        return _signing_secret(packet, secrets)
    # RFC 5997 section 3: a Status-Server always has one.
    if client.require_message_authenticator or packet.code == _STATUS_SERVER:
        return Drop.NO_MESSAGE_AUTHENTICATOR
    if client.limit_proxy_state and packet.get(_PROXY_STATE) is not None:
        # The forgery of CVE-2024-3596 needs a Proxy-State in an unsigned request.
        return Drop.UNSIGNED_PROXY_STATE
    # Nothing tells two secrets apart here: the newest is the one in use.
    return secrets[0]


def _accounting_secret(
    packet: Packet, secrets: Sequence[SharedSecret]
) -> SharedSecret | Drop:
    for secret in secrets:
        if verify_accounting_request(packet, secret):
            if verify_message_authenticator(packet, secret) is False:
                return Drop.FALSE_MESSAGE_AUTHENTICATOR
            return secret
    return Drop.FALSE_AUTHENTICATOR


def _signing_secret(
    packet: Packet, secrets: Sequence[SharedSecret]
) -> SharedSecret | Drop:
    for secret in secrets:
        if verify_message_authenticator(packet, secret):
            return secret
    return Drop.FALSE_MESSAGE_AUTHENTICATOR
