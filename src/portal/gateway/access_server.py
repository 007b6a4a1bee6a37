"""The access server itself: devices, sign-in, limits, and the reports about them.

Shared by simulated branches and real ones. It opens and closes sessions; what moves
packets is behind each device's `Meter`, and what speaks HTTP or dynamic authorization
calls the methods here.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from portal.gateway.attributes import access_request, server_report, session_report
from portal.gateway.challenge import CHALLENGE_OCTETS
from portal.gateway.credential import Credential
from portal.gateway.device import Device
from portal.gateway.limits import Limits
from portal.gateway.options import Clock, NasOptions
from portal.gateway.session import Grant, Session
from portal.radius.attributes import AttributeType, Vendor, Wispr
from portal.radius.codes import AcctStatusType, Code, TerminateCause
from portal.radius.packet import Packet

Attributes = Callable[[bytes], Sequence[bytes]]


@dataclass(frozen=True, slots=True)
class Accepted:
    """The device is signed in."""

    session: Session


@dataclass(frozen=True, slots=True)
class Refused:
    """Access-Reject, with its Reply-Message."""

    reply: str | None


@dataclass(frozen=True, slots=True)
class Unanswered:
    """No RADIUS server answered."""


class Radius(Protocol):
    """How the access server reaches its RADIUS server."""

    async def ask(self, attributes: Attributes) -> Packet | None:
        """Send an Access-Request; None when nobody answered.

        `attributes` gets the Request Authenticator, which hides the password.
        """
        ...

    def report(self, attributes: Sequence[bytes]) -> None:
        """Send an Accounting-Request before returning, and again as needed."""
        ...


SignIn = Accepted | Refused | Unanswered
Ended = Callable[[Device, Session, TerminateCause, datetime], None]


class AccessServer:
    """One branch's access server; open it, then let devices in and out."""

    def __init__(
        self,
        options: NasOptions,
        clock: Clock,
        radius: Radius,
        *,
        on_end: Ended | None = None,
    ) -> None:
        self.options = options
        self.clock = clock
        self.radius = radius
        self.devices: list[Device] = []
        self.booted_at = clock()
        self._boots = 0
        self._on_end = on_end

    def attach(self, device: Device) -> None:
        """A device joined the network; it is not signed in."""
        device.renew_session_id(self.clock())
        self.devices.append(device)

    def boot(self) -> None:
        """Accounting-On: whatever was open before is closed (RFC 2866 5.1)."""
        self.booted_at = self.clock()
        self._boots += 1
        for device in self.devices:
            device.session = None
            device.forget()
            device.renew_session_id(self.booted_at)
        self._report_server(AcctStatusType.ACCOUNTING_ON)

    def shut_down(self) -> None:
        """A Stop for every session, then Accounting-Off, none of them waited for."""
        for device in self.devices:
            self.end(device, TerminateCause.NAS_REBOOT)
        self._report_server(AcctStatusType.ACCOUNTING_OFF)

    async def sign_in(
        self, device: Device, user_name: str, credential: Credential
    ) -> SignIn:
        """Ask RADIUS; on an Accept the session is open and its Start sent."""
        boots = self._boots
        packet = await self.radius.ask(
            lambda authenticator: access_request(
                self.options, device, user_name, credential, authenticator
            )
        )
        if packet is None or self._boots != boots:
            # An answer to a question that was asked before the power went is lost.
            return Unanswered()
        if packet.code != Code.ACCESS_ACCEPT:
            return Refused(_reply_message(packet))
        now = self.clock()
        session = Session(
            session_id=device.session_id,
            grant=self._grant(packet, user_name),
            started_at=now,
        )
        device.session = session
        self._report_session(device, session, AcctStatusType.START, now)
        return Accepted(session)

    def end(self, device: Device, cause: TerminateCause) -> bool:
        """Close a device's session and send its Stop; False when it has none."""
        session = device.session
        if session is None:
            return False
        now = self.clock()
        self.count(device, now)
        device.session = None
        device.renew_session_id(now)
        self._report_session(device, session, AcctStatusType.STOP, now, cause)
        if self._on_end is not None:
            self._on_end(device, session, cause, now)
        return True

    def check(self) -> None:
        """Look at every session once: count, cut what is over, report what is due."""
        now = self.clock()
        for device in self.devices:
            session = device.session
            if session is None:
                continue
            self.count(device, now)
            cause = session.end_due(now, self.options.ignored)
            if cause is not None:
                self.end(device, cause)
            elif session.interim_due(now, self.options.interim_seconds):
                session.reported_at = now
                self._report_session(
                    device, session, AcctStatusType.INTERIM_UPDATE, now
                )

    def count(self, device: Device, now: datetime) -> None:
        """Bring a session's counters up to now."""
        session = device.session
        if session is not None:
            session.count(*device.meter.read(session, now), now)

    def change(self, session: Session, packet: Packet) -> None:
        """Apply the limits of a CoA-Request."""
        changes = self._limits(packet)
        if self.options.quirks.coa_replaces_limits:
            # Everything it does not repeat is gone, but not how often to report.
            interval = changes.interim_interval or session.limits.interim_interval
            session.limits = changes.with_changes(Limits(interim_interval=interval))
        else:
            session.limits = session.limits.with_changes(changes)

    def challenge(self, device: Device, now: datetime) -> bytes:
        """The device's challenge, made anew when it is too old to hand out."""
        seconds = self.options.challenge_seconds
        challenge = device.challenge_within(seconds, now)
        return self.new_challenge(device, now) if challenge is None else challenge

    def new_challenge(self, device: Device, now: datetime) -> bytes:
        challenge = secrets.token_bytes(CHALLENGE_OCTETS)
        device.set_challenge(challenge, now)
        return challenge

    def _grant(self, packet: Packet, user_name: str) -> Grant:
        named = packet.get(AttributeType.USER_NAME)
        redirection = packet.vsa(Vendor.WISPR, Wispr.REDIRECTION_URL) or b""
        return Grant(
            limits=self._limits(packet),
            # RFC 2865 5.1: accounting follows the Accept's User-Name.
            user_name=_text(named) if named else user_name,
            classes=tuple(packet.all(AttributeType.CLASS)),
            reply=_reply_message(packet),
            redirection_url=_text(redirection),
        )

    def _limits(self, packet: Packet) -> Limits:
        return Limits.of(
            packet,
            swapped=self.options.quirks.swapped_octets,
            zone=self.options.time_zone,
        )

    def _report_session(
        self,
        device: Device,
        session: Session,
        status: AcctStatusType,
        now: datetime,
        cause: TerminateCause | None = None,
    ) -> None:
        self._report(session_report(self.options, device, session, status, now, cause))

    def _report_server(self, status: AcctStatusType) -> None:
        now = self.clock()
        session_id = f"{int(self.booted_at.timestamp()):010d}{0:08d}"
        self._report(server_report(self.options, status, now, session_id))

    def _report(self, attributes: Sequence[bytes]) -> None:
        self.radius.report(attributes)


def _reply_message(packet: Packet) -> str | None:
    # RFC 2865 5.18: several make one text, in order.
    parts = packet.all(AttributeType.REPLY_MESSAGE)
    return _text(b"".join(parts)) if parts else None


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")
