"""The way back online through the patrons' pages, once a quota is used up."""

from collections.abc import Generator

import pytest

from tests.e2e.quota.conftest import NOON, Simulate
from tests.e2e.quota.test_quota import stopped
from tests.stack.daemon import PORTAL
from tests.stack.nas_sim import Phone, Simulated
from tests.stack.plain_browser import Page, open_page, submit
from tests.stack.process import Program
from tests.stack.province import GIB, Province
from tests.stack.wait import until

CARD, PIN = "00012345", "4321"


@pytest.fixture
def pages(province: Province) -> Generator[None]:
    """The patrons' pages as a process."""
    settings = province.services.settings
    program = Program.start(
        [PORTAL, "web", "captive"],
        log=province.directory / "captive.log",
        env=province.environment,
    )
    address = f"http://{settings.captive_status_bind}/healthz"
    until(lambda: open_page(address).status == 200, what="pages", within=30)
    yield
    print(program.output[-8000:])
    program.stop()


@pytest.mark.parametrize("moment", [NOON], indirect=True, ids=["noon"])
@pytest.mark.parametrize("ignore", ["", "session-timeout,octets"], ids=["own", "told"])
def test_a_session_that_was_cut_leads_to_the_form_and_a_grant_back_online(
    province: Province, simulate: Simulate, pages: None, ignore: str
) -> None:
    sim = simulate(Simulated(1, ignore=ignore))
    plan = province.add_plan(data=4 * GIB)
    patron = province.add_patron(plan, card=CARD, pin=PIN)
    phone = sim.phone(1)
    online = submit(sign_in_form(phone), number=CARD, pin=PIN)
    assert phone.session is not None, online.html
    phone.use(down=5 * GIB)
    phone.wait_until_cut()
    stopped(province, province.sessions()[-1].ref)

    refused = submit(sign_in_form(phone), number=CARD, pin=PIN)
    handle = patron.patron.handle
    province.portal("patron", "grant", handle, "--data", "2GiB", "--reason", "study")
    submit(sign_in_form(phone), number=CARD, pin=PIN)

    assert refused.status == 403
    assert "۰۰:۰۰" in refused.text
    assert phone.limits["max_total"] == GIB


def browse(phone: Phone) -> Page:
    """Open any page that is not the access server's own."""
    return open_page(f"{phone.origin}/")


def sign_in_form(phone: Phone) -> Page:
    """Browse; what was used up keeps nobody from the form."""
    page = browse(phone)
    assert "pin" in page.fields, page.html
    return page
