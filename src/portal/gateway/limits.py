"""The limits that an Access-Accept or CoA-Request sets on a session. Pure."""

from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, tzinfo
from typing import Self

from portal.radius.attributes import AttributeType, ChilliSpot, Vendor, Wispr
from portal.radius.errors import MalformedPacketError
from portal.radius.packet import Packet
from portal.radius.values import octets, parse_integer


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds, octets and bits per second from session start on; 0 is no limit."""

    session_timeout: int = 0
    idle_timeout: int = 0
    terminate_at: datetime | None = None
    max_downloaded: int = 0
    max_uploaded: int = 0
    max_total: int = 0
    down_rate: int = 0
    up_rate: int = 0
    interim_interval: int = 0

    @classmethod
    def of(cls, packet: Packet, *, swapped: bool, zone: tzinfo) -> Self:
        """The limits that a packet states; an unreadable one counts as absent.

        With `swapped`, ChilliSpot-Max-Input-Octets is about the download, as
        Acct-Input-Octets then is. `zone` is for a WISPr-Session-Terminate-Time
        that names none.
        """
        most_input = _octets(
            packet, ChilliSpot.MAX_INPUT_OCTETS, ChilliSpot.MAX_INPUT_GIGAWORDS
        )
        most_output = _octets(
            packet, ChilliSpot.MAX_OUTPUT_OCTETS, ChilliSpot.MAX_OUTPUT_GIGAWORDS
        )
        return cls(
            session_timeout=_integer(packet.get(AttributeType.SESSION_TIMEOUT)),
            idle_timeout=_integer(packet.get(AttributeType.IDLE_TIMEOUT)),
            terminate_at=_terminate_at(packet, zone),
            max_downloaded=most_input if swapped else most_output,
            max_uploaded=most_output if swapped else most_input,
            max_total=_octets(
                packet, ChilliSpot.MAX_TOTAL_OCTETS, ChilliSpot.MAX_TOTAL_GIGAWORDS
            ),
            down_rate=_rate(
                packet, Wispr.BANDWIDTH_MAX_DOWN, ChilliSpot.BANDWIDTH_MAX_DOWN
            ),
            up_rate=_rate(packet, Wispr.BANDWIDTH_MAX_UP, ChilliSpot.BANDWIDTH_MAX_UP),
            interim_interval=_integer(packet.get(AttributeType.ACCT_INTERIM_INTERVAL)),
        )

    def with_changes(self, changes: Self) -> Self:
        """These limits, but for those that the change states (RFC 5176 2.2)."""
        stated = {field.name: getattr(changes, field.name) for field in fields(self)}
        return replace(self, **{name: value for name, value in stated.items() if value})


def _integer(value: bytes | None) -> int:
    if value is None:
        return 0
    try:
        return parse_integer(value)
    except MalformedPacketError:
        return 0


def _octets(packet: Packet, low: ChilliSpot, gigawords: ChilliSpot) -> int:
    return octets(
        _integer(packet.vsa(Vendor.CHILLISPOT, low)),
        _integer(packet.vsa(Vendor.CHILLISPOT, gigawords)),
    )


def _rate(packet: Packet, wispr: Wispr, chilli: ChilliSpot) -> int:
    # WISPr counts bits a second, ChilliSpot kilobits.
    return (
        _integer(packet.vsa(Vendor.WISPR, wispr))
        or _integer(packet.vsa(Vendor.CHILLISPOT, chilli)) * 1000
    )


def _terminate_at(packet: Packet, zone: tzinfo) -> datetime | None:
    value = packet.vsa(Vendor.WISPR, Wispr.SESSION_TERMINATE_TIME)
    if value is None:
        return None
    try:
        instant = datetime.fromisoformat(value.decode("ascii"))
    except ValueError:
        return None
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=zone)
    return instant.astimezone(UTC)
