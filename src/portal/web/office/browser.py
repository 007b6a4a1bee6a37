"""Whose browser this is: flask-login over our own browser sessions, and the cookies.

The cookie holds a random value and nothing else; everything about it stands in the
database. A browser that is not signed in has one too, so that the sign-in form has
something to be bound to; signing in replaces it.
"""

import secrets

import flask_login
from flask import Flask, Request, Response, g, request

from portal.model.staff import StaffMember
from portal.web.office.services import options, services

_LANGUAGE_COOKIE = "daricheh_language"
_YEAR = 365 * 24 * 3600


class SignedInMember(flask_login.UserMixin):  # type: ignore[misc]
    """A staff member as flask-login wants one."""

    def __init__(self, member: StaffMember) -> None:
        self.member = member

    def get_id(self) -> str:
        return str(self.member.id)


class _Logins(flask_login.LoginManager):  # type: ignore[misc]
    """flask-login without its own cookies: the request alone says who it is."""

    def _load_user_from_remember_cookie(self, cookie: str) -> SignedInMember | None:
        # There is no such cookie here; one that turns up is not even read.
        del cookie
        return _load(request)


def register(app: Flask) -> None:
    """Let flask-login ask us whose browser it is."""
    logins = _Logins()
    logins.session_protection = None  # the browser session is a row of ours
    logins.request_loader(_load)
    # A page that says the database is away must not ask it who is reading.
    logins.init_app(app, add_context_processor=False)
    app.after_request(_keep_cookies)


def member() -> StaffMember | None:
    """Who is signed in, asked once a request."""
    user = flask_login.current_user
    return user.member if isinstance(user, SignedInMember) else None


def signed_in() -> StaffMember:
    """Who is signed in, behind the guard."""
    found = member()
    if found is None:
        raise PermissionError("the guard lets nobody through who is not signed in")
    return found


def token() -> str:
    """The value in this browser's cookie; a new one if it has none."""
    if "browser_token" not in g:
        g.browser_token = request.cookies.get(_cookie_name(), "")
    if not g.browser_token:
        put(secrets.token_urlsafe(32))
    value: str = g.browser_token
    return value


def put(value: str) -> None:
    """Give the browser this value with the answer; empty takes it away."""
    g.browser_token = g.browser_token_new = value


def form_token() -> str:
    """What every form of this browser must bring back."""
    return services().sign_in.form_token(token())


def brought_form_token() -> bool:
    brought = request.form.get("csrf", "")
    return services().sign_in.is_form_token(token(), brought)


def mark() -> str:
    """What says that this browser has signed in before; it opens nothing by itself."""
    return request.cookies.get(_mark_cookie_name(), "")


def keep_mark(value: str) -> None:
    g.browser_mark_new = value


def language() -> str | None:
    """The language this browser chose before."""
    return request.cookies.get(_LANGUAGE_COOKIE)


def keep_language(code: str) -> None:
    g.browser_language_new = code


def _load(asking: Request) -> SignedInMember | None:
    value = asking.cookies.get(_cookie_name())
    found = services().sign_in.signed_in(value) if value else None
    return SignedInMember(found) if found else None


def _cookie_name() -> str:
    # The prefix makes browsers refuse the cookie without Secure, from a subdomain, or
    # for a path; it cannot be used over plain http.
    return "__Host-daricheh" if options().secure else "daricheh"


def _mark_cookie_name() -> str:
    return f"{_cookie_name()}_known"


def _keep_cookies(response: Response) -> Response:
    value = g.get("browser_token_new")
    if value is not None:
        # Until the browser is closed; the row decides how long it is good for.
        _set_cookie(response, _cookie_name(), value, None if value else 0)
    if "browser_mark_new" in g:
        _set_cookie(response, _mark_cookie_name(), g.browser_mark_new, _YEAR)
    if "browser_language_new" in g:
        _set_cookie(response, _LANGUAGE_COOKIE, g.browser_language_new, _YEAR)
    return response


def _set_cookie(response: Response, name: str, value: str, max_age: int | None) -> None:
    response.set_cookie(
        name,
        value,
        max_age=max_age,
        secure=options().secure,
        httponly=True,
        samesite="Lax",
        path="/",
    )
