"""What a genuine request says, in the words of the model; only what is used is decoded.

Raises MalformedPacketError where a value has a length its type does not allow: RFC 2865
section 5 has such a packet discarded.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from portal.model.mac import MacAddress
from portal.model.session import AccessRequest, AccountingReport, SessionRef
from portal.radius.attributes import AttributeType, Vendor
from portal.radius.authenticator import chap_challenge, password
from portal.radius.codes import AcctStatusType
from portal.radius.errors import MalformedPacketError
from portal.radius.packet import Packet
from portal.radius.secret import SharedSecret
from portal.radius.values import attribute, parse_address, parse_integer, printable
from portal.radiusd.clients import AccessServer

ReadClass = Callable[[bytes], SessionRef | None]

_USER_NAME = int(AttributeType.USER_NAME)
_USER_PASSWORD = int(AttributeType.USER_PASSWORD)
_CHAP_PASSWORD = int(AttributeType.CHAP_PASSWORD)
_FRAMED_IP_ADDRESS = int(AttributeType.FRAMED_IP_ADDRESS)
_FRAMED_IPV6_ADDRESS = int(AttributeType.FRAMED_IPV6_ADDRESS)
_CLASS = int(AttributeType.CLASS)
_VENDOR_SPECIFIC = int(AttributeType.VENDOR_SPECIFIC)
_CALLING_STATION_ID = int(AttributeType.CALLING_STATION_ID)
_ACCT_STATUS_TYPE = int(AttributeType.ACCT_STATUS_TYPE)
_ACCT_DELAY_TIME = int(AttributeType.ACCT_DELAY_TIME)
_ACCT_SESSION_ID = int(AttributeType.ACCT_SESSION_ID)
_ACCT_SESSION_TIME = int(AttributeType.ACCT_SESSION_TIME)
_ACCT_TERMINATE_CAUSE = int(AttributeType.ACCT_TERMINATE_CAUSE)
_EVENT_TIMESTAMP = int(AttributeType.EVENT_TIMESTAMP)

_KNOWN = frozenset(int(each) for each in AttributeType) - {_VENDOR_SPECIFIC}
_KNOWN_VENDORS = frozenset(vendor.to_bytes(4) for vendor in Vendor)
_OF_A_SESSION = frozenset(
    (AcctStatusType.START, AcctStatusType.STOP, AcctStatusType.INTERIM_UPDATE)
)
_OF_THE_NAS = frozenset((AcctStatusType.ACCOUNTING_ON, AcctStatusType.ACCOUNTING_OFF))

# A clock off by more than this is wrong, not late: 1970 after a power cut is common.
_OLDEST = timedelta(hours=24)
_NEWEST = timedelta(minutes=5)


def read_access_request(
    packet: Packet, secret: SharedSecret, server: AccessServer, now: datetime
) -> AccessRequest:
    chap = packet.get(_CHAP_PASSWORD)
    if chap is not None and packet.get(_USER_PASSWORD) is not None:
        # RFC 2865 section 4.1: never both.
        raise MalformedPacketError("User-Password and CHAP-Password together")
    if chap is not None and len(chap) != 17:
        raise MalformedPacketError(f"CHAP-Password of {len(chap)} octets")
    return AccessRequest(
        nas_id=server.nas.id,
        user_name=printable(packet.get(_USER_NAME) or b""),
        password=password(packet, secret),
        chap=None if chap is None else (chap[0], chap[1:], chap_challenge(packet)),
        acct_session_id=printable(packet.get(_ACCT_SESSION_ID) or b"") or None,
        device=device(packet.get(_CALLING_STATION_ID) or b"") or None,
        framed_ip=_framed_address(packet),
        received_at=now,
    )


def read_accounting_request(
    packet: Packet, server: AccessServer, read_class: ReadClass, now: datetime
) -> AccountingReport:
    status_type = _integer(packet, _ACCT_STATUS_TYPE)
    if status_type is None:
        raise MalformedPacketError("no Acct-Status-Type")
    session_id = packet.get(_ACCT_SESSION_ID) or b""
    if not session_id and status_type in _OF_A_SESSION:
        raise MalformedPacketError("no Acct-Session-Id")  # RFC 2866 section 5.13
    # CoovaChilli names an all-zero station when it speaks for itself.
    station = b"" if status_type in _OF_THE_NAS else packet.get(_CALLING_STATION_ID)
    session, false_class = _session_of(packet, read_class)
    downloaded, uploaded = server.profile.counters(packet)
    return AccountingReport(
        nas_id=server.nas.id,
        status_type=status_type,
        acct_session_id=printable(session_id),
        user_name=printable(packet.get(_USER_NAME) or b""),
        device=device(station or b""),
        framed_ip=_framed_address(packet),
        session=session,
        false_class=false_class,
        session_time=_integer(packet, _ACCT_SESSION_TIME) or 0,
        downloaded=downloaded,
        uploaded=uploaded,
        event_at=event_at(packet, now),
        received_at=now,
        terminate_cause=_integer(packet, _ACCT_TERMINATE_CAUSE),
        extra=_unknown_attributes(packet),
        packet=packet.raw,
    )


@lru_cache(maxsize=8192)
def device(station: bytes) -> str:
    """Calling-Station-Id as AA-BB-CC-DD-EE-FF; as it came where it is no MAC."""
    text = printable(station)
    try:
        return MacAddress.parse(text).dashed
    except ValueError:
        return text


def event_at(packet: Packet, now: datetime) -> datetime | None:
    """When it happened: Event-Timestamp, else arrival less Acct-Delay-Time.

    None for a clock or a delay that cannot be right.
    """
    stamp = _integer(packet, _EVENT_TIMESTAMP)
    if stamp is not None:
        at = datetime.fromtimestamp(stamp, UTC)
        return at if now - _OLDEST <= at <= now + _NEWEST else None
    delay = _integer(packet, _ACCT_DELAY_TIME)
    if not delay:
        return now
    waited = timedelta(seconds=delay)
    return now - waited if waited <= _OLDEST else None


def _session_of(
    packet: Packet, read_class: ReadClass
) -> tuple[SessionRef | None, bool]:
    """The session that Class names, and whether there were only false ones."""
    if packet.get(_CLASS) is None:
        return None, False
    # RFC 2865 section 5.25 allows several; a proxy on the way may have added its own.
    for value in packet.all(_CLASS):
        session = read_class(value)
        if session is not None:
            return session, False
    return None, True


def _integer(packet: Packet, number: int) -> int | None:
    value = packet.get(number)
    return None if value is None else parse_integer(value)


def _framed_address(packet: Packet) -> str | None:
    value = packet.get(_FRAMED_IP_ADDRESS) or packet.get(_FRAMED_IPV6_ADDRESS)
    return None if value is None else _address(value)


_address = lru_cache(maxsize=8192)(parse_address)


def _unknown_attributes(packet: Packet) -> bytes | None:
    """The attributes that mean nothing here, as they came (RFC 5080 section 2.5)."""
    unknown = [
        (number, value)
        for number, value in packet.attributes
        if number not in _KNOWN
        and (number != _VENDOR_SPECIFIC or value[:4] not in _KNOWN_VENDORS)
        and value
    ]
    if not unknown:
        return None
    return b"".join(attribute(number, value) for number, value in unknown)
