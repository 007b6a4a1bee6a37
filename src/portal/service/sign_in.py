"""A patron signs in: number and PIN, then policy, then a ticket for the phone to carry.

What was typed is proved by a credential source and forgotten; only the ticket goes to
the access server. Every refusal that could tell a stranger something is the same one.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from portal.model.identifiers import IdentifierKind, kinds
from portal.model.outcome import Deny
from portal.model.patron import Candidate
from portal.model.session import Ticket
from portal.service.admission import ChallengeUsed, Claim, Minted, mint
from portal.service.credentials import Busy, CredentialSource, Proof
from portal.service.door import Entry
from portal.service.ids import new_id
from portal.service.keys import KeyRing
from portal.service.ports import BadRecordError, Clock, UnitOfWork
from portal.service.throttle import Strike, Throttle
from portal.service.tickets import ticket_password

SIGNED_IN = "signed_in"
NOT_KNOWN = "not_known"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInAttempt:
    """One decided attempt, as its log keeps it."""

    id: int  # sorts by time
    at: datetime
    branch_id: int
    nas_id: int
    patron_id: int | None
    device: str
    last4: str | None
    outcome: str  # signed_in, not_known, or a DenyReason


class Attempts(Protocol):
    """The log of sign-in attempts, and the PINs that a sign-in renews."""

    def add(self, attempt: SignInAttempt) -> None: ...
    def renew_pin(self, patron_id: int, *, stored: str, renewed: str) -> None:
        """Replace the stored hash if it is still this one."""
        ...


class SignInUnitOfWork(UnitOfWork, Protocol):
    """One transaction of a sign-in."""

    @property
    def attempts(self) -> Attempts: ...


class SignInStore(Protocol):
    """The store, as signing in needs it."""

    def read(self) -> AbstractContextManager[SignInUnitOfWork]: ...
    def write(self) -> AbstractContextManager[SignInUnitOfWork]: ...


@dataclass(frozen=True, slots=True)
class Admitted:
    """The phone may carry this ticket to the access server."""

    grant_id: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ProvedCard:
    """An account whose PIN was right; four digits are all that may be shown of it."""

    patron_id: int
    last4: str


@dataclass(frozen=True, slots=True)
class SeveralCards:
    """The PIN is right for more than one account; a person has to say which."""

    cards: tuple[ProvedCard, ...]


@dataclass(frozen=True, slots=True)
class Incomplete:
    """`number` or `pin` is empty, or no number of any kind; nobody was asked."""

    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotKnown:
    """No account has this number and this PIN; which of the two is not said."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Too many wrong attempts; the next one counts from `until`."""

    until: datetime


@dataclass(frozen=True, slots=True)
class ChallengeSpent:
    """This way in has been used; the access server gives out another."""


SignInOutcome = (
    Admitted
    | SeveralCards
    | Incomplete
    | NotKnown
    | Wait
    | Busy
    | Deny
    | ChallengeSpent
)


class SignIn:
    """The use case behind the sign-in form and the page that asks which card."""

    def __init__(
        self,
        *,
        store: SignInStore,
        keys: KeyRing,
        clock: Clock,
        source: CredentialSource,
        throttle: Throttle,
    ) -> None:
        self._store, self._keys, self._clock = store, keys, clock
        self._source, self._throttle = source, throttle

    def attempt(
        self, entry: Entry, *, number: str, pin: str, language: str
    ) -> SignInOutcome:
        """Check what was typed; StoreUnavailableError if the database is away."""
        meanings = kinds(number)
        given = {"number": bool(meanings), "pin": bool(pin.strip())}
        if not all(given.values()):
            return Incomplete(tuple(name for name, there in given.items() if not there))
        now = self._clock()
        nas = entry.door.nas
        strike = self._throttle.strike(
            meanings, nas_id=nas.id, device=entry.device, now=now
        )
        if isinstance(strike, datetime):
            return Wait(strike)
        proofs = self._checked(meanings, pin, strike)
        if isinstance(proofs, Busy):
            return proofs
        if not proofs:
            with self._store.write() as uow:
                uow.attempts.add(self._record(entry, None, NOT_KNOWN))
            return NotKnown()
        self._throttle.succeeded(strike)
        self._renew(proofs)
        cards = tuple(_card(proof.candidate) for proof in proofs)
        if len(cards) > 1:
            return SeveralCards(cards)
        return self.choose(entry, cards[0], language)

    def choose(self, entry: Entry, card: ProvedCard, language: str) -> SignInOutcome:
        """Go on with an account that was proved, now or a moment ago."""
        try:
            return self._admit(entry, card, language)
        except BadRecordError:
            # Someone else took the challenge between our look and our write.
            return self._admit(entry, card, language)

    def _checked(
        self, number: Mapping[IdentifierKind, str], pin: str, strike: Strike
    ) -> Sequence[Proof] | Busy:
        """An attempt that nobody decided is held against nobody."""
        decided = False
        try:
            answer = self._source.authenticate(number, pin)
            decided = not isinstance(answer, Busy)
            return answer
        finally:
            if not decided:
                self._throttle.undecided(strike)

    def _admit(self, entry: Entry, card: ProvedCard, language: str) -> SignInOutcome:
        claim = Claim(
            patron_id=card.patron_id,
            nas=entry.door.nas,
            device=entry.device,
            challenge=entry.challenge.hex(),
            language=language,
            acct_session_id=entry.session_id,
        )
        with self._store.write() as uow:
            outcome = mint(uow, self._keys, claim, self._clock())
            match outcome:
                case Minted(grant_id=grant_id, password=password):
                    uow.attempts.add(self._record(entry, card, SIGNED_IN))
                    return Admitted(grant_id, password)
                case Deny(reason=reason):
                    uow.attempts.add(self._record(entry, card, reason.value))
                    return outcome
                case ChallengeUsed(ticket=ticket):
                    return self._again(uow, ticket, claim)

    def _again(
        self, uow: UnitOfWork, ticket: Ticket, claim: Claim
    ) -> Admitted | ChallengeSpent:
        """A double tap, or Back and the button once more: the same way again."""
        if (ticket.patron_id, ticket.device) != (claim.patron_id, claim.device):
            return ChallengeSpent()
        if ticket.session is None:
            usable = ticket.expires_at > self._clock()
        else:
            session = uow.ledger.sessions([ticket.session]).get(ticket.session)
            usable = session is not None and session.state.live
        password = ticket_password(self._keys, ticket.grant_id)
        if not usable or password is None:
            return ChallengeSpent()
        return Admitted(ticket.grant_id, password)

    def _renew(self, proofs: Sequence[Proof]) -> None:
        renewed = [proof for proof in proofs if proof.new_hash is not None]
        if not renewed:
            return
        with self._store.write() as uow:
            for proof in renewed:
                uow.attempts.renew_pin(
                    proof.candidate.patron.id,
                    stored=proof.candidate.pin_hash or "",
                    renewed=proof.new_hash or "",
                )

    def _record(
        self, entry: Entry, card: ProvedCard | None, outcome: str
    ) -> SignInAttempt:
        now = self._clock()
        return SignInAttempt(
            id=new_id(now),
            at=now,
            branch_id=entry.door.nas.branch_id,
            nas_id=entry.door.nas.id,
            patron_id=card.patron_id if card else None,
            device=entry.device,
            last4=card.last4 if card else None,
            outcome=outcome,
        )


def _card(candidate: Candidate) -> ProvedCard:
    return ProvedCard(candidate.patron.id, candidate.card_last4)
