"""POST `/login/card`: the answer to the question which card."""

from flask import request
from werkzeug.wrappers import Response

from portal.service.arrival import Refusal
from portal.service.ports import StoreBusyError, StoreUnavailableError
from portal.web.captive import sentences
from portal.web.captive.page import speak
from portal.web.captive.problem import show_problem, show_way_back
from portal.web.captive.services import services
from portal.web.captive.sign_in import answer, entered
from portal.web.captive.state import Opened, open_state
from portal.web.captive.which_card import chosen, show_which_card


def choose() -> Response:
    """Go on with one of the cards whose PIN was right."""
    here = services()
    opened = open_state(here.keys, request.form.get("state", ""), here.clock())
    speak(opened.state.language if opened else None)
    if opened is None or not opened.state.cards:
        return show_way_back(sentences.REFUSED[Refusal.FORGED], None)
    try:
        return _chosen(opened)
    except StoreUnavailableError:
        return show_problem(sentences.AWAY.said(), 503)
    except StoreBusyError:
        return show_problem(sentences.BUSY.said(), 503)


def _chosen(opened: Opened) -> Response:
    state = opened.state
    entry = entered(opened)
    if isinstance(entry, Response):
        return entry
    card = chosen(state)
    if card is None:
        return show_which_card(state, 422, unanswered=True)
    outcome = services().sign_in.choose(entry, card, state.language)
    return answer(outcome, state, entry)
