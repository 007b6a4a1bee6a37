"""A device on the branch's network, signed in or not."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from portal.gateway.session import Session
from portal.model.mac import MacAddress


class Meter(Protocol):
    """Counts a device's traffic: the simulation's flows, or a packet filter."""

    def read(self, session: Session, now: datetime) -> tuple[int, int]:
        """Octets downloaded and uploaded since the last reading."""
        ...


class NoTraffic:
    """A meter that never counts anything."""

    def read(self, session: Session, now: datetime) -> tuple[int, int]:  # noqa: ARG002
        return 0, 0


@dataclass(slots=True, kw_only=True, eq=False)
class Device:
    """What the access server knows of one attached device."""

    number: int
    """NAS-Port, and the second half of the session id."""
    mac: MacAddress
    address: str
    """Framed-IP-Address: what the access server handed out."""
    uam_address: str
    """Where this device reaches the UAM server."""
    meter: Meter = field(default_factory=NoTraffic)
    session_id: str = ""
    challenge: bytes | None = None
    challenged_at: datetime | None = None
    user_url: str = ""
    """The page that the browser first asked for."""
    met: bool = False
    """Whether it has sent an HTTP request since it was attached."""
    session: Session | None = None
    signing_in: asyncio.Lock = field(default_factory=asyncio.Lock)
    _numbered_at: int = 0

    def renew_session_id(self, now: datetime) -> None:
        """The Acct-Session-Id that the next sign-in will carry from request to Stop.

        Unix time and device number, as CoovaChilli writes it. It would hand out the
        same one twice within a second; here the time then runs ahead.
        """
        self._numbered_at = max(int(now.timestamp()), self._numbered_at + 1)
        self.session_id = f"{self._numbered_at:010d}{self.number:08d}"

    def set_challenge(self, challenge: bytes, now: datetime) -> None:
        self.challenge, self.challenged_at = challenge, now

    def challenge_within(self, seconds: int, now: datetime) -> bytes | None:
        """The challenge, unless there is none or it is older than this."""
        if self.challenged_at is None:
            return None
        age = now - self.challenged_at
        return self.challenge if age < timedelta(seconds=seconds) else None

    def forget(self) -> None:
        """Be a new device: nothing kept but the addresses."""
        self.challenge = self.challenged_at = None
        self.user_url = ""
        self.met = False
