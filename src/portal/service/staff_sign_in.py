"""Staff signing in and out, and the browser sessions in between.

A browser holds a random value; the table holds its keyed hash, so a stolen table signs
nobody in. A new value is issued at every sign-in and the one before it ends.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from portal.model.audit import Action
from portal.model.staff import StaffMember
from portal.service.keys import KeyRing, Purpose, same
from portal.service.pins import PinHasher
from portal.service.ports import Clock
from portal.service.staff_accounts import (
    canonical_username,
    is_username,
    record_staff,
)
from portal.service.staff_ports import BrowserSessionRow, StaffStore
from portal.service.throttle import Counters, Rule, Subject

_TOUCH_AFTER = timedelta(minutes=1)

# A guesser at one name waits up to a quarter of an hour; the whole branch's address,
# behind which colleagues sit, is slowed much later.
_BY_NAME = Rule(
    free=4,
    first=timedelta(seconds=15),
    most=timedelta(minutes=15),
    memory=timedelta(hours=6),
)
_BY_SOURCE = Rule(
    free=19,
    first=timedelta(seconds=15),
    most=timedelta(minutes=15),
    memory=timedelta(hours=1),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserSessionTerms:
    """How long a browser stays signed in."""

    idle: timedelta = timedelta(hours=1)
    absolute: timedelta = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A staff member, the value for the browser's cookie, and the mark it may keep."""

    member: StaffMember
    token: str = field(repr=False)
    mark: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class WrongCredentials:
    """Name or password is wrong, or the account is closed: nobody is told which."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Too many wrong attempts; the next one is looked at after `until`."""

    until: datetime


class StaffSignIn:
    """Signs staff in and out, and knows whose browser a request comes from."""

    def __init__(
        self,
        *,
        store: StaffStore,
        keys: KeyRing,
        clock: Clock,
        hasher: PinHasher,
        counters: Counters,
        terms: BrowserSessionTerms | None = None,
    ) -> None:
        self._store = store
        self._keys = keys
        self._clock = clock
        self._hasher = hasher
        self._counters = counters
        self._terms = terms or BrowserSessionTerms()

    def sign_in(
        self,
        username: str,
        password: str,
        *,
        source: str,
        previous: str | None = None,
        mark: str = "",
    ) -> SignedIn | WrongCredentials | Wait:
        """Check a password and open a browser session in place of `previous`.

        `source` is where the attempt comes from (an address), for slowing it down. A
        browser that brings the `mark` of an earlier sign-in under this name waits for
        its own mistakes only: nobody keeps a desk out by guessing at its name.
        """
        name = canonical_username(username)
        marked = self._is_mark(name, mark)
        subjects = self._own(mark) if marked else self._subjects(name, source)
        until = self._counters.strike(subjects, self._clock())
        if until is not None:
            return Wait(until)
        with self._store.read() as uow:
            known = uow.staff.credentials(name) if is_username(name) else None
        member, stored = known or (None, None)
        right = self._hasher.verify(stored, password)
        if not right or member is None or member.disabled_at is not None:
            return WrongCredentials()
        self._counters.clear([subjects[0].key])
        self._counters.forgive([subject.key for subject in subjects[1:]])
        new_hash = (
            self._hasher.hash(password)
            if stored is not None and self._hasher.needs_rehash(stored)
            else None
        )
        token = self._open(member, new_hash, previous)
        return SignedIn(member, token, mark if marked else self._new_mark(name))

    def _open(
        self, member: StaffMember, new_hash: str | None, previous: str | None
    ) -> str:
        token = secrets.token_urlsafe(32)
        now = self._clock()
        with self._store.write() as uow:
            if new_hash is not None:
                uow.staff.set_password(member.id, new_hash)
            if previous:
                uow.staff.end_browsers(now, digests=self._digests(previous))
            uow.staff.open_browser(
                BrowserSessionRow(
                    digest=self._digests(token)[0],
                    staff_id=member.id,
                    created_at=now,
                    seen_at=now,
                    expires_at=now + self._terms.absolute,
                )
            )
            record_staff(
                uow, self._keys, Action.STAFF_SIGNED_IN, member, member.actor, now
            )
        return token

    def signed_in(self, token: str) -> StaffMember | None:
        """Whose browser this is; None when signed out, closed, idle or too old."""
        now = self._clock()
        digests = self._digests(token)
        with self._store.read() as uow:
            found = uow.staff.browser(digests)
        if found is None:
            return None
        row, member = found
        if not self._holds(row, now) or member.disabled_at is not None:
            return None
        if now - row.seen_at >= _TOUCH_AFTER:
            with self._store.write() as uow:
                uow.staff.touch_browser(row.digest, now)
        return member

    def sign_out(self, token: str) -> None:
        now = self._clock()
        digests = self._digests(token)
        with self._store.write() as uow:
            found = uow.staff.browser(digests)
            if found is None or not uow.staff.end_browsers(now, digests=digests):
                return
            member = found[1]
            record_staff(
                uow, self._keys, Action.STAFF_SIGNED_OUT, member, member.actor, now
            )

    def form_token(self, token: str) -> str:
        """What every form of this browser session must bring back."""
        return self._keys.tag(Purpose.BROWSER, _form_text(token)).hex()

    def is_form_token(self, token: str, brought: str) -> bool:
        """Whether a form brought the token of this browser session."""
        given = brought.encode("utf-8", "surrogatepass")
        tags = self._keys.digests(Purpose.BROWSER, _form_text(token))
        return any(same(tag.hex().encode(), given) for _, tag in tags)

    def _holds(self, row: BrowserSessionRow, now: datetime) -> bool:
        return (
            row.ended_at is None
            and now < row.expires_at
            and now - row.seen_at < self._terms.idle
        )

    def _digests(self, token: str) -> list[bytes]:
        text = b"cookie:" + token.encode("utf-8", "surrogatepass")
        return [tag for _, tag in self._keys.digests(Purpose.BROWSER, text)]

    def _subjects(self, name: str, source: str) -> tuple[Subject, Subject]:
        return (
            Subject(self._counted(f"staff:{name}"), _BY_NAME),
            Subject(self._counted(f"staff source:{source}"), _BY_SOURCE),
        )

    def _own(self, mark: str) -> tuple[Subject, ...]:
        return (Subject(self._counted(f"staff browser:{mark}"), _BY_NAME),)

    def _new_mark(self, name: str) -> str:
        nonce = secrets.token_urlsafe(16)
        tag = self._keys.tag(Purpose.BROWSER, _mark_text(nonce, name))
        return f"{nonce}.{tag.hex()}"

    def _is_mark(self, name: str, mark: str) -> bool:
        """Whether this browser has signed in under this name before."""
        nonce, _, brought = mark.partition(".")
        given = brought.encode("utf-8", "surrogatepass")
        tags = self._keys.digests(Purpose.BROWSER, _mark_text(nonce, name))
        return any(same(tag.hex().encode(), given) for _, tag in tags)

    def _counted(self, text: str) -> str:
        named = text.encode("utf-8", "surrogatepass")
        return self._keys.tag(Purpose.LOOKUP, b"throttle:" + named).hex()[:32]


def _mark_text(nonce: str, name: str) -> bytes:
    return f"mark:{nonce}:{name}".encode("utf-8", "surrogatepass")


def _form_text(token: str) -> bytes:
    return b"form:" + token.encode("utf-8", "surrogatepass")
