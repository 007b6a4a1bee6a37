"""POST `/login/card`: the answer to the question which card."""

from flask import request
from werkzeug.wrappers import Response

from portal.service.arrival import Refusal
from portal.service.ports import StoreBusyError, StoreUnavailableError
from portal.service.sign_in import ProvedCard, SeveralCards
from portal.web.captive import sentences
from portal.web.captive.form import lead_to
from portal.web.captive.page import speak
from portal.web.captive.problem import show_problem, show_way_back
from portal.web.captive.services import services
from portal.web.captive.sign_in import answer, entered
from portal.web.captive.state import Opened, open_state
from portal.web.captive.which_card import chosen


def choose() -> Response:
    """Go on with one of the cards whose PIN was right."""
    here = services()
    opened = open_state(here.keys, request.form.get("state", ""), here.clock())
    speak(opened.state.language if opened else None)
    if opened is None or not isinstance(opened.state.told, SeveralCards):
        return show_way_back(sentences.REFUSED[Refusal.FORGED], None)
    try:
        return _chosen(opened, opened.state.told.cards)
    except StoreUnavailableError:
        return show_problem(sentences.AWAY.said(), 503)
    except StoreBusyError:
        return show_problem(sentences.BUSY.said(), 503)


def _chosen(opened: Opened, cards: tuple[ProvedCard, ...]) -> Response:
    state = opened.state
    entry = entered(opened)
    if isinstance(entry, Response):
        return entry
    card = chosen(cards, request.form.get("card", ""))
    if card is None:
        return lead_to(state.asking_again())
    outcome = services().sign_in.choose(entry, card, state.language)
    return answer(outcome, state, entry)
