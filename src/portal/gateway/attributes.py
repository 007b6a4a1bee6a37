"""Attribute lists of an access server's requests, in the order CoovaChilli sends them.

Pure: options, device and session in, encoded attributes out. Order has no meaning in
RADIUS; keeping the one that was captured makes the octets comparable.
"""

from datetime import datetime

from portal.gateway.credential import Credential
from portal.gateway.device import Device
from portal.gateway.options import NasOptions
from portal.gateway.session import Session
from portal.radius.attributes import AttributeType, ChilliSpot, Vendor, Wispr
from portal.radius.codes import AcctStatusType, NasPortType, ServiceType, TerminateCause
from portal.radius.values import (
    attribute,
    encode_address,
    encode_date,
    encode_integer,
    encode_text,
    split_octets,
    vsa,
)

_CLIENT_VIEW = 2  # CoovaChilli-Acct-View-Point
_UINT32 = 0xFFFFFFFF
_NO_DEVICE = "00-00-00-00-00-00"


def access_request(
    options: NasOptions,
    device: Device,
    user_name: str,
    credential: Credential,
    authenticator: bytes,
) -> list[bytes]:
    """Ask for a device's sign-in; Acct-Session-Id is the one Start will carry."""
    logoff = f"http://{device.uam_address}:{options.uam_port}/logoff"
    return [
        *_software(options),
        _user_name(user_name),
        credential.attributes(authenticator, options.radius_secret),
        _integer(AttributeType.SERVICE_TYPE, ServiceType.LOGIN),
        _text(AttributeType.ACCT_SESSION_ID, device.session_id),
        attribute(AttributeType.FRAMED_IP_ADDRESS, encode_address(device.address)),
        *_port(device),
        *_nas(options),
        vsa(Vendor.WISPR, Wispr.LOGOFF_URL, encode_text(logoff, 247)),
    ]


def session_report(
    options: NasOptions,
    device: Device,
    session: Session,
    status: AcctStatusType,
    now: datetime,
    cause: TerminateCause | None = None,
) -> list[bytes]:
    """Start, Interim-Update or Stop of a session."""
    closing = [] if cause is None else [_cause(cause)]
    return [
        *_accounting_head(options, now),
        _user_name(session.user_name),
        *([] if status == AcctStatusType.START else _counters(options, session, now)),
        *closing,
        _integer(AttributeType.ACCT_STATUS_TYPE, status),
        _text(AttributeType.ACCT_SESSION_ID, session.session_id),
        *(attribute(AttributeType.CLASS, value) for value in session.grant.classes),
        attribute(AttributeType.FRAMED_IP_ADDRESS, encode_address(device.address)),
        *_port(device),
        *_nas(options),
    ]


def server_report(
    options: NasOptions, status: AcctStatusType, now: datetime, session_id: str
) -> list[bytes]:
    """Accounting-On or -Off: every session of this access server is closed.

    CoovaChilli sends no Acct-Session-Id here, though RFC 2866 5.5 wants one in every
    request, but an all-zero Calling-Station-Id and, in Off, a terminate cause of 0.
    """
    if not options.quirks.software:
        return [
            *_accounting_head(options, now),
            _integer(AttributeType.ACCT_STATUS_TYPE, status),
            _text(AttributeType.ACCT_SESSION_ID, session_id),
            *_nas(options),
        ]
    off = status == AcctStatusType.ACCOUNTING_OFF
    return [
        *_accounting_head(options, now),
        *([_integer(AttributeType.ACCT_TERMINATE_CAUSE, 0)] if off else []),
        _integer(AttributeType.ACCT_STATUS_TYPE, status),
        _integer(AttributeType.NAS_PORT_TYPE, NasPortType.WIRELESS_802_11),
        _text(AttributeType.CALLING_STATION_ID, _NO_DEVICE),
        *_nas(options),
    ]


def _software(options: NasOptions) -> list[bytes]:
    version = options.quirks.software
    if not version:
        return []
    return [vsa(Vendor.CHILLISPOT, ChilliSpot.VERSION, version.encode())]


def _accounting_head(options: NasOptions, now: datetime) -> list[bytes]:
    view = vsa(
        Vendor.CHILLISPOT, ChilliSpot.ACCT_VIEW_POINT, encode_integer(_CLIENT_VIEW)
    )
    stamp = min(max(int(now.timestamp()), 0), _UINT32)
    return [
        *_software(options),
        *([view] if options.quirks.swapped_octets else []),
        attribute(AttributeType.EVENT_TIMESTAMP, encode_date(stamp)),
    ]


def _counters(options: NasOptions, session: Session, now: datetime) -> list[bytes]:
    # RFC 2866 5.3: input is what the port received, the upload; the client's view is
    # the other way round.
    up = (session.uploaded, session.packets_up)
    down = (session.downloaded, session.packets_down)
    (came, came_packets), (went, went_packets) = (
        (down, up) if options.quirks.swapped_octets else (up, down)
    )
    input_low, input_high = split_octets(came)
    output_low, output_high = split_octets(went)
    return [
        _integer(AttributeType.ACCT_INPUT_OCTETS, input_low),
        _integer(AttributeType.ACCT_OUTPUT_OCTETS, output_low),
        _integer(AttributeType.ACCT_INPUT_GIGAWORDS, input_high),
        _integer(AttributeType.ACCT_OUTPUT_GIGAWORDS, output_high),
        _integer(AttributeType.ACCT_INPUT_PACKETS, came_packets & _UINT32),
        _integer(AttributeType.ACCT_OUTPUT_PACKETS, went_packets & _UINT32),
        _integer(AttributeType.ACCT_SESSION_TIME, session.session_time(now) & _UINT32),
    ]


def _port(device: Device) -> list[bytes]:
    return [
        _integer(AttributeType.NAS_PORT_TYPE, NasPortType.WIRELESS_802_11),
        _integer(AttributeType.NAS_PORT, device.number),
        _text(AttributeType.NAS_PORT_ID, f"{device.number:08d}"),
        _text(AttributeType.CALLING_STATION_ID, device.mac.dashed),
    ]


def _nas(options: NasOptions) -> list[bytes]:
    return [
        _text(AttributeType.CALLED_STATION_ID, options.called_station.dashed),
        attribute(AttributeType.NAS_IP_ADDRESS, encode_address(options.address)),
        _text(AttributeType.NAS_IDENTIFIER, options.nas_identifier),
    ]


def _user_name(name: str) -> bytes:
    # The browser's octets, whatever they are.
    return attribute(AttributeType.USER_NAME, name.encode("utf-8", "surrogateescape"))


def _cause(cause: TerminateCause) -> bytes:
    return _integer(AttributeType.ACCT_TERMINATE_CAUSE, cause)


def _integer(number: int, value: int) -> bytes:
    return attribute(number, encode_integer(value))


def _text(number: int, value: str) -> bytes:
    return attribute(number, encode_text(value))
