"""Rendering: one language, one branch's name and clock, one policy a page."""

import re
from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Response, g, make_response, render_template, request, url_for

from portal.model.calendar import local_day
from portal.model.estate import Branch
from portal.service.door import Door
from portal.web import filters, i18n
from portal.web.captive.state import form_targets
from portal.web.filters import show_times_of
from portal.web.i18n import Language, gettext

_OURS = re.compile("(?:&lang=(?:fa|en))+$")


def speak(carried: str | None = None) -> Language:
    """Speak what this address asks for, else what the visit carries, else Persian.

    The browser's own list of languages is not asked: phones in Iran are often set to
    English by people who read Persian, and the way to English is one tap.
    """
    # The last one is ours: a redirect may carry the access server's own before it.
    asked = Language.parse(next(reversed(request.args.getlist("lang")), None))
    chosen = asked or Language.parse(carried) or Language.FA
    i18n.speak(chosen)
    return chosen


def at_branch(door: Door | None) -> None:
    """The library where this device is; its forms may lead to the access server."""
    if door is not None:
        at_library(door.branch)
        allow_forms(form_targets(door))


def at_library(branch: Branch | None) -> None:
    """Show the name and the clock of a library."""
    if branch is not None:
        g.library = {"fa": branch.name_fa, "en": branch.name_en}
        show_times_of(ZoneInfo(branch.time_zone))


def allow_forms(targets: Iterable[str]) -> None:
    """Origins beyond our own through which this page's forms may lead."""
    g.form_targets = tuple(targets)


def show(
    template: str,
    status: int = 200,
    *,
    other_language_url: str | None = None,
    **values: object,
) -> Response:
    """A page of `templates/captive/`."""
    here = i18n.language()
    page = render_template(
        f"captive/{template}.html",
        library=g.get("library", {}).get(here) or gettext("Public library internet"),
        help_url=None if template == "help" else url_for("help", lang=here),
        other_language_url=other_language_url,
        **values,
    )
    return make_response(page, status)


def in_other_language() -> str:
    """This address in the other language, for pages that a GET brings."""
    asked = request.args.to_dict() | {"lang": i18n.language().other}
    return f"{request.path}?{urlencode(asked)}"


def redirect_in_other_language() -> str:
    """The same for a redirect: its octets are signed, so ours come after them, once."""
    query = _OURS.sub("", request.environ.get("QUERY_STRING", ""))
    return f"{request.path}?{query}&lang={i18n.language().other}"


def moment(instant: datetime) -> str:
    """Day and time as a part of a sentence: `tomorrow at 00:00`."""
    here = filters.current()
    day = here.day_word(local_day(instant, here.tz))
    return gettext("%(day)s at %(clock)s", day=day, clock=here.clock(instant))
