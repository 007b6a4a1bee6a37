"""The audit chain: pages of entries, one entry opened, the check of all."""

from flask import request
from werkzeug.wrappers import Response

from portal.model.audit import Broken, Verified
from portal.model.staff import Role
from portal.service.staff_refusal import Refused
from portal.web.access import allow
from portal.web.admin.blueprint import pages
from portal.web.i18n import gettext
from portal.web.office import browser, words
from portal.web.office.page import at_own_branch, branch_name, refusal_page, show
from portal.web.office.services import services
from portal.web.office.typed import parse_number


@pages.get("/audit")
@allow(Role.ADMINISTRATOR)
def audit() -> Response:
    return _page(parse_number(request.args.get("before", "")))


@pages.post("/audit")
@allow(Role.ADMINISTRATOR)
def audit_check() -> Response:
    """Walk the whole chain, then show its newest page under the outcome."""
    outcome = services().audit.check(browser.signed_in())
    if isinstance(outcome, Refused):
        return refusal_page(outcome)
    return _page(None, outcome)


@pages.get("/audit/<int(max=9223372036854775807):seq>")
@allow(Role.ADMINISTRATOR)
def audit_entry(seq: int) -> Response:
    member = browser.signed_in()
    at_own_branch(member)
    opened = services().audit.open(member, seq)
    if isinstance(opened, Refused):
        return refusal_page(opened)
    return show("admin/audit_entry", opened=opened, branch_name=branch_name)


def _page(before: int | None, outcome: Verified | Broken | None = None) -> Response:
    member = browser.signed_in()
    at_own_branch(member)
    page = services().audit.page(member, before)
    if isinstance(page, Refused):
        return refusal_page(page)
    broken = outcome if isinstance(outcome, Broken) else page.broken
    return show(
        "admin/audit",
        page=page,
        whole=outcome if isinstance(outcome, Verified) else None,
        broken=broken,
        why=gettext(words.BROKEN[broken.why]) if broken else "",
        branch_name=branch_name,
        paged=before is not None,
    )
