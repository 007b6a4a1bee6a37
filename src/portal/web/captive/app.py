"""The captive application: every address, who may call it, and what all pages share."""

import logging
import traceback
from collections.abc import Callable
from typing import NamedTuple

from flask import Flask, Response, g, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from portal.service.ports import StoreBusyError, StoreUnavailableError
from portal.web import assets, filters, headers, i18n
from portal.web.access import ANYONE, allow
from portal.web.captive import alone, sentences
from portal.web.captive.arrive import arrive
from portal.web.captive.capport import capport
from portal.web.captive.choose import choose
from portal.web.captive.page import in_other_language, speak
from portal.web.captive.problem import Step, show_problem
from portal.web.captive.sentences import Words
from portal.web.captive.services import CaptiveOptions, CaptiveServices, register
from portal.web.captive.sign_in import sign_in
from portal.web.captive.status import end, status
from portal.web.i18n import gettext

log = logging.getLogger(__name__)

# A form of two fields and a sealed state; nobody sends more.
_LARGEST_REQUEST = 16 * 1024


class Route(NamedTuple):
    """One address; `caller` says who may call it."""

    path: str
    method: str
    view: Callable[..., AnyResponse]
    name: str
    caller: str


SIGNED_REDIRECT = "a browser with a redirect that an access server signed"
SEALED_STATE = "a form of ours, sealed for one device"
TOKEN = "whoever holds the token of the session"  # noqa: S105 - a sentence

ROUTES = (
    Route("/", "GET", alone.alone, "alone", ANYONE),
    Route("/login", "GET", arrive, "login", SIGNED_REDIRECT),
    Route("/login", "POST", sign_in, "sign_in", SEALED_STATE),
    Route("/login/card", "POST", choose, "choose", SEALED_STATE),
    Route("/s/<token>", "GET", status, "status", TOKEN),
    Route("/s/<token>", "POST", end, "end", TOKEN),
    Route("/captive-portal/api/<token>", "GET", capport, "capport", TOKEN),
    Route("/account", "GET", alone.account, "account", ANYONE),
    Route("/help", "GET", alone.help_, "help", ANYONE),
    Route("/terms", "GET", alone.terms, "terms", ANYONE),
    Route("/privacy", "GET", alone.privacy, "privacy", ANYONE),
    Route("/resources", "GET", alone.resources, "resources", ANYONE),
)


def create_app(options: CaptiveOptions, services: CaptiveServices) -> Flask:
    """The WSGI application; it connects to nothing until it is asked something."""
    app = Flask("portal.web", static_folder="static", template_folder="templates")
    app.config.update(
        MAX_CONTENT_LENGTH=_LARGEST_REQUEST, SEND_FILE_MAX_AGE_DEFAULT=31_536_000
    )
    i18n.register(app)
    filters.register(app, clock=services.clock, tz=options.time_zone)
    assets.register(app)
    register(app, options, services)
    for route in ROUTES:
        view = allow(route.caller)(route.view)
        app.add_url_rule(route.path, route.name, view, methods=[route.method])
    app.after_request(_protect)
    app.register_error_handler(StoreUnavailableError, _away)
    app.register_error_handler(StoreBusyError, _busy)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _broken)
    return app


def _protect(response: Response) -> Response:
    policy = headers.content_policy(form_targets=g.get("form_targets", ()))
    headers.protect(response.headers, policy)
    # A static file says itself how long it keeps; that there is none, nobody keeps.
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def _away(_error: StoreUnavailableError) -> Response:
    return _unavailable(sentences.AWAY)


def _busy(_error: StoreBusyError) -> Response:
    return _unavailable(sentences.BUSY)


def _unavailable(words: Words) -> Response:
    speak()
    step = None
    if request.method == "GET":
        # The address as it came: the signature of a redirect is over its octets.
        query = request.environ.get("QUERY_STRING", "")
        step = Step(gettext("Try again"), f"{request.path}?{query}".rstrip("?"))
    page = show_problem(words.said(), 503, step=step)
    page.headers["Retry-After"] = "10"
    return page


def _http_error(error: HTTPException) -> AnyResponse:
    if error.code is None or error.code < 400:
        return error.get_response()
    speak()
    words = sentences.HTTP.get(error.code, sentences.BROKEN)
    page = show_problem(
        words.said(),
        error.code,
        step=Step(gettext("Start page"), url_for("alone", lang=i18n.language())),
        other_language_url=in_other_language() if request.method == "GET" else None,
    )
    for name, value in error.get_response().headers.items():
        if name == "Allow":
            page.headers[name] = value
    return page


def _broken(error: Exception) -> Response:
    kind = type(error).__name__
    log.error("captive.broken", extra={"kind": kind, "where": _where(error)})
    speak()
    start = Step(gettext("Start page"), url_for("alone", lang=i18n.language()))
    return show_problem(sentences.BROKEN.said(), 500, step=start)


def _where(error: Exception) -> str:
    """The place; never its text, which may hold a name or a number."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{last.name}:{last.lineno}"
