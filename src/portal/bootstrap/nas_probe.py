"""Trying one access server: do its secrets open, is it heard, does it answer a request.

The request is a Disconnect for a session that does not exist: an access server that
knows the secret refuses it, and nothing else happens. It takes requests from radiusd's
address only, so the probe has to run on that machine.
"""

import socket
from collections.abc import Iterator
from datetime import timedelta

from portal.bootstrap.doctor import Finding, Grade
from portal.bootstrap.services import Services
from portal.model.estate import Nas
from portal.radius.attributes import AttributeType
from portal.radius.authenticator import verify_reply
from portal.radius.codes import Code
from portal.radius.dynauth import disconnect_request
from portal.radius.errors import MalformedPacketError
from portal.radius.packet import parse
from portal.radius.secret import SharedSecret
from portal.radius.values import attribute, encode_date, encode_text
from portal.service.keys import SealBrokenError
from portal.service.secrets import SecretKind, open_secret

_TRIES, _WAIT = 3, 2.0
_HEARD_WITHIN = timedelta(hours=1)


def probe(services: Services, nas: Nas) -> Iterator[Finding]:
    """Every finding about one access server; sends at most three packets."""
    yield _uam(services, nas)
    yield _heard(services, nas)
    try:
        secret = _dynauth_secret(services, nas)
    except SealBrokenError as error:
        yield Finding("radius secret", Grade.FAULT, f"it does not open: {error}")
        return
    yield Finding("radius secret", Grade.OK, "it opens")
    if nas.dynauth_address is None:
        text = "no address: its sessions cannot be ended from here"
        yield Finding("disconnect", Grade.WARNING, text)
        return
    yield _disconnect(services, nas, nas.dynauth_address, secret)


def _uam(services: Services, nas: Nas) -> Finding:
    if nas.uam_secret_sealed is None:
        text = "no UAM secret: its redirects are not signed and not believed"
        return Finding("uam secret", Grade.FAULT, text)
    try:
        open_secret(services.keys, SecretKind.UAM, nas.uam_secret_sealed)
    except SealBrokenError as error:
        return Finding("uam secret", Grade.FAULT, f"it does not open: {error}")
    return Finding("uam secret", Grade.OK, "it opens")


def _heard(services: Services, nas: Nas) -> Finding:
    if nas.heard_at is None:
        return Finding("heard", Grade.WARNING, "never")
    silent = services.clock() - nas.heard_at
    grade = Grade.OK if silent <= _HEARD_WITHIN else Grade.WARNING
    return Finding("heard", grade, f"{int(silent.total_seconds())} s ago")


def _dynauth_secret(services: Services, nas: Nas) -> SharedSecret:
    sealed = nas.dynauth_secret_sealed
    if sealed is None:
        clients = {client.id: client for client in services.estate.clients()}
        sealed = clients[nas.client_id].secrets[0].sealed
    return SharedSecret(open_secret(services.keys, SecretKind.RADIUS, sealed))


def _disconnect(
    services: Services, nas: Nas, address: str, secret: SharedSecret
) -> Finding:
    now = int(services.clock().timestamp())
    identity = nas.identifier or nas.name
    request = disconnect_request(
        now & 0xFF,
        [
            # CoovaChilli drops a request without User-Name.
            attribute(AttributeType.USER_NAME, encode_text("portal-nas-test")),
            attribute(AttributeType.ACCT_SESSION_ID, encode_text("portal-nas-test")),
            attribute(AttributeType.NAS_IDENTIFIER, encode_text(identity)),
            attribute(AttributeType.EVENT_TIMESTAMP, encode_date(now)),
        ],
        secret,
    )
    place = f"{address} port {nas.dynauth_port}"
    code = _answer(services, request, (address, nas.dynauth_port), secret)
    if code is None:
        text = f"{place} does not answer; wrong secret, or not from this machine"
        return Finding("disconnect", Grade.FAULT, text)
    if code == Code.DISCONNECT_NAK:
        text = f"{place} refuses an unknown session, as it should"
        return Finding("disconnect", Grade.OK, text)
    text = f"{place} answers an unknown session with code {code}"
    return Finding("disconnect", Grade.WARNING, text)


def _answer(
    services: Services, request: bytes, place: tuple[str, int], secret: SharedSecret
) -> int | None:
    """The code of the genuine answer; None without one."""
    family = socket.AF_INET6 if ":" in place[0] else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe_socket:
        probe_socket.bind((services.settings.radius_bind, 0))
        probe_socket.settimeout(_WAIT)
        for _ in range(_TRIES):
            try:
                probe_socket.sendto(request, place)
                reply = parse(probe_socket.recv(4096))
            except (OSError, MalformedPacketError):
                continue
            if verify_reply(reply, request, secret):
                return reply.code
    return None
