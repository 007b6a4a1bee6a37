"""The desk's first page: the search, and who is online here now.

What is searched for names people, so it travels sealed: neither a browser's history
nor a server's log can read the address of a list of results.
"""

from datetime import timedelta

from flask import request
from werkzeug.wrappers import Response

from portal.service.keys import SealBrokenError
from portal.service.people import Found
from portal.service.staff_ports import NamePosition
from portal.service.staff_refusal import Refused
from portal.web.access import allow
from portal.web.office import browser
from portal.web.office.page import (
    EVERY_ROLE,
    at_own_branch,
    branch_name,
    go,
    refusal_page,
    show,
)
from portal.web.office.services import services
from portal.web.staff.blueprint import pages

_ONLINE_SHOWN = 100
_SEARCH_LIFE = timedelta(hours=12)
_LONGEST_SEARCH = 100


@pages.get("/", strict_slashes=False)
@allow(*EVERY_ROLE)
def home() -> Response:
    member = browser.signed_in()
    at_own_branch(member)
    online = services().pages.online(member, None, _ONLINE_SHOWN)
    if isinstance(online, Refused):
        return refusal_page(online)
    return show(
        "staff/home",
        online=online,
        cut_off=len(online) == _ONLINE_SHOWN,
        branch_name=branch_name if member.is_administrator else None,
    )


@pages.post("/find")
@allow(*EVERY_ROLE)
def find() -> Response:
    """One exact match is opened, everything else becomes a list."""
    typed = request.form.get("q", "")[:_LONGEST_SEARCH]
    if not typed.strip():
        return go("staff.home")
    found = services().people.find(typed)
    if found.exact and len(found.people) == 1:
        return go("staff.patron", handle=found.people[0].patron.handle)
    return go("staff.found", s=_sealed(typed, None))


@pages.get("/find")
@allow(*EVERY_ROLE)
def found() -> Response:
    asked = _opened(request.args.get("s", ""))
    if asked is None:
        return go("staff.home")
    typed, after = asked
    result = services().people.find(typed, after)
    return show(
        "staff/found",
        result=result,
        typed=typed,
        further=_further(typed, result),
        first=_sealed(typed, None) if after else None,
    )


def _opened(sealed: str) -> tuple[str, NamePosition | None] | None:
    """What a list of results is of; None for what is old or was never such a list."""
    try:
        fields, fresh = services().keys.open_state(sealed, services().clock())
        typed, after = fields["q"], fields["after"]
    except (SealBrokenError, KeyError):
        return None
    if not fresh:
        return None
    return typed, NamePosition(*after) if after else None


def _further(typed: str, result: Found) -> str | None:
    return _sealed(typed, result.after) if result.after else None


def _sealed(typed: str, after: NamePosition | None) -> str:
    fields = {
        "q": typed,
        "after": [after.name_sort, after.patron_id] if after else None,
    }
    return services().keys.seal_state(fields, services().clock() + _SEARCH_LIFE)
