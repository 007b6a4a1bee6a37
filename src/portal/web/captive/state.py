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
from portal.service.arrival import Arrivals, Door, Entry
from portal.service.keys import KeyRing, SealBrokenError
from portal.service.sign_in import ProvedCard

LIFE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class FormState:
    """The fields behind the sign-in form, or behind the page that asks which card."""

    nas_id: int
    address: str
    device: str
    challenge: bytes
    user_url: str | None
    language: str
    targets: tuple[str, ...]  # origins that this form's answer may lead through
    expires_at: datetime
    cards: tuple[ProvedCard, ...] = ()
    deny: Deny | None = None  # what the last attempt came to, to be said again

    @classmethod
    def of(cls, entry: Entry, language: str, now: datetime) -> Self:
        door = entry.door
        return cls(
            nas_id=door.nas.id,
            address=str(door.address),
            device=entry.device,
            challenge=entry.challenge,
            user_url=entry.user_url,
            language=language,
            targets=form_targets(door),
            expires_at=now + LIFE,
        )

    def speaking(self, language: str) -> "FormState":
        """The same in another language, and not a second longer good."""
        return replace(self, language=language)

    def asking_for(self, cards: tuple[ProvedCard, ...]) -> "FormState":
        return replace(self, cards=cards)

    def refused(self, deny: Deny | None) -> "FormState":
        return replace(self, cards=(), deny=deny)

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
        )

    def seal(self, keys: KeyRing) -> str:
        fields = {
            "n": self.nas_id,
            "a": self.address,
            "d": self.device,
            "c": self.challenge.hex(),
            "u": self.user_url,
            "l": self.language,
            "t": self.targets,
            "e": self.expires_at.isoformat(),
            "k": [(card.patron_id, card.last4) for card in self.cards],
            "r": self.deny and self.deny.reason.value,
            "w": self.deny and self.deny.until and self.deny.until.isoformat(),
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
        user_url=fields["u"],
        language=fields["l"],
        targets=tuple(fields["t"]),
        expires_at=datetime.fromisoformat(fields["e"]),
        cards=tuple(ProvedCard(number, last4) for number, last4 in fields["k"]),
        deny=_deny(fields["r"], fields["w"]),
    )


def _deny(reason: str | None, until: str | None) -> Deny | None:
    if reason is None:
        return None
    at = datetime.fromisoformat(until) if until else None
    return Deny(DenyReason(reason), at)


def form_targets(door: Door) -> tuple[str, ...]:
    """Where a POST may lead: the access server, and the address it sends back to."""
    back = urlsplit(door.nas.uam_server_url)
    return (door.origin, f"{back.scheme}://{back.netloc}")
