"""Pages that say what went wrong, until when, and the one thing to do about it."""

from dataclasses import dataclass

from flask import Response, url_for

from portal.model.outcome import Deny, DenyReason
from portal.service.door import Door
from portal.web import i18n
from portal.web.captive.page import at_branch, moment, show
from portal.web.captive.sentences import DENY, Words
from portal.web.captive.services import services
from portal.web.captive.state import FormState
from portal.web.i18n import Language, gettext


@dataclass(frozen=True, slots=True)
class Step:
    """The next thing to do, as a button."""

    label: str
    url: str


def show_problem(
    words: Words,
    status: int,
    *,
    step: Step | None = None,
    other_language_url: str | None = None,
) -> Response:
    """`words` as a page of its own, with the next step as its button."""
    return show(
        "problem",
        status,
        words=words,
        step=step,
        other_language_url=other_language_url,
    )


def show_way_back(
    words: Words,
    door: Door | None,
    *,
    status: int = 400,
    other_language_url: str | None = None,
) -> Response:
    """Refused. The way back is a link only where the access server proved itself."""
    if door is None:
        start = Step(
            gettext("How to get online"), url_for("alone", lang=i18n.language())
        )
        return show_problem(
            words.said(), status, step=start, other_language_url=other_language_url
        )
    at_branch(door)
    again = Step(gettext("Begin again"), services().arrivals.prelogin_url(door))
    return show_problem(
        words.said(), status, step=again, other_language_url=other_language_url
    )


def show_denied(deny: Deny, state: FormState) -> Response:
    """The PIN was right and the answer is no: why, and when it would be yes."""
    when = moment(deny.until) if deny.until else ""
    label = (
        gettext("Try again")
        if deny.reason is DenyReason.TOO_MANY_DEVICES
        else gettext("Use another card")
    )
    keys = services().keys
    again, same = state.after(None).seal(keys), state.seal(keys)
    return show_problem(
        DENY[deny.reason].said(when=when),
        403,
        step=Step(label, url_for("login", state=again, lang=state.language)),
        other_language_url=url_for(
            "login", state=same, lang=Language(state.language).other
        ),
    )
