"""GET `/login`: a browser arrives from an access server with a signed redirect."""

from typing import assert_never

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from portal.model.redirect import Result
from portal.model.session import Session
from portal.service.arrival import Asked, Online, Refusal, Refused, SignedOut, Unmatched
from portal.service.door import Door, Entry
from portal.web.captive import metrics, sentences
from portal.web.captive.form import show_form, show_state
from portal.web.captive.page import (
    at_branch,
    redirect_in_other_language,
    show,
    speak,
)
from portal.web.captive.problem import show_way_back
from portal.web.captive.services import services
from portal.web.captive.state import FormState, open_state
from portal.web.captive.status import status_address


def arrive() -> Response:
    """Every `res` of a redirect, or a form of ours in another language."""
    if "state" in request.args:
        return _state_again(request.args["state"])
    # As received: `md` is over the octets, not over what they mean.
    arrival = services().arrivals.receive(request.environ.get("QUERY_STRING", ""))
    metrics.arrived(arrival)
    match arrival:
        case Asked():
            return _asked(arrival)
        case Online(door=door, session=session):
            speak(session.language)
            return _to_status(session, door)
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


def _state_again(sealed: str) -> Response:
    """A page of ours: what an attempt came to, or the same in another language."""
    here = services()
    opened = open_state(here.keys, sealed, here.clock())
    language = speak(opened.state.language if opened else None)
    if opened is None:
        return show_way_back(sentences.REFUSED[Refusal.FORGED], None)
    state = opened.state.speaking(language)
    entry = state.entry(here.arrivals)
    if entry is None:
        return show_way_back(sentences.REFUSED[Refusal.UNKNOWN_NAS], None)
    at_branch(entry.door)
    if not opened.fresh:
        return show_way_back(sentences.REFUSED[Refusal.CHALLENGE_OLD], entry.door)
    here.memory.keep_language(state.nas_id, state.device, language)
    # Back, after signing in: the session, not its form.
    session = here.arrivals.open_session(entry)
    if session is not None:
        return _to_status(session, entry.door)
    return show_state(state)


def _to_status(session: Session, door: Door) -> Response:
    token = services().visits.token(session)
    return redirect(status_address(token, door), 303)
