"""What a form of ours remembers: sealed, expiring, and useless to anyone else.

The seal binds access server, device and challenge, so a form filled in on one device
signs in no other, and needs no cookie to know where it came from.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Self
from urllib.parse import urlsplit

from portal.model.outcome import Deny, DenyReason
from portal.service.arrival import Arrivals
from portal.service.door import Door, Entry
from portal.service.keys import KeyRing, SealBrokenError
from portal.service.sign_in import (
    Incomplete,
    NotKnown,
    ProvedCard,
    SeveralCards,
    Wait,
)

LIFE = timedelta(minutes=10)

Told = Incomplete | NotKnown | Wait | Deny | SeveralCards
"""Outcomes of an attempt that are shown with a form or lead to one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormState:
    """The fields behind the sign-in form, or behind the page that asks which card."""

    nas_id: int
    address: str
    device: str
    challenge: bytes
    session_id: str | None
    user_url: str | None
    language: str
    targets: tuple[str, ...]  # origins that this form's answer may lead through
    expires_at: datetime
    number: str = ""  # as typed; a PIN is never kept
    told: Told | None = None  # what the last attempt came to
    asked_twice: bool = False  # the question which card went unanswered

    @classmethod
    def of(cls, entry: Entry, language: str, now: datetime) -> Self:
        door = entry.door
        return cls(
            nas_id=door.nas.id,
            address=str(door.address),
            device=entry.device,
            challenge=entry.challenge,
            session_id=entry.session_id,
            user_url=entry.user_url,
            language=language,
            targets=form_targets(door),
            expires_at=now + LIFE,
        )

    def speaking(self, language: str) -> "FormState":
        """The same in another language, and not a second longer good."""
        return replace(self, language=language)

    def after(self, told: Told | None, *, number: str = "") -> "FormState":
        """The same once an attempt came to something."""
        return replace(self, told=told, number=number, asked_twice=False)

    def asking_again(self) -> "FormState":
        return replace(self, asked_twice=True)

    def door(self, arrivals: Arrivals) -> Door | None:
        """None once the access server is no longer registered there."""
        return arrivals.door(self.nas_id, self.address)

    def entry(self, arrivals: Arrivals) -> Entry | None:
        door = self.door(arrivals)
        if door is None:
            return None
        return Entry(
            door=door,
            device=self.device,
            challenge=self.challenge,
            user_url=self.user_url,
            session_id=self.session_id,
        )

    def seal(self, keys: KeyRing) -> str:
        fields = {
            "n": self.nas_id,
            "a": self.address,
            "d": self.device,
            "c": self.challenge.hex(),
            "s": self.session_id,
            "u": self.user_url,
            "l": self.language,
            "t": self.targets,
            "e": self.expires_at.isoformat(),
            "m": self.number,
            "o": _told_as_fields(self.told),
            "q": self.asked_twice,
        }
        return keys.seal_state(fields, self.expires_at)


@dataclass(frozen=True, slots=True)
class Opened:
    """A state that was ours; `fresh` while it may still be used."""

    state: FormState
    fresh: bool


def open_state(keys: KeyRing, text: str, now: datetime) -> Opened | None:
    """None for anything that this ring did not seal as a form."""
    try:
        fields, fresh = keys.open_state(text, now)
        return Opened(_read(fields), fresh)
    except (SealBrokenError, KeyError, TypeError, ValueError):
        return None


def _read(fields: Mapping[str, Any]) -> FormState:
    return FormState(
        nas_id=fields["n"],
        address=fields["a"],
        device=fields["d"],
        challenge=bytes.fromhex(fields["c"]),
        session_id=fields["s"],
        user_url=fields["u"],
        language=fields["l"],
        targets=tuple(fields["t"]),
        expires_at=datetime.fromisoformat(fields["e"]),
        number=fields["m"],
        told=_told_from_fields(fields["o"]),
        asked_twice=fields["q"],
    )


def _told_as_fields(told: Told | None) -> list[Any]:
    match told:
        case None:
            return []
        case Incomplete(missing=missing):
            return ["incomplete", *missing]
        case NotKnown():
            return ["not known"]
        case Wait(until=until):
            return ["wait", until.isoformat()]
        case Deny(reason=reason, until=until):
            return ["deny", reason.value, until and until.isoformat()]
        case SeveralCards(cards=cards):
            return ["cards", *([card.patron_id, card.last4] for card in cards)]


def _told_from_fields(fields: list[Any]) -> Told | None:
    match fields:
        case ["incomplete", *missing]:
            return Incomplete(tuple(missing))
        case ["not known"]:
            return NotKnown()
        case ["wait", until]:
            return Wait(datetime.fromisoformat(until))
        case ["deny", reason, until]:
            at = datetime.fromisoformat(until) if until else None
            return Deny(DenyReason(reason), at)
        case ["cards", *cards]:
            return SeveralCards(tuple(ProvedCard(*card) for card in cards))
        case _:
            return None


def form_targets(door: Door) -> tuple[str, ...]:
    """Where a POST may lead: the access server, and the address it sends back to."""
    back = urlsplit(door.nas.uam_server_url)
    return (door.origin, f"{back.scheme}://{back.netloc}")
