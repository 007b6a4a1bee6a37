"""Patrons as a command line names them: by handle, or by one of their numbers."""

from typing import TypeVar

from portal.bootstrap.desk import DeskServices
from portal.cli.frame import Failure, operator
from portal.service.patron_page import PatronPage
from portal.service.staff_refusal import Refused

T = TypeVar("T")


def handle_of(desk: DeskServices, who: str) -> str:
    """The handle of one patron, or the end of the command."""
    if isinstance(desk.pages.peek(operator(), who), PatronPage):
        return who
    found = desk.people.find(who)
    if not found.exact or not found.people:
        raise Failure("nobody has this handle, card, national ID or phone")
    if len(found.people) > 1:
        handles = ", ".join(card.patron.handle for card in found.people)
        raise Failure(f"several people share this number: {handles}")
    return found.people[0].patron.handle


def allowed(outcome: T | Refused) -> T:
    """What was done, or the end of the command with the reason."""
    if isinstance(outcome, Refused):
        reason = outcome.reason.value.replace("_", " ")
        bound = f" (at most {outcome.until:%Y-%m-%d})" if outcome.until else ""
        raise Failure(f"refused: {reason}{bound}")
    return outcome
