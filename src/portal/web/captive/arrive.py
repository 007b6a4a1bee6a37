"""GET `/login`: a browser arrives from an access server with a signed redirect."""

from typing import assert_never

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from portal.model.redirect import Result
from portal.service.arrival import (
    Asked,
    Door,
    Entry,
    Online,
    Refusal,
    Refused,
    SignedOut,
    Unmatched,
)
from portal.web.captive import metrics, sentences
from portal.web.captive.form import show_form
from portal.web.captive.page import (
    at_branch,
    redirect_in_other_language,
    show,
    speak,
)
from portal.web.captive.problem import show_denied, show_way_back
from portal.web.captive.services import services
from portal.web.captive.state import FormState, open_state
from portal.web.captive.status import status_address
from portal.web.captive.which_card import show_which_card


def arrive() -> Response:
    """Every `res` of a redirect, or a form of ours in another language."""
    if "state" in request.args:
        return _form_again(request.args["state"])
    # As received: `md` is over the octets, not over what they mean.
    arrival = services().arrivals.receive(request.environ.get("QUERY_STRING", ""))
    metrics.arrived(arrival)
    match arrival:
        case Asked():
            return _asked(arrival)
        case Online(door=door, session=session):
            speak(session.language)
            token = services().visits.token(session)
            return redirect(status_address(token, door), 303)
        case Unmatched(door=door, language=language):
            speak(language)
            at_branch(door)
            return show(
                "unmatched",
                status_url=services().arrivals.status_url(door),
                other_language_url=redirect_in_other_language(),
            )
        case SignedOut(door=door, entry=entry, language=language):
            return _signed_out(door, entry, language)
        case Refused():
            return _refused(arrival)
        case other:
            assert_never(other)


def _asked(asked: Asked) -> Response:
    language = speak(asked.language)
    at_branch(asked.entry.door)
    state = FormState.of(asked.entry, language, services().clock())
    if asked.redirect.result is Result.FAILED:
        return show_form(state, said=sentences.failed(asked.redirect.failure).said())
    return show_form(state)


def _signed_out(door: Door, entry: Entry | None, carried: str | None) -> Response:
    language = speak(carried)
    at_branch(door)
    again = services().arrivals.prelogin_url(door)
    if entry is not None:
        state = FormState.of(entry, language, services().clock())
        again = url_for("login", state=state.seal(services().keys), lang=language)
    return show(
        "signed_out",
        again_url=again,
        other_language_url=redirect_in_other_language(),
    )


def _refused(refused: Refused) -> Response:
    speak(refused.language)
    if refused.refusal is Refusal.NO_REDIRECT and "res" not in request.args:
        return redirect(url_for("alone", lang=request.args.get("lang")), 303)
    return show_way_back(
        sentences.REFUSED[refused.refusal],
        refused.door,
        other_language_url=redirect_in_other_language(),
    )


def _form_again(sealed: str) -> Response:
    """The same form after a tap on the other language, or "use another card"."""
    here = services()
    opened = open_state(here.keys, sealed, here.clock())
    language = speak(opened.state.language if opened else None)
    door = opened.state.door(here.arrivals) if opened else None
    if opened is None or door is None:
        return show_way_back(sentences.REFUSED[Refusal.FORGED], None)
    at_branch(door)
    if not opened.fresh:
        return show_way_back(sentences.REFUSED[Refusal.CHALLENGE_OLD], door)
    state = opened.state.speaking(language)
    here.memory.keep_language(state.nas_id, state.device, language)
    if state.deny is not None:
        return show_denied(state.deny, state)
    return show_which_card(state) if state.cards else show_form(state)
