"""What this package raises: one family, so that a receiver can discard on it."""


class RadiusError(Exception):
    """Base of everything that portal.radius raises about a packet."""


class MalformedPacketError(RadiusError):
    """Octets that RFC 2865 says to discard silently; carries why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
