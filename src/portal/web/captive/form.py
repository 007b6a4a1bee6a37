"""The sign-in form itself, filled in as far as it was."""

from datetime import datetime
from math import ceil

from flask import Response, request, url_for

from portal.web import filters
from portal.web.captive import sentences
from portal.web.captive.page import allow_forms, show
from portal.web.captive.sentences import Words
from portal.web.captive.services import services
from portal.web.captive.state import FormState
from portal.web.i18n import Language

# What devices ask for by themselves to find out whether they are online.
_PROBES = (
    *("generate_204", "gen_204", "hotspot-detect", "connecttest", "ncsi.txt"),
    *("/success.txt", "canonical.html", "check_network_status", "/redirect"),
)


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
    sealed = state.seal(services().keys)
    return show(
        "sign_in",
        status,
        state=sealed,
        number=request.form.get("number", "")[:64],
        said=said,
        wrong=wrong,
        missing=missing,
        user_url=_worth_showing(state.user_url),
        other_language_url=url_for(
            "login", state=sealed, lang=Language(state.language).other
        ),
    )


def show_wait(state: FormState, until: datetime) -> Response:
    """The form with the instant from which an attempt counts again."""
    here = filters.current()
    seconds = max(1, ceil((until - services().clock()).total_seconds()))
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
