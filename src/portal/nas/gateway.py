"""Our own Linux gateway as RADIUS sees it: directions and answers as the RFCs say."""

from portal.model.estate import Nas, ProfileName
from portal.model.outcome import Accept, DynauthRequest
from portal.nas.radius_attributes import (
    input_octets,
    output_octets,
    session_identification,
    session_limits,
)
from portal.radius.attributes import AttributeType
from portal.radius.packet import Packet
from portal.radius.values import attribute


class Gateway:
    """The profile of a NAS that runs `portal gateway`."""

    name: str = ProfileName.GATEWAY
    check_interval: int = 1
    nak_without_cause_means_gone: bool = False
    can_change: bool = True

    def access_attributes(self, accept: Accept) -> list[bytes]:
        return [
            attribute(AttributeType.CLASS, accept.class_value),
            *session_limits(accept.limits, accept.interim_interval),
        ]

    def counters(self, packet: Packet) -> tuple[int, int]:
        """(downloaded, uploaded): input came from the device (RFC 2866 5.3)."""
        return output_octets(packet), input_octets(packet)

    def disconnect_attributes(self, request: DynauthRequest, nas: Nas) -> list[bytes]:
        return session_identification(request, nas)

    def change_attributes(self, request: DynauthRequest, nas: Nas) -> list[bytes]:
        limits = request.limits
        changes = [] if limits is None else session_limits(limits, nas.interim_interval)
        return session_identification(request, nas) + changes
