"""A browser arrives from an access server: is that true, and what is to be shown.

A redirect is believed only if a registered access server signed it and names an address
where that server's pages may live. The signature proves who made it, not when, so every
answer about a person rests on a session that is open now.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import ip_address
from typing import Protocol

from portal.model.estate import Branch, Nas
from portal.model.redirect import Redirect, Result
from portal.model.session import Session
from portal.service.admission import handed_out_again
from portal.service.door import Door, Entry, Register
from portal.service.keys import KeyRing, SealBrokenError
from portal.service.notes import Memory
from portal.service.ports import Clock, Store, UnitOfWork
from portal.service.secrets import SecretKind, open_secret

# A session is filed under the month it began in; none lasts longer than this.
_LONGEST_SESSION = timedelta(days=62)


class Dialect(Protocol):
    """How one kind of access server signs redirects and addresses its pages."""

    def read_redirect(self, raw_query: str) -> Redirect | None: ...
    def is_genuine(self, raw_query: str, server_url: str, secret: bytes) -> bool: ...
    def logon_url(
        self,
        origin: str,
        *,
        user_name: str,
        password: bytes,
        challenge: bytes,
        secret: bytes,
    ) -> str: ...
    def logoff_url(self, origin: str) -> str: ...
    def status_url(self, origin: str) -> str: ...
    def prelogin_url(self, origin: str) -> str: ...


class Refusal(StrEnum):
    """Why a redirect leads to no form."""

    NO_REDIRECT = "no_redirect"
    UNKNOWN_NAS = "unknown_nas"
    FOREIGN_ADDRESS = "foreign_address"
    FORGED = "forged"
    NO_CHALLENGE = "no_challenge"
    CHALLENGE_USED = "challenge_used"
    CHALLENGE_OLD = "challenge_old"


@dataclass(frozen=True, slots=True)
class Refused:
    """Not let in; `door` is there only where the access server proved itself."""

    refusal: Refusal
    door: Door | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """The device is to sign in; `redirect` says whether something failed before."""

    entry: Entry
    redirect: Redirect
    language: str | None


@dataclass(frozen=True, slots=True)
class Online:
    """The device is signed in with this session."""

    door: Door
    session: Session


@dataclass(frozen=True, slots=True)
class Unmatched:
    """The access server says signed in, the ledger knows no such open session."""

    door: Door
    language: str | None


@dataclass(frozen=True, slots=True)
class SignedOut:
    """The device has just signed out; with a fresh challenge it may come in again."""

    door: Door
    entry: Entry | None
    language: str | None


Arrival = Refused | Asked | Online | Unmatched | SignedOut


class Arrivals:
    """Reads redirects, finds the session behind them, and knows the way back."""

    def __init__(
        self,
        *,
        store: Store,
        keys: KeyRing,
        dialects: Mapping[str, Dialect],
        memory: Memory,
        clock: Clock,
    ) -> None:
        """`dialects` by the profile name of the access servers that speak them."""
        self._store, self._keys, self._clock = store, keys, clock
        self._dialects, self._memory = dialects, memory
        self._doors = Register()

    def receive(self, raw_query: str) -> Arrival:
        """What a query string, exactly as received, means for this browser."""
        readings = self._readings(raw_query)
        if not readings:
            return Refused(Refusal.NO_REDIRECT)
        now = self._clock()
        with self._store.read() as uow:
            self._doors.refresh(uow, now)
            found = self._verified(raw_query, readings)
            if isinstance(found, Refused):
                return found
            return self._meaning(uow, *found, now)

    def door(self, nas_id: int, address: str) -> Door | None:
        """A door named by a state or an address of ours, if it is still registered."""
        with self._store.read() as uow:
            self._doors.refresh(uow, self._clock())
        nas = self._doors.nas(nas_id)
        try:
            at = ip_address(address)
        except ValueError:
            return None
        return None if nas is None else self._doors.door(nas, at)

    def library(self, nas_id: int) -> Branch | None:
        """Where an access server stands, wherever a browser says that it is."""
        with self._store.read() as uow:
            self._doors.refresh(uow, self._clock())
        return self._doors.library(nas_id)

    def open_session(self, entry: Entry) -> Session | None:
        """The session that this device's challenge has opened, while it is open."""
        with self._store.read() as uow:
            return _opened_by(uow, entry)[1]

    def logon_url(self, entry: Entry, grant_id: str, password: str) -> str:
        """Where the browser proves a ticket to the access server."""
        door = entry.door
        return self._dialect(door).logon_url(
            door.origin,
            user_name=grant_id,
            password=password.encode(),
            challenge=entry.challenge,
            secret=self._secret(door.nas) or b"",
        )

    def logoff_url(self, door: Door) -> str:
        return self._dialect(door).logoff_url(door.origin)

    def status_url(self, door: Door) -> str:
        return self._dialect(door).status_url(door.origin)

    def prelogin_url(self, door: Door) -> str:
        return self._dialect(door).prelogin_url(door.origin)

    def _dialect(self, door: Door) -> Dialect:
        return self._dialects[door.nas.profile]

    def _readings(self, raw_query: str) -> dict[str, Redirect]:
        """What each dialect makes of the query, by profile."""
        readings = {
            profile: dialect.read_redirect(raw_query)
            for profile, dialect in self._dialects.items()
        }
        return {profile: read for profile, read in readings.items() if read}

    def _verified(
        self, raw_query: str, readings: Mapping[str, Redirect]
    ) -> tuple[Door, Redirect] | Refused:
        """The door that this redirect proves, of all that bear its name."""
        named = [
            (nas, redirect)
            for profile, redirect in readings.items()
            for nas in self._doors.named(redirect.nas_identifier)
            if nas.profile == profile
        ]
        if not named:
            return Refused(Refusal.UNKNOWN_NAS)
        standing = [
            (door, redirect)
            for nas, redirect in named
            if redirect.port == nas.uam_port
            and (door := self._doors.door(nas, redirect.address)) is not None
        ]
        if not standing:
            return Refused(Refusal.FOREIGN_ADDRESS)
        for door, redirect in standing:
            secret = self._secret(door.nas)
            url = door.nas.uam_server_url
            if secret and self._dialect(door).is_genuine(raw_query, url, secret):
                return door, redirect
        return Refused(Refusal.FORGED)

    def _meaning(
        self, uow: UnitOfWork, door: Door, redirect: Redirect, now: datetime
    ) -> Arrival:
        match redirect.result:
            case Result.SUCCESS | Result.ALREADY:
                session = _open_session(uow, door.nas.id, redirect, now)
                if session is not None:
                    return Online(door, session)
                return Unmatched(door, self._language(uow, door, redirect, now))
            case Result.LOGOFF:
                language = self._language(uow, door, redirect, now)
                return SignedOut(door, _entry(door, redirect), language)
            case Result.NOT_YET | Result.FAILED:
                return self._asked(uow, door, redirect, now)

    def _asked(
        self, uow: UnitOfWork, door: Door, redirect: Redirect, now: datetime
    ) -> Arrival:
        language = self._language(uow, door, redirect, now)
        entry = _entry(door, redirect)
        if entry is None:
            return Refused(Refusal.NO_CHALLENGE, door, language)
        used, session = _opened_by(uow, entry)
        if session is not None:
            # Back and Reload after signing in: the old redirect, the new session.
            return Online(door, session)
        if used:
            return Refused(Refusal.CHALLENGE_USED, door, language)
        if self._memory.is_old(door.nas.id, entry.challenge.hex(), now):
            return Refused(Refusal.CHALLENGE_OLD, door, language)
        return Asked(entry, redirect, language)

    def _language(
        self, uow: UnitOfWork, door: Door, redirect: Redirect, now: datetime
    ) -> str | None:
        """The language of the session that ended, or that the device last chose."""
        for session in _sessions(uow, door.nas.id, redirect, now):
            if session.language:
                return session.language
        chosen = self._memory.language(door.nas.id, redirect.device.dashed)
        return chosen or redirect.language

    def _secret(self, nas: Nas) -> bytes | None:
        if nas.uam_secret_sealed is None:
            return None
        try:
            return open_secret(self._keys, SecretKind.UAM, nas.uam_secret_sealed)
        except SealBrokenError:
            return None


def _entry(door: Door, redirect: Redirect) -> Entry | None:
    if redirect.challenge is None:
        return None
    return Entry(
        door=door,
        device=redirect.device.dashed,
        challenge=redirect.challenge,
        user_url=redirect.user_url,
        # Other redirects name the session that was.
        session_id=redirect.session_id if redirect.result is Result.NOT_YET else None,
    )


def _opened_by(uow: UnitOfWork, entry: Entry) -> tuple[bool, Session | None]:
    """Whether a challenge has signed in, and this device's session if still open."""
    ticket = uow.tickets.by_challenge(entry.door.nas.id, entry.challenge.hex())
    if ticket is None or ticket.session is None:
        return False, None
    if handed_out_again(ticket, entry.device, entry.session_id):
        return False, None
    session = uow.ledger.sessions([ticket.session]).get(ticket.session)
    if session is None or not session.state.live or session.device != entry.device:
        return True, None
    return True, session


def _sessions(
    uow: UnitOfWork, nas_id: int, redirect: Redirect, now: datetime
) -> list[Session]:
    since = now - _LONGEST_SESSION
    found = uow.ledger.by_nas_session(
        [(nas_id, redirect.session_id)], since.year * 100 + since.month
    )
    device = redirect.device.dashed
    return [session for session in found if session.device == device]


def _open_session(
    uow: UnitOfWork, nas_id: int, redirect: Redirect, now: datetime
) -> Session | None:
    """Open, or pending: the browser may be back before the Start has arrived."""
    for session in _sessions(uow, nas_id, redirect, now):
        named = redirect.user_name in {None, session.user_name, session.grant_id}
        if session.state.live and named:
            return session
    return None
