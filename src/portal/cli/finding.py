"""Patrons as a command line names them: by handle, or by one of their numbers."""

from typing import TypeVar

from portal.bootstrap import Services
from portal.bootstrap.desk import desk_services
from portal.cli.frame import Failure
from portal.model.patron import PatronCard
from portal.service.staff_refusal import Refused

T = TypeVar("T")


def card_of(services: Services, who: str) -> PatronCard:
    """The one patron who is meant, or the end of the command."""
    with services.store.read() as uow:
        card = uow.people.by_handle(who)
    if card is not None:
        return card
    found = desk_services(services).people.find(who)
    if not found.exact or not found.people:
        raise Failure("nobody has this handle, card, national ID or phone")
    if len(found.people) > 1:
        handles = ", ".join(card.patron.handle for card in found.people)
        raise Failure(f"several people share this number: {handles}")
    return found.people[0]


def handle_of(services: Services, who: str) -> str:
    return card_of(services, who).patron.handle


def allowed(outcome: T | Refused) -> T:
    """What was done, or the end of the command with the reason."""
    if isinstance(outcome, Refused):
        reason = outcome.reason.value.replace("_", " ")
        bound = f" (at most {outcome.until:%Y-%m-%d})" if outcome.until else ""
        raise Failure(f"refused: {reason}{bound}")
    return outcome
