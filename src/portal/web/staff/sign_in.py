"""Signing in and out."""

import re
from datetime import datetime

from flask import redirect, request
from werkzeug.wrappers import Response

from portal.service.staff_sign_in import SignedIn, Wait, WrongCredentials
from portal.web import filters
from portal.web.access import ANYONE, allow
from portal.web.i18n import gettext
from portal.web.office import browser
from portal.web.office.page import EVERY_ROLE, go, show
from portal.web.office.services import services
from portal.web.staff.blueprint import pages

# One slash in front, and nothing that a browser would read as something else.
_OURS = re.compile(r"/(?:staff|admin)(?:/[^\\\x00-\x20\x7f]*)?")


@pages.get("/sign-in")
@allow(ANYONE)
def sign_in() -> Response:
    """The form; whoever is signed in already goes on."""
    if browser.member() is not None:
        return _on(request.args.get("next", ""))
    return _form()


@pages.post("/sign-in")
@allow(ANYONE)
def sign_in_done() -> Response:
    username = request.form.get("username", "")
    outcome = services().sign_in.sign_in(
        username,
        request.form.get("password", ""),
        source=request.remote_addr or "",
        previous=browser.token(),
        mark=browser.mark(),
    )
    match outcome:
        case SignedIn():
            browser.put(outcome.token)
            browser.keep_mark(outcome.mark)
            return _on(request.form.get("next", ""))
        case WrongCredentials():
            return _form(gettext("The user name or the password is not right."))
        case Wait():
            return _form(_waiting(outcome.until), status=429)


@pages.post("/sign-out")
@allow(*EVERY_ROLE)
def sign_out() -> Response:
    services().sign_in.sign_out(browser.token())
    browser.put("")
    return go("staff.sign_in", said="signed_out")


def _form(wrong: str = "", status: int = 200) -> Response:
    onward = request.values.get("next", "")
    return show(
        "staff/sign_in",
        403 if wrong and status == 200 else status,
        wrong=wrong,
        username=request.form.get("username", ""),
        onward=onward if _is_ours(onward) else "",
    )


def _on(onward: str) -> Response:
    """To the page that was asked for first, if it is one of ours."""
    if _is_ours(onward):
        return redirect(onward, code=303)
    return go("staff.home")


def _is_ours(address: str) -> bool:
    return _OURS.fullmatch(address) is not None


def _waiting(until: datetime) -> str:
    here = filters.current()
    left = until - here.now if here.now else None
    return gettext(
        "There were too many wrong attempts. Please try again in %(wait)s (%(clock)s).",
        wait=here.duration(left),
        clock=here.clock_exact(until),
    )
