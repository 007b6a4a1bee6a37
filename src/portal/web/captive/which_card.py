"""The page that asks which card.

The PIN was right for several accounts, as happens when a family shares a telephone
number and a PIN. The state remembers which ones; only four digits are shown.
"""

from flask import Response, url_for

from portal.service.sign_in import ProvedCard
from portal.web.captive.page import allow_forms, show
from portal.web.captive.services import services
from portal.web.captive.state import FormState
from portal.web.i18n import Language


def show_which_card(state: FormState, cards: tuple[ProvedCard, ...]) -> Response:
    allow_forms(state.targets)
    sealed = state.seal(services().keys)
    return show(
        "which_card",
        422 if state.asked_twice else 200,
        state=sealed,
        cards=list(enumerate(card.last4 for card in cards)),
        unanswered=state.asked_twice,
        other_language_url=url_for(
            "login", state=sealed, lang=Language(state.language).other
        ),
    )


def chosen(cards: tuple[ProvedCard, ...], answer: str) -> ProvedCard | None:
    """The card that the form names by its place in the list."""
    return {str(place): card for place, card in enumerate(cards)}.get(answer)
