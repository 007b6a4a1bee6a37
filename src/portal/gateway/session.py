"""One opened session: its counters, its clock and the limits it runs under.

No clock and no socket: whoever owns a session tells it the time. Counters are kept as
downloaded and uploaded octets without a width; `portal.gateway.accounting` turns them
into the two 32-bit halves of the wire, and into input and output.
"""

from dataclasses import dataclass, field
from datetime import datetime
from math import ceil

from portal.gateway.limits import Limits
from portal.gateway.quirks import Limit
from portal.radius.codes import TerminateCause

# Full Ethernet frames; real gear counts packets, and nothing depends on them here.
_OCTETS_A_PACKET = 1500


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What an Access-Accept gave."""

    limits: Limits
    user_name: str
    classes: tuple[bytes, ...] = ()
    """Every Class in order: opaque, echoed in all accounting (RFC 2865 5.25)."""
    reply: str | None = None
    redirection_url: str = ""
    """WISPr-Redirection-URL: where the browser goes instead of the portal."""


@dataclass(slots=True, kw_only=True)
class Session:
    """A device's open session, from Access-Accept to Accounting Stop."""

    session_id: str
    grant: Grant
    started_at: datetime
    limits: Limits = field(init=False)
    downloaded: int = 0
    uploaded: int = 0
    packets_down: int = 0
    packets_up: int = 0
    active_at: datetime = field(init=False)
    reported_at: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.limits = self.grant.limits
        self.active_at = self.reported_at = self.started_at

    @property
    def user_name(self) -> str:
        return self.grant.user_name

    def count(self, downloaded: int, uploaded: int, now: datetime) -> None:
        """Add octets that passed since the last call."""
        if downloaded <= 0 and uploaded <= 0:
            return
        self.downloaded += downloaded
        self.uploaded += uploaded
        self.packets_down += ceil(downloaded / _OCTETS_A_PACKET)
        self.packets_up += ceil(uploaded / _OCTETS_A_PACKET)
        self.active_at = now

    def session_time(self, now: datetime) -> int:
        """Whole seconds since sign-in."""
        return _seconds(self.started_at, now)

    def idle_time(self, now: datetime) -> int:
        """Whole seconds since an octet passed."""
        return _seconds(self.active_at, now)

    def time_left(self, now: datetime) -> int:
        """Seconds of Session-Timeout that remain; 0 when there is no such limit."""
        if not self.limits.session_timeout:
            return 0
        return max(0, self.limits.session_timeout - self.session_time(now))

    def end_due(
        self, now: datetime, ignored: frozenset[Limit] = frozenset()
    ) -> TerminateCause | None:
        """Why the session must end now; every data limit ends as a Session-Timeout.

        CoovaChilli was seen to name cause 5 for time and for data alike, and RFC 2866
        5.10 has none for data.
        """
        if Limit.SESSION_TIMEOUT not in ignored and self._out_of_time(now):
            return TerminateCause.SESSION_TIMEOUT
        if Limit.OCTETS not in ignored and self._out_of_octets():
            return TerminateCause.SESSION_TIMEOUT
        idle_timeout = self.limits.idle_timeout
        if (
            Limit.IDLE_TIMEOUT not in ignored
            and idle_timeout
            and self.idle_time(now) >= idle_timeout
        ):
            return TerminateCause.IDLE_TIMEOUT
        return None

    def interim_due(self, now: datetime, default_seconds: int) -> bool:
        """Whether Acct-Interim-Interval has passed since Start or the last interim."""
        interval = self.limits.interim_interval or default_seconds
        return bool(interval) and _seconds(self.reported_at, now) >= interval

    def _out_of_time(self, now: datetime) -> bool:
        limits = self.limits
        if limits.terminate_at is not None and now >= limits.terminate_at:
            return True
        return 0 < limits.session_timeout <= self.session_time(now)

    def _out_of_octets(self) -> bool:
        limits = self.limits
        return any(
            0 < most <= used
            for most, used in (
                (limits.max_total, self.downloaded + self.uploaded),
                (limits.max_downloaded, self.downloaded),
                (limits.max_uploaded, self.uploaded),
            )
        )


def _seconds(since: datetime, now: datetime) -> int:
    # A clock that was set back must not make time negative.
    return max(0, int((now - since).total_seconds()))
