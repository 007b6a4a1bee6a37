"""A phone's captive browser, scripts off and cookies refused, from redirect to goodbye."""

import pytest
from playwright.sync_api import Page, expect

from portal.gateway.redirect import Result
from tests.stack.branch import Branch

pytestmark = pytest.mark.browser

WORDS = {
    "fa": {
        "connect": "اتصال به اینترنت",
        "online": "شما به اینترنت وصل هستید",
        "end": "پایان اتصال",
        "update": "به‌روزرسانی",
        "out": "اتصال شما پایان یافت",
        "again": "اتصال دوباره",
        "begin": "شروع دوباره",
        "wrong": "شماره یا رمز درست نیست.",
    },
    "en": {
        "connect": "Connect to the internet",
        "online": "You are online",
        "end": "End my session",
        "update": "Update",
        "out": "You are signed out",
        "again": "Connect again",
        "begin": "Begin again",
        "wrong": "The number or the PIN is not right.",
    },
}


@pytest.fixture
def words(language: str) -> dict[str, str]:
    return WORDS[language]


@pytest.fixture
def form(phone: Page, branch: Branch, language: str) -> Page:
    """The sign-in form, reached as a phone reaches it, in the language wanted."""
    branch.library.add_member("4321", card="12345")
    phone.goto(branch.anywhere)
    if language == "en":
        phone.get_by_role("link", name="English").click()
    return phone


def sign_in(page: Page, words: dict[str, str], number: str, pin: str) -> None:
    page.locator("#number").fill(number)
    page.locator("#pin").fill(pin)
    page.get_by_role("button", name=words["connect"]).click()


def heading(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


@pytest.mark.parametrize("branch", ["http", "https"], indirect=True)
def test_from_the_redirect_to_online_status_and_signed_out(
    form: Page, branch: Branch, words: dict[str, str], language: str
) -> None:
    heading(form, words["connect"])
    expect(form.locator("html")).to_have_attribute("lang", language)

    sign_in(form, words, "۱۲۳۴۵", "۴۳۲۱")
    heading(form, words["online"])
    branch.library.world.clock.tick(600)
    form.get_by_role("link", name=words["update"]).click()
    expect(
        form.get_by_text("50 minutes" if language == "en" else "۵۰ دقیقه")
    ).to_be_visible()

    form.get_by_role("button", name=words["end"]).click()
    heading(form, words["out"])

    assert branch.uam.asked[-1] == "/logoff"
    assert branch.library.world.requests()[0][:2] == ("disconnect", "patron")
    form.get_by_role("link", name=words["again"]).click()
    heading(form, words["connect"])
    assert form.context.cookies() == []


def test_a_wrong_pin_keeps_the_number_and_the_focus_finds_the_problem(
    form: Page, words: dict[str, str]
) -> None:
    sign_in(form, words, "12345", "1")

    expect(form.get_by_role("alert")).to_contain_text(words["wrong"])
    expect(form.locator("#number")).to_have_value("12345")
    expect(form.locator("#pin")).to_have_value("")
    expect(form.locator("#number")).to_have_attribute(
        "aria-describedby", "problem number-hint"
    )
    sign_in(form, words, "12345", "4321")
    heading(form, words["online"])


def test_back_and_reload_never_end_in_an_error(
    form: Page, words: dict[str, str]
) -> None:
    sign_in(form, words, "12345", "4321")
    heading(form, words["online"])

    form.reload()
    heading(form, words["online"])
    form.go_back()
    # The form may come from the browser's own memory; sending it again leads on.
    if form.get_by_role("button", name=words["connect"]).count():
        sign_in(form, words, "12345", "4321")
    heading(form, words["online"])


def test_back_over_mistakes_never_asks_to_send_a_form_again(
    form: Page, words: dict[str, str]
) -> None:
    sign_in(form, words, "12345", "1")
    sign_in(form, words, "12345", "2")
    sign_in(form, words, "12345", "4321")
    heading(form, words["online"])

    for _ in range(3):
        answer = form.go_back()
        assert answer is not None
        assert answer.ok
        heading(form, words["online"])


def test_a_double_tap_signs_in_once(
    form: Page, branch: Branch, words: dict[str, str]
) -> None:
    form.locator("#number").fill("12345")
    form.locator("#pin").fill("4321")

    form.get_by_role("button", name=words["connect"]).dblclick(no_wait_after=True)

    heading(form, words["online"])
    assert len(branch.library.world.sessions()) == 1


def test_a_phone_that_is_signed_in_already_comes_to_its_status(
    form: Page, branch: Branch, words: dict[str, str]
) -> None:
    sign_in(form, words, "12345", "4321")
    heading(form, words["online"])
    status = form.url

    form.goto(f"{branch.chilli.origin}/prelogin")

    heading(form, words["online"])
    assert form.url == status


def test_a_refusal_of_the_access_server_brings_a_form_that_works(
    form: Page, branch: Branch, words: dict[str, str]
) -> None:
    branch.chilli.new_challenge()
    failed = branch.chilli.redirect(
        Result.FAILED, failure="reject", challenge=branch.chilli.challenge
    )

    form.goto(failed)
    expect(form.get_by_role("alert")).to_be_visible()
    sign_in(form, words, "12345", "4321")

    heading(form, words["online"])


def test_a_ten_minute_old_page_leads_back_to_a_fresh_one(
    form: Page, branch: Branch, words: dict[str, str]
) -> None:
    branch.library.world.clock.tick(601)
    sign_in(form, words, "12345", "4321")
    expect(form.locator("h1")).not_to_have_text(words["connect"])
    assert form.title().startswith(("Problem:", "مشکل:"))

    branch.chilli.new_challenge()
    form.get_by_role("link", name=words["begin"]).click()
    heading(form, words["connect"])
    sign_in(form, words, "12345", "4321")

    heading(form, words["online"])
