"""What an access server is told about itself, its portal and its RADIUS server."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from portal.gateway.quirks import NONE, Limit, Quirks
from portal.model.mac import MacAddress
from portal.radius.secret import SharedSecret

Clock = Callable[[], datetime]
"""The present as an aware UTC instant."""

Endpoint = tuple[str, int]
"""An IPv4 address and a UDP or TCP port."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NasOptions:
    """One access server: who it is, whom it asks, how it behaves."""

    nas_identifier: str
    address: str
    """NAS-IP-Address; RADIUS leaves from it and dynamic authorization listens on it."""
    called_station: MacAddress
    uam_server: str
    """The captive portal's sign-in page, the front part of every redirect."""
    uam_secret: bytes = field(repr=False, default=b"")
    uam_port: int = 3990
    radius_secret: SharedSecret
    auth_server: Endpoint
    acct_server: Endpoint
    dynauth_port: int = 3799
    interim_seconds: int = 0
    """Interim-Updates when an Accept has no Acct-Interim-Interval; 0: none."""
    challenge_seconds: int = 600
    """A redirect carries the same challenge for this long, then a new one."""
    sign_in_seconds: int = 1200
    """A challenge is good for signing in for this long."""
    time_zone: tzinfo = field(default_factory=lambda: ZoneInfo("Asia/Tehran"))
    """For a WISPr-Session-Terminate-Time without one (WISPr 1.0: NAS local time)."""
    quirks: Quirks = NONE
    ignored: frozenset[Limit] = frozenset()
