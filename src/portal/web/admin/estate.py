"""What is set up: libraries, access servers, plans, staff. Read here, set elsewhere."""

from datetime import timedelta

from werkzeug.wrappers import Response

from portal.model.estate import Nas
from portal.model.staff import Role
from portal.web.access import allow
from portal.web.admin.blueprint import pages
from portal.web.i18n import gettext
from portal.web.office import browser
from portal.web.office.page import at_own_branch, branch_name, go, show
from portal.web.office.page import branches as all_branches
from portal.web.office.services import services

# Two missed reports and a little: an access server with sessions is heard more often.
_PATIENCE = 2.5


@pages.get("/", strict_slashes=False)
@allow(Role.ADMINISTRATOR)
def home() -> Response:
    return go("admin.branches")


@pages.get("/branches")
@allow(Role.ADMINISTRATOR)
def branches() -> Response:
    servers = services().estate.access_servers()
    counts = {
        branch_id: sum(nas.branch_id == branch_id for nas in servers)
        for branch_id in all_branches()
    }
    return show("admin/branches", branches=all_branches().values(), servers=counts)


@pages.get("/access-servers")
@allow(Role.ADMINISTRATOR)
def access_servers() -> Response:
    at_own_branch(browser.signed_in())
    servers = services().estate.access_servers()
    return show(
        "admin/access_servers",
        servers=[(nas, _heard(nas)) for nas in servers],
        branch_name=branch_name,
    )


@pages.get("/plans")
@allow(Role.ADMINISTRATOR)
def plans() -> Response:
    return show("admin/plans", plans=services().estate.plans())


@pages.get("/staff")
@allow(Role.ADMINISTRATOR)
def staff() -> Response:
    at_own_branch(browser.signed_in())
    return show(
        "admin/staff", members=services().accounts.members(), branch_name=branch_name
    )


def _heard(nas: Nas) -> tuple[str, str]:
    """Kind and words for how an access server is heard."""
    if nas.heard_at is None:
        return "plain", gettext("Never heard")
    silent = services().clock() - nas.heard_at
    if silent <= timedelta(seconds=nas.interim_interval * _PATIENCE):
        return "ok", gettext("Heard")
    # Without sessions it has nothing to report: a closed library is no alarm.
    if services().pages.online(browser.signed_in(), nas.branch_id, 1):
        return "warn", gettext("Silent")
    return "plain", gettext("Nobody online")
