"""The sign-in form, with what the last attempt came to.

An attempt that did not lead on is answered by a redirect to its page (303), so that
Back and Reload never ask a person whether to send a form again.
"""

from datetime import datetime
from math import ceil
from typing import assert_never

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.model.outcome import Deny
from portal.service.sign_in import Incomplete, NotKnown, SeveralCards, Wait
from portal.web import filters
from portal.web.captive import sentences
from portal.web.captive.page import allow_forms, show
from portal.web.captive.problem import show_denied
from portal.web.captive.sentences import Words
from portal.web.captive.services import services
from portal.web.captive.state import FormState
from portal.web.captive.which_card import show_which_card
from portal.web.i18n import Language

LONGEST_NUMBER = 64
# What devices ask for by themselves to find out whether they are online.
_PROBES = (
    *("generate_204", "gen_204", "hotspot-detect", "connecttest", "ncsi.txt"),
    *("/success.txt", "canonical.html", "check_network_status", "/redirect"),
)


def lead_to(state: FormState) -> AnyResponse:
    """To the page of a state, by a GET."""
    return redirect(url_for("login", state=state.seal(services().keys)), 303)


def show_state(state: FormState) -> Response:
    """The page of a state, whatever the last attempt came to."""
    match state.told:
        case None:
            return show_form(state)
        case Incomplete(missing=missing):
            return show_form(state, 422, missing=missing)
        case NotKnown():
            return show_form(state, 403, said=sentences.NOT_KNOWN.said(), wrong=True)
        case Wait(until=until):
            return _show_wait(state, until)
        case Deny() as deny:
            return show_denied(deny, state)
        case SeveralCards(cards=cards):
            return show_which_card(state, cards)
        case other:
            assert_never(other)


def show_form(
    state: FormState,
    status: int = 200,
    *,
    said: Words | None = None,
    wrong: bool = False,
    missing: tuple[str, ...] = (),
) -> Response:
    """The form; `said` above it, `wrong` when that is about both fields.

    The number stays filled in. A PIN is never written into a page.
    """
    allow_forms(state.targets)
    keys = services().keys
    other = url_for(
        "login", state=state.seal(keys), lang=Language(state.language).other
    )
    return show(
        "sign_in",
        status,
        state=state.after(None).seal(keys),
        number=typed_number() or state.number,
        said=said,
        wrong=wrong,
        missing=missing,
        user_url=_worth_showing(state.user_url),
        other_language_url=other,
    )


def typed_number() -> str:
    return request.form.get("number", "")[:LONGEST_NUMBER]


def _show_wait(state: FormState, until: datetime) -> Response:
    """The form with the instant from which an attempt counts again."""
    seconds = ceil((until - services().clock()).total_seconds())
    if seconds <= 0:
        return show_form(state)
    here = filters.current()
    said = sentences.WAIT.said(
        wait=here.duration(seconds), clock=here.clock_exact(until)
    )
    page = show_form(state, 429, said=said)
    page.headers["Retry-After"] = str(seconds)
    return page


def _worth_showing(user_url: str | None) -> str | None:
    """The page that a person asked for; a device's own probe is none."""
    if user_url is None or any(probe in user_url for probe in _PROBES):
        return None
    return user_url
