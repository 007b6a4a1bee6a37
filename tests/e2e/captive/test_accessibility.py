"""No page of the patron's has a fault that axe can find, light and dark."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.stack.branch import Branch
from tests.stack.browser import OpenWindow, is_cut_off

pytestmark = pytest.mark.browser


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def desk(open_window: OpenWindow, scheme: str) -> Page:
    """A browser with scripts, because axe is one."""
    window = open_window(strict=False)
    page = window.pages[0] if window.pages else window.new_page()
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    return page


def faults(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{page.url}: {one['id']}: {one['nodes'][0]['html']}" for one in found]


def test_axe_finds_nothing(desk: Page, branch: Branch, language: str) -> None:
    family = branch.library.world.add_plan(time=3600, data=10**9)
    for card in ("0001112222", "0003334444"):
        branch.library.add_member("1111", card=card, phone="09121234567", plan=family)
    spent = branch.library.world.add_plan(time=0)
    branch.library.add_member("2222", card="5555", plan=spent)
    found = []
    for path in ("/", "/help", "/privacy", "/terms", "/resources", "/account"):
        desk.goto(f"{branch.library.public_url}{path}?lang={language}")
        found += faults(desk)
    desk.goto(branch.anywhere)
    if language == "en":
        desk.get_by_role("link", name="English").click()
    found += faults(desk)
    for number, pin in [("1", "1"), ("5555", "2222"), ("09121234567", "1111")]:
        if not desk.locator("#number").count():
            desk.go_back()
        desk.locator("#number").fill(number)
        desk.locator("#pin").fill(pin)
        desk.locator("form button").click()
        found += faults(desk)
    desk.locator("[name=card]").first.check()
    desk.locator("form button").click()
    desk.wait_for_url("**/s/**")
    found += faults(desk)
    desk.locator("form button").click()
    desk.wait_for_url("**res=logoff**")
    found += faults(desk)

    assert found == []


def test_nothing_is_cut_off_when_letters_are_twice_as_large(
    open_window: OpenWindow, branch: Branch, language: str
) -> None:
    window = open_window(strict=False)
    page = window.pages[0] if window.pages else window.new_page()
    branch.library.add_member("1111", card="0001112222")
    cut_off = []
    for path in ("/", "/help", "/privacy", "/terms", "/account", "/s/x"):
        page.goto(f"{branch.library.public_url}{path}?lang={language}")
        cut_off += [page.url] if is_cut_off(page) else []
    page.goto(branch.anywhere)
    cut_off += [page.url] if is_cut_off(page) else []
    page.locator("#number").fill("0001112222")
    page.locator("#pin").fill("1111")
    page.locator("form button").click()
    page.wait_for_url("**/s/**")
    cut_off += [page.url] if is_cut_off(page) else []

    assert cut_off == []
