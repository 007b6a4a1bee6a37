"""The dynamic-authorization server of an access server: Disconnect and CoA, RFC 5176.

Octets in, octets or silence out; the socket is somebody else's.
"""

import logging
import time
from collections.abc import Callable
from datetime import timedelta

from portal.gateway.access_server import AccessServer
from portal.gateway.device import Device
from portal.gateway.options import Endpoint
from portal.model.mac import MacAddress
from portal.radius.attributes import AttributeType, ChilliSpot, Vendor
from portal.radius.codes import Code, ErrorCause, TerminateCause
from portal.radius.dynauth import dynauth_reply, verify_dynauth_request
from portal.radius.errors import MalformedPacketError
from portal.radius.packet import Packet, parse, split_vsa
from portal.radius.reply_cache import PENDING, ReplyCache
from portal.radius.values import attribute, encode_address, encode_integer

log = logging.getLogger(__name__)

_NOT_AUTHORIZED = encode_integer(2)  # ChilliSpot-Session-State
# RFC 5176 6.3: an older Event-Timestamp is a replay.
_FRESH = timedelta(seconds=300)

_SESSION = frozenset(
    (
        AttributeType.USER_NAME,
        AttributeType.ACCT_SESSION_ID,
        AttributeType.CALLING_STATION_ID,
        AttributeType.FRAMED_IP_ADDRESS,
    )
)
_IDENTIFICATION = _SESSION | {
    AttributeType.NAS_IP_ADDRESS,
    AttributeType.NAS_IDENTIFIER,
    AttributeType.NAS_PORT,
    AttributeType.NAS_PORT_ID,
    AttributeType.CALLED_STATION_ID,
    AttributeType.EVENT_TIMESTAMP,
    AttributeType.MESSAGE_AUTHENTICATOR,
    AttributeType.PROXY_STATE,
    AttributeType.CLASS,
    AttributeType.ACCT_TERMINATE_CAUSE,
}
_CHANGES = frozenset(
    (
        AttributeType.SESSION_TIMEOUT,
        AttributeType.IDLE_TIMEOUT,
        AttributeType.ACCT_INTERIM_INTERVAL,
        AttributeType.VENDOR_SPECIFIC,
    )
)
_KNOWN_VENDORS = frozenset((Vendor.WISPR, Vendor.CHILLISPOT))


class DynauthServer:
    """Ends or changes an access server's sessions when its RADIUS server says so."""

    def __init__(
        self,
        server: AccessServer,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._server = server
        self._options = server.options
        self._monotonic = monotonic
        self._cache = ReplyCache()
        self._sources = {self._options.auth_server[0], self._options.acct_server[0]}

    def answer(self, data: bytes, peer: Endpoint) -> bytes | None:
        """The reply to one datagram, or None for silence; never raises on octets."""
        if peer[0] not in self._sources:
            return None
        try:
            request = parse(data)
        except MalformedPacketError:
            return None
        if not verify_dynauth_request(request, self._options.radius_secret):
            return None
        key, now = (peer, request.identifier, "dynauth"), self._monotonic()
        known = self._cache.lookup(key, request.authenticator, now)
        if known is not None:
            return None if known is PENDING else known
        self._cache.begin(key, request.authenticator, now)
        reply = self._decide(request)
        self._cache.finish(key, request.authenticator, reply, now)
        return reply

    def _decide(self, request: Packet) -> bytes | None:
        quirks = self._options.quirks
        if quirks.user_name_mandatory and request.get(AttributeType.USER_NAME) is None:
            return None
        if not quirks.lenient_dynauth:
            if not self._fresh(request):
                return None
            objection = self._objection(request)
            if objection is not None:
                return self._nak(request, objection)
        devices = self._matching(request)
        if not devices:
            return self._nak(request, ErrorCause.SESSION_CONTEXT_NOT_FOUND)
        for device in devices:
            self._apply(request, device)
        return self._reply(request, acknowledged=True)

    def _apply(self, request: Packet, device: Device) -> None:
        state = request.vsa(Vendor.CHILLISPOT, ChilliSpot.SESSION_STATE)
        if request.code == Code.DISCONNECT_REQUEST or state == _NOT_AUTHORIZED:
            self._server.end(device, TerminateCause.ADMIN_RESET)
        elif device.session is not None:
            self._server.change(device.session, request)

    def _matching(self, request: Packet) -> list[Device]:
        """Every device whose session the request describes, in all it says."""
        return [
            device
            for device in self._server.devices
            if _describes(request, device, lenient=self._options.quirks.lenient_dynauth)
        ]

    def _fresh(self, request: Packet) -> bool:
        stamp = request.get(AttributeType.EVENT_TIMESTAMP)
        if stamp is None:
            return True
        age = self._server.clock().timestamp() - int.from_bytes(stamp)
        return abs(age) <= _FRESH.total_seconds()

    def _objection(self, request: Packet) -> ErrorCause | None:
        """What RFC 5176 section 3 forbids this request to say."""
        present = {number for number, _ in request.attributes}
        if not present & _SESSION:
            return ErrorCause.MISSING_ATTRIBUTE
        if not self._names_us(request):
            return ErrorCause.NAS_IDENTIFICATION_MISMATCH
        allowed = _IDENTIFICATION
        if request.code == Code.COA_REQUEST:
            allowed = _IDENTIFICATION | _CHANGES
        if present - allowed or not _KNOWN_VENDORS.issuperset(_vendors(request)):
            return ErrorCause.UNSUPPORTED_ATTRIBUTE
        return None

    def _names_us(self, request: Packet) -> bool:
        identifier = request.get(AttributeType.NAS_IDENTIFIER)
        address = request.get(AttributeType.NAS_IP_ADDRESS)
        return identifier in {None, self._options.nas_identifier.encode()} and (
            address in {None, encode_address(self._options.address)}
        )

    def _nak(self, request: Packet, cause: ErrorCause) -> bytes:
        return self._reply(request, acknowledged=False, cause=cause)

    def _reply(
        self, request: Packet, *, acknowledged: bool, cause: ErrorCause | None = None
    ) -> bytes:
        quirks = self._options.quirks
        if request.code == Code.DISCONNECT_REQUEST:
            code = Code.DISCONNECT_ACK if acknowledged else Code.DISCONNECT_NAK
        else:
            code = Code.COA_ACK if acknowledged else Code.COA_NAK
        attributes = []
        if cause is not None and not quirks.nak_without_cause:
            attributes.append(
                attribute(AttributeType.ERROR_CAUSE, encode_integer(cause))
            )
        signed = bool(request.message_authenticator_at)
        return dynauth_reply(
            code,
            request,
            self._options.radius_secret,
            attributes,
            message_authenticator=signed and not quirks.bare_dynauth_replies,
        )


def _describes(request: Packet, device: Device, *, lenient: bool) -> bool:
    session = device.session
    if session is None:
        return False
    user_name = session.user_name.encode("utf-8", "surrogateescape")
    if request.get(AttributeType.USER_NAME) not in {None, user_name}:
        return False
    # CoovaChilli compares session ids without regard to case.
    session_id = request.get(AttributeType.ACCT_SESSION_ID)
    if session_id is not None and session_id.lower() != session.session_id.encode():
        return False
    if lenient:
        return True
    address = request.get(AttributeType.FRAMED_IP_ADDRESS)
    station = request.get(AttributeType.CALLING_STATION_ID)
    return address in {None, encode_address(device.address)} and (
        station is None or _same_station(station, device.mac)
    )


def _same_station(value: bytes, mac: MacAddress) -> bool:
    try:
        return MacAddress.parse(value.decode("ascii")) == mac
    except ValueError:
        return False


def _vendors(request: Packet) -> set[int]:
    return {split_vsa(value)[0] for value in request.all(AttributeType.VENDOR_SPECIFIC)}
