"""CoovaChilli, ChilliSpot's successor, as RADIUS sees it: what 1.6 and 1.9 did."""

from portal.model.estate import Nas, ProfileName
from portal.model.outcome import Accept, DynauthRequest
from portal.nas.radius_attributes import (
    input_octets,
    output_octets,
    session_identification,
    session_limits,
)
from portal.radius.attributes import AttributeType, ChilliSpot, Vendor
from portal.radius.packet import Packet
from portal.radius.values import attribute, parse_integer

_CHILLISPOT = int(Vendor.CHILLISPOT)
_VIEW_POINT = int(ChilliSpot.ACCT_VIEW_POINT)
_NAS_VIEW = 1  # `swapoctets`: input is what the NAS received, as RFC 2866 5.3 has it


class CoovaChilli:
    """The profile of a NAS that runs CoovaChilli."""

    name: str = ProfileName.COOVACHILLI
    check_interval: int = 3  # chilli.c's CHECK_INTERVAL
    nak_without_cause_means_gone: bool = True  # its NAKs never carry Error-Cause
    can_change: bool = True

    def access_attributes(self, accept: Accept) -> list[bytes]:
        return [
            attribute(AttributeType.CLASS, accept.class_value),
            *session_limits(accept.limits, accept.interim_interval),
        ]

    def counters(self, packet: Packet) -> tuple[int, int]:
        """(downloaded, uploaded) octets: by default its Input is the download."""
        received, sent = input_octets(packet), output_octets(packet)
        view = packet.vsa(_CHILLISPOT, _VIEW_POINT)
        if view is not None and parse_integer(view) == _NAS_VIEW:
            return sent, received
        return received, sent

    def disconnect_attributes(self, request: DynauthRequest, nas: Nas) -> list[bytes]:
        # Without User-Name it drops the packet and says nothing.
        return session_identification(request, nas)

    def change_attributes(self, request: DynauthRequest, nas: Nas) -> list[bytes]:
        """All limits, changed or not: a CoA wipes those that it does not repeat."""
        limits = request.limits
        changes = [] if limits is None else session_limits(limits, nas.interim_interval)
        return session_identification(request, nas) + changes
