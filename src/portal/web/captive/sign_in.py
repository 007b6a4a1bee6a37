"""POST `/login`: number and PIN, with the state that says for which device."""

from typing import assert_never

from flask import redirect, request
from werkzeug.wrappers import Response

from portal.model.outcome import Deny
from portal.service.arrival import Refusal
from portal.service.credentials import Busy
from portal.service.door import Entry
from portal.service.ports import StoreBusyError, StoreUnavailableError
from portal.service.sign_in import (
    Admitted,
    ChallengeSpent,
    Incomplete,
    NotKnown,
    SeveralCards,
    SignInOutcome,
    Wait,
)
from portal.web.captive import metrics, sentences
from portal.web.captive.form import lead_to, show_form, typed_number
from portal.web.captive.page import at_branch, speak
from portal.web.captive.problem import show_way_back
from portal.web.captive.services import services
from portal.web.captive.state import FormState, Opened, open_state


def sign_in() -> Response:
    """Check, and send the browser on to the access server with a ticket."""
    here = services()
    opened = open_state(here.keys, request.form.get("state", ""), here.clock())
    speak(opened.state.language if opened else None)
    if opened is None:
        return show_way_back(sentences.REFUSED[Refusal.FORGED], None)
    try:
        return _signed_in(opened)
    except StoreUnavailableError:
        return show_form(opened.state, 503, said=sentences.AWAY.said())
    except StoreBusyError:
        return show_form(opened.state, 503, said=sentences.BUSY.said())


def _signed_in(opened: Opened) -> Response:
    here, state = services(), opened.state
    entry = entered(opened)
    if isinstance(entry, Response):
        return entry
    here.memory.keep_language(state.nas_id, state.device, state.language)
    outcome = here.sign_in.attempt(
        entry,
        number=request.form.get("number", ""),
        pin=request.form.get("pin", ""),
        language=state.language,
    )
    return answer(outcome, state, entry)


def entered(opened: Opened) -> Entry | Response:
    """The device before its door, or the page that says why not."""
    entry = opened.state.entry(services().arrivals)
    if entry is None:
        return show_way_back(sentences.REFUSED[Refusal.UNKNOWN_NAS], None)
    at_branch(entry.door)
    if not opened.fresh:
        return show_way_back(sentences.REFUSED[Refusal.CHALLENGE_OLD], entry.door)
    return entry


def answer(outcome: SignInOutcome, state: FormState, entry: Entry) -> Response:
    """The way to the access server, or to the page that says what happened."""
    metrics.signed_in(outcome)
    match outcome:
        case Admitted(grant_id=grant_id, password=password):
            # 303 makes a GET of it at the access server, which takes nothing else.
            url = services().arrivals.logon_url(entry, grant_id, password)
            return redirect(url, 303)
        case ChallengeSpent():
            words = sentences.REFUSED[Refusal.CHALLENGE_USED]
            return show_way_back(words, entry.door)
        case Busy():
            return show_form(state, 503, said=sentences.BUSY.said())
        case Incomplete() | NotKnown() | Wait() | Deny() | SeveralCards():
            return lead_to(state.after(outcome, number=typed_number()))
        case other:
            assert_never(other)
