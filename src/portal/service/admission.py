"""Minting a ticket: policy says yes, a device slot is reserved, a name goes out."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.model.estate import Nas
from portal.model.outcome import Deny, DenyReason, Limits
from portal.model.session import Ticket
from portal.policy.admission import admit
from portal.service.keys import KeyRing
from portal.service.ports import UnitOfWork
from portal.service.tickets import new_grant_id, ticket_password

TICKET_LIFE = timedelta(seconds=90)


@dataclass(frozen=True, slots=True, kw_only=True)
class Minted:
    """A ticket's name and password, on their way through the phone to the NAS."""

    grant_id: str
    password: str
    limits: Limits


@dataclass(frozen=True, slots=True)
class ChallengeUsed:
    """This challenge has signed someone in before; `ticket` is what came of it."""

    ticket: Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Who asks to go online, where, and from which redirect."""

    patron_id: int
    nas: Nas
    device: str  # a MAC in the dashed form, upper case
    challenge: str | None
    language: str
    acct_session_id: str | None = None  # of the session to be, where it is known


def mint(
    uow: UnitOfWork, keys: KeyRing, claim: Claim, now: datetime
) -> Minted | Deny | ChallengeUsed:
    """Admit a patron whose credential was just checked.

    Under the patron's lock, so that of many simultaneous sign-ins only as many pass as
    the plan has devices.
    """
    patron_id = claim.patron_id
    if claim.challenge is not None:
        # Tickets before patrons, as the Access-Request locks them.
        uow.tickets.by_challenge(claim.nas.id, claim.challenge, lock=True)
    account = uow.patrons.accounts([patron_id], now, lock=True).get(patron_id)
    if account is None:
        return Deny(DenyReason.MEMBERSHIP_ENDED)  # erased since the PIN was checked
    if claim.challenge is not None:
        before = uow.tickets.by_challenge(claim.nas.id, claim.challenge)
        if before is not None:
            again = handed_out_again(before, claim.device, claim.acct_session_id)
            if not (again or _never_used(before, now)):
                return ChallengeUsed(before)
            uow.tickets.forget(before.grant_id)
    reserved = [t.device for t in uow.tickets.unused_of([patron_id], now)]
    outcome = admit(account, device=claim.device, reserved=reserved, now=now)
    if isinstance(outcome, Deny):
        return outcome
    grant_id = new_grant_id(keys)
    uow.tickets.add(
        Ticket(
            grant_id=grant_id,
            patron_id=patron_id,
            nas_id=claim.nas.id,
            device=claim.device,
            challenge=claim.challenge,
            language=claim.language,
            minted_at=now,
            expires_at=now + TICKET_LIFE,
        )
    )
    password = ticket_password(keys, grant_id)
    assert password is not None, "the ring made this name"  # noqa: S101
    return Minted(grant_id=grant_id, password=password, limits=outcome)


def _never_used(ticket: Ticket, now: datetime) -> bool:
    """Whether it opened nothing and no longer can: the phone never reached the NAS."""
    return ticket.used_at is None and ticket.expires_at < now


def handed_out_again(ticket: Ticket, device: str, acct_session_id: str | None) -> bool:
    """Whether the NAS has moved on from the session that this ticket opened.

    CoovaChilli gives a device the same challenge for minutes, also when the session
    that it opened is over; the session to be then has another id.
    """
    if None in {acct_session_id, ticket.acct_session_id} or ticket.device != device:
        return False
    return ticket.acct_session_id != acct_session_id
