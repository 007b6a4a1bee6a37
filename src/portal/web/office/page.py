"""Every staff page: who may see it, in which language, with which frame around it."""

import logging
import traceback
from datetime import tzinfo
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import (
    Flask,
    Response,
    current_app,
    g,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from portal.model.estate import Branch
from portal.model.staff import Role, StaffMember
from portal.service.ports import StoreBusyError, StoreUnavailableError
from portal.service.staff_refusal import RefusalReason, Refused
from portal.web import access, csrf, filters, headers, i18n
from portal.web.i18n import Language, gettext
from portal.web.office import browser, words
from portal.web.office.services import options, services

log = logging.getLogger(__name__)

EVERY_ROLE = (Role.DESK, Role.ADMINISTRATOR)
_STATUS = {
    RefusalReason.NOT_FOUND: 404,
    RefusalReason.OTHER_BRANCH: 403,
    RefusalReason.ADMINISTRATORS_ONLY: 403,
}


def register(app: Flask) -> None:
    """Put the guard before every view, and headers and error pages behind them."""
    app.before_request(_speak)
    app.before_request(_guard)
    app.after_request(_protect)
    app.register_error_handler(StoreUnavailableError, _away)
    app.register_error_handler(StoreBusyError, _busy)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _broken)
    app.jinja_env.globals.update(
        words.for_templates(), local=local, form_token=browser.form_token
    )


# ------------------------------------------------------------------------- the guard


def _speak() -> None:
    asked = Language.parse(next(reversed(request.args.getlist("lang")), None))
    if asked is not None:
        browser.keep_language(asked)
    i18n.speak(asked or Language.parse(browser.language()) or Language.FA)


def _guard() -> AnyResponse | None:
    """Refuse what another site sends, and whoever the view does not name."""
    if request.endpoint is None or request.endpoint == "static":
        return None
    if request.method not in csrf.SAFE_METHODS and not _own_form():
        log.warning("staff.foreign_form", extra={"endpoint": request.endpoint})
        return problem(
            gettext("This form is no longer valid."),
            gettext(
                "Open the page again and repeat the last step. The browser has to"
                " accept this site's cookies."
            ),
            403,
        )
    callers = access.callers(current_app.view_functions[request.endpoint])
    if callers is None:
        return _refused_page(RefusalReason.NOT_FOUND)
    if access.ANYONE in callers:
        return None
    member = browser.member()
    if member is None:
        here = request.full_path.rstrip("?")
        return go("staff.sign_in", next=here if _is_get() else None)
    if member.role not in callers:
        return _refused_page(RefusalReason.ADMINISTRATORS_ONLY)
    return None


def _own_form() -> bool:
    elsewhere = csrf.from_elsewhere(
        request.headers, host=request.host, own_url=options().staff_url
    )
    return not elsewhere and browser.brought_form_token()


def _is_get() -> bool:
    return request.method in {"GET", "HEAD"}


def _protect(response: Response) -> Response:
    # Forms say their origin only to a site that may know the address they are on.
    response.headers.setdefault("Referrer-Policy", "same-origin")
    headers.protect(response.headers, headers.content_policy())
    # A static file says itself how long it keeps; that there is none, nobody keeps.
    response.headers.setdefault("Cache-Control", "no-store")
    return response


# ------------------------------------------------------------------------- the frame


def show(
    template: str,
    status: int = 200,
    *,
    other_language_url: str | None = None,
    **values: object,
) -> Response:
    """A page of `templates/`, in the frame of whoever is signed in."""
    member = browser.member()
    if other_language_url is None and _is_get():
        other_language_url = _in_other_language()
    page = render_template(
        f"{template}.html",
        navigation=_navigation(member) if member else [],
        place=_place(member) if member else "",
        signed_in=member,
        other_language_url=other_language_url,
        said=said(),
        **values,
    )
    return make_response(page, status)


def go(endpoint: str, **values: object) -> AnyResponse:
    """See another page of ours; values that are None are left out."""
    given = {name: value for name, value in values.items() if value is not None}
    return redirect(url_for(endpoint, **given), code=303)  # type: ignore[arg-type]


def said() -> str | None:
    """The code of what was just done, for the page that a form led to."""
    return request.args.get("said")


def local(persian: str, english: str) -> str:
    """Of two names the one in the language of the page."""
    return persian if i18n.language() is Language.FA else english


def branches() -> dict[int, Branch]:
    """All libraries by number, read once a request."""
    if "office_branches" not in g:
        g.office_branches = {b.id: b for b in services().estate.branches()}
    found: dict[int, Branch] = g.office_branches
    return found


def branch_name(branch_id: int | None) -> str:
    branch = branches().get(branch_id) if branch_id is not None else None
    return local(branch.name_fa, branch.name_en) if branch else ""


def at_own_branch(member: StaffMember) -> tzinfo:
    """Show times as the walls of this person's branch do."""
    branch = branches().get(member.branch_id) if member.branch_id else None
    tz = ZoneInfo(branch.time_zone) if branch else options().time_zone
    filters.show_times_of(tz)
    return tz


def _place(member: StaffMember) -> str:
    return branch_name(member.branch_id) or gettext("Head office")


def _navigation(member: StaffMember) -> list[dict[str, object]]:
    entries = [
        ("staff.home", gettext("Desk")),
        ("staff.log", gettext("Usage log")),
    ]
    if member.is_administrator:
        entries += [
            ("admin.branches", gettext("Libraries")),
            ("admin.access_servers", gettext("Access servers")),
            ("admin.plans", gettext("Plans")),
            ("admin.staff", gettext("Staff")),
            ("admin.audit", gettext("Audit")),
        ]
    here = _section()
    return [
        {"label": label, "href": url_for(endpoint), "current": endpoint == here}
        for endpoint, label in entries
    ]


def _section() -> str:
    """The entry of the navigation that this page stands under."""
    blueprint, _, view = (request.endpoint or "").partition(".")
    first = view.partition("_")[0]
    if blueprint == "admin":
        return f"admin.{'access_servers' if first == 'access' else first}"
    return "staff.log" if first == "log" else "staff.home"


def _in_other_language() -> str:
    asked = request.args.to_dict() | {"lang": i18n.language().other}
    return f"{request.path}?{urlencode(asked)}"


# ------------------------------------------------------------------------ error pages


def problem(what: str, advice: str, status: int) -> Response:
    """A page that says what happened and what to do."""
    return show("staff/problem", status, what=what, advice=advice)


def refusal_words(refused: Refused) -> str:
    return gettext(words.REFUSALS[refused.reason])


def refusal_page(refused: Refused) -> Response:
    """A refusal that leaves nothing to show but itself."""
    return _refused_page(refused.reason)


def _refused_page(reason: RefusalReason) -> Response:
    return problem(
        gettext(words.REFUSALS[reason]),
        gettext("Go back to the desk and look again."),
        _STATUS.get(reason, 409),
    )


def _away(_error: StoreUnavailableError) -> Response:
    return _unavailable(gettext("The database cannot be reached right now."))


def _busy(_error: StoreBusyError) -> Response:
    return _unavailable(gettext("The system is very busy at this moment."))


def _unavailable(what: str) -> Response:
    _speak()
    # Asking who is signed in would ask the same database.
    page = make_response(
        render_template(
            "staff/problem.html",
            what=what,
            advice=gettext("Nothing was changed. Please try again in a minute."),
            navigation=[],
        ),
        503,
    )
    page.headers["Retry-After"] = "10"
    return page


def _http_error(error: HTTPException) -> AnyResponse:
    if error.code is None or error.code < 400:
        return error.get_response()
    if error.code == 404:
        what = gettext("There is no page at this address.")
    else:
        what = gettext("This cannot be done here.")
    advice = gettext("Go back to the desk and look again.")
    page = problem(what, advice, error.code)
    for name, value in error.get_response().headers.items():
        if name == "Allow":
            page.headers[name] = value
    return page


def _broken(error: Exception) -> Response:
    last = traceback.extract_tb(error.__traceback__)[-1]
    # Never its text, which may hold a name or a number.
    log.error(
        "staff.broken",
        extra={"kind": type(error).__name__, "where": f"{last.name}:{last.lineno}"},
    )
    what = gettext("Something went wrong on our side.")
    advice = gettext("Please try again. If it happens again, tell the head office.")
    return problem(what, advice, 500)
