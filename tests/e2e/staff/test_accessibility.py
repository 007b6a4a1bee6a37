"""No page of the desk or the head office has a fault that axe can find."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.e2e.staff.conftest import SIGN_IN, Office
from tests.e2e.staff.test_a_day_at_the_desk import addresses
from tests.stack.browser import is_cut_off

pytestmark = pytest.mark.browser


def faults(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{page.url}: {one['id']}: {one['nodes'][0]['html']}" for one in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(
    office: Office, desk: Callable[..., Page], language: str, scheme: str
) -> None:
    page = desk(scripts=True)
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(f"{office.url}{SIGN_IN}?lang={language}")
    found = faults(page)
    page.fill("#username", "desk")
    page.fill("#password", "wrong")
    page.press("#password", "Enter")
    page.wait_for_selector("#problem")
    found += faults(page)
    office.sign_in(page, "admin", language)

    for path in addresses(office):
        page.goto(office.url + path)
        found += faults(page)

    assert found == []


def test_nothing_is_cut_off_when_letters_are_twice_as_large(
    office: Office, desk: Callable[..., Page], language: str
) -> None:
    page = desk(scripts=True, width=360)
    office.sign_in(page, "admin", language)
    paths = addresses(office)
    endless = office.province.add_patron("عبدالرحمن" * 20, "777").patron.handle

    cut_off = []
    for path in [*paths, f"/staff/patrons/{endless}"]:
        page.goto(office.url + path)
        cut_off += [path] if is_cut_off(page) else []

    assert cut_off == []
