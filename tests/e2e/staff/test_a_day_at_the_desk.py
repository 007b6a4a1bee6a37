"""A librarian's work from signing in to signing out, without scripts, fa and en."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from portal.model.session import SessionState
from portal.model.usage import Usage
from tests.e2e.staff.conftest import Office
from tests.stack.desks import NOON

pytestmark = pytest.mark.browser

WORDS = {
    "fa": {
        "more": "۳۰ دقیقه بیشتر",
        "reason": "مطالعه یا پژوهش",
        "given": "افزوده شد",
        "left": "۲ ساعت و ۲۰ دقیقه",
        "undone": "افزایش برگردانده شد",
        "blocked": "مسدود تا",
        "ending": "اتصال در حال پایان است",
        "out": "از سامانه خارج شدید",
        "whole": "زنجیره کامل است",
    },
    "en": {
        "more": "30 minutes more",
        "reason": "Study or research",
        "given": "Given.",
        "left": "2 hours 20 minutes",
        "undone": "The grant was taken back",
        "blocked": "Blocked until",
        "ending": "The session is being ended",
        "out": "You have signed out",
        "whole": "The chain is whole",
    },
}


def submit(page: Page, action: str) -> None:
    """Press the button of the form that goes to an address ending like this."""
    page.locator(f'form[action$="{action}"] button').click()


def test_a_day_at_the_desk(
    office: Office, desk: Callable[..., Page], language: str
) -> None:
    province, words = office.province, WORDS[language]
    card = province.add_patron(phone="09123456789")
    session = province.add_session(card)
    page = desk()
    main = page.locator("main")

    office.sign_in(page, "desk", language)
    expect(page.locator("#q")).to_be_focused()
    expect(main).to_contain_text("زهرا موسوی")
    page.fill("#q", "۰۹۱۲ ۳۴۵ ۶۷۸۹")
    page.press("#q", "Enter")
    page.wait_for_url(f"**/staff/patrons/{card.patron.handle}")
    patron = page.url
    expect(page.locator("h1")).to_have_text("زهرا موسوی")

    page.get_by_role("link", name=words["more"]).click()
    page.get_by_label(words["reason"]).check()
    submit(page, "/grant")
    expect(page.locator(".notice")).to_contain_text(words["given"])
    expect(main).to_contain_text(words["left"])
    submit(page, "/undo")
    expect(page.locator(".notice")).to_contain_text(words["undone"])

    page.locator('a[href*="/end"]').click()
    expect(page.locator("h1")).to_contain_text("زهرا موسوی")
    submit(page, "/end")
    expect(page.locator(".notice")).to_contain_text(words["ending"])
    assert province.requests(session.ref) == [("disconnect", "staff", "waiting")]

    page.goto(f"{patron}/block")
    page.locator('input[name="days"]').nth(1).check()
    page.fill("#note", "noise")
    submit(page, "/block")
    expect(main).to_contain_text(words["blocked"])
    submit_sign_out = page.locator('form[action$="/sign-out"] button')
    submit_sign_out.click()
    expect(main).to_contain_text(words["out"])
    page.go_back()
    page.reload()
    assert page.url.startswith(f"{office.url}/staff/sign-in")


def test_the_log_of_the_branch_goes_out_as_a_file(
    office: Office, desk: Callable[..., Page], language: str
) -> None:
    province = office.province
    province.clock.now = NOON - timedelta(days=1)
    province.add_session(province.add_patron(), state=SessionState.STOPPED)
    province.clock.now = NOON
    page = desk()
    office.sign_in(page, "desk", language)

    page.goto(f"{office.url}/staff/log")
    page.fill("#from", "۱۴۰۵/۸/۲۹")
    page.fill("#until", "امروز")
    page.locator("form.filters button").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    with page.expect_download() as download:
        submit(page, "/log/export")
    name = download.value.suggested_filename
    submit(page, "/name")

    assert name == "usage-khorramabad-2026-11-20-2026-11-21.csv"
    text = download.value.path().read_text(encoding="utf-8-sig")
    assert len(text.splitlines()) == 2
    expect(page.locator("main")).to_contain_text("زهرا موسوی")


def test_the_head_office_checks_the_chain(
    office: Office, desk: Callable[..., Page], language: str
) -> None:
    office.province.add_patron()
    page = desk()
    office.sign_in(page, "admin", language)

    page.goto(f"{office.url}/admin/audit")
    submit(page, "/admin/audit")

    expect(page.locator(".notice")).to_contain_text(WORDS[language]["whole"])


@pytest.mark.parametrize("width", [360, 1280])
def test_no_page_is_wider_than_the_window(
    office: Office, desk: Callable[..., Page], language: str, width: int
) -> None:
    page = desk(width=width)
    office.sign_in(page, "admin", language)
    wide = []

    for path in addresses(office):
        page.goto(office.url + path)
        # A table may scroll in its own box, but should not have to on a wide window.
        boxes = ":root" if width < 1280 else ":root, .scroll"
        for needed, given in page.eval_on_selector_all(
            boxes, "all => all.map(one => [one.scrollWidth, one.clientWidth])"
        ):
            if needed > given:
                wide.append((path, needed, given))

    assert wide == []


def addresses(office: Office) -> list[str]:
    """Every page of the desk and the head office, filled."""
    province = office.province
    card = province.add_patron(phone="09123456789", pin="4821")
    live = province.add_session(card)
    province.add_session(None, device="02-00-00-00-00-02")
    province.add_session(card, state=SessionState.STOPPED, usage=Usage(60, 2**40, 1))
    province.desk.disconnect(province.desk_here, live.ref)
    patron = f"/staff/patrons/{card.patron.handle}"
    ref = f"/staff/sessions/{live.ref.month}-{live.ref.id}"
    return [
        *("/staff/", "/staff/log", patron, f"{patron}/grant?seconds=1800"),
        *(f"{patron}/block", f"{patron}/unblock", ref, f"{ref}/end"),
        *("/admin/branches", "/admin/access-servers", "/admin/plans", "/admin/staff"),
        *("/admin/audit", "/admin/audit/2", "/staff/nowhere"),
    ]


def test_every_control_can_be_reached_by_its_name(
    office: Office, desk: Callable[..., Page]
) -> None:
    page = desk()
    office.sign_in(page, "admin", "en")

    for path in addresses(office):
        page.goto(office.url + path)
        for control in page.locator("main input:not([type=hidden]), main select").all():
            labelled = control.get_attribute("id") or ""
            name = control.get_attribute("type")
            if name in {"radio", "checkbox"}:
                continue
            assert re.fullmatch("[a-z]+", labelled), (path, labelled)
            assert page.locator(f'label[for="{labelled}"]').count() == 1, path
