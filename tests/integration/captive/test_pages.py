"""What every page keeps to: headers, size, no cookies, no scripts, two languages."""

import re

import pytest
from werkzeug.test import TestResponse

from portal.web.captive.app import ROUTES
from tests.integration.captive.conftest import Phone
from tests.stack.library import Library

BUDGET = 20_000
STATIC_PAGES = ["/", "/help", "/privacy", "/terms", "/resources", "/account"]


def css(library: Library, page: TestResponse) -> int:
    """The octets of the one style sheet."""
    links = re.findall(r'<link rel="stylesheet" href="([^"]+)">', page.text)
    assert len(links) == 1
    with library.app.test_client().get(links[0]) as sheet:
        return len(sheet.data)


def every_page(phone: Phone, library: Library) -> dict[str, TestResponse]:
    """One of each template, the largest forms of them."""
    for card in ("0001112222", "0003334444"):
        library.add_member("1111", card=card, phone="09121234567")
    plan = library.world.add_plan(time=0)
    library.add_member("2222", card="5555", plan=plan)
    phone.chilli.user_url = "http://news.example/" + "a" * 300
    form = phone.arrive()
    asked = phone.submit(form, number="09121234567", pin="1111")
    pages = {
        "form": form,
        "empty": phone.submit(form, number="", pin=""),
        "wrong": phone.submit(form, number="9" * 64, pin="x"),
        "which card": asked,
        "denied": phone.submit(form, number="5555", pin="2222"),
        "status": (status := phone.submit(asked, card="0")),
        "signed out": phone.submit(status),
        "ended": phone.open(status.path[-1].removeprefix("GET ")),
        "forged": phone.open(phone.chilli.not_yet() + "x"),
        "not found": phone.open("/nothing/here"),
        "token": phone.open("/s/x"),
    }
    pages |= {path: phone.open(path) for path in STATIC_PAGES}
    return {name: page.response for name, page in pages.items()}


def test_every_page_keeps_the_rules(phone: Phone, library: Library) -> None:
    for name, page in every_page(phone, library).items():
        headers, html = page.headers, page.text
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy, name
        assert "style-src 'self'" in policy, name
        assert "frame-ancestors 'none'" in policy, name
        assert "unsafe" not in policy, name
        assert headers["Cache-Control"] == "no-store", name
        assert headers["Referrer-Policy"] == "no-referrer", name
        assert headers["X-Content-Type-Options"] == "nosniff", name
        assert "Set-Cookie" not in headers, name
        assert re.search(r'<html lang="(fa|en)" dir="(rtl|ltr)">', html), name
        for banned in (
            "<script",
            "javascript:",
            " style=",
            "<img",
            " onclick",
            "@import",
        ):
            assert banned not in html, name
        assert len(page.data) + css(library, page) <= BUDGET, name
        assert html.count("<h1>") == 1, name


def test_only_a_form_before_a_door_may_lead_to_it(
    phone: Phone, library: Library
) -> None:
    pages = every_page(phone, library)

    def targets(name: str) -> str:
        found = re.search(
            "form-action ([^;]+);", pages[name].headers["Content-Security-Policy"]
        )
        assert found is not None
        return found[1]

    door = "'self' http://127.1.0.1:3990 http://127.0.0.1:8080"
    assert targets("form") == targets("status") == targets("which card") == door
    for name in (*STATIC_PAGES, "forged", "token"):
        assert targets(name) == "'self'"


def test_a_problem_is_named_in_the_title(phone: Phone, library: Library) -> None:
    pages = every_page(phone, library)

    for name, page in pages.items():
        wrong = name in {"empty", "wrong", "denied", "forged", "not found", "token"}
        assert ("<title>مشکل:" in page.text) is wrong, name


@pytest.mark.parametrize("path", STATIC_PAGES)
def test_a_page_speaks_both_languages(phone: Phone, path: str) -> None:
    persian = phone.open(path)
    english = phone.open(persian.link("English"))
    back = phone.open(english.link("فارسی"))

    assert persian.status == english.status == 200
    assert 'lang="en" dir="ltr"' in english.html
    assert back.html == persian.html


def test_the_style_sheet_may_be_cached_for_ever_because_its_name_changes(
    library: Library, phone: Phone
) -> None:
    link = re.search(r'href="(/static/captive.css\?v=[0-9a-f]+)"', phone.arrive().html)
    assert link is not None

    with library.app.test_client().get(link[1]) as sheet:
        assert sheet.status_code == 200
        assert "max-age=31536000" in sheet.headers["Cache-Control"]
        assert "no-store" not in sheet.headers["Cache-Control"]


def test_a_wrong_method_says_which_ones_there_are(library: Library) -> None:
    answer = library.app.test_client().post("/help")

    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
    assert "مشکل:" in answer.text


def test_every_address_says_who_may_call_it_and_there_are_no_others(
    library: Library,
) -> None:
    declared = {(route.path, route.method) for route in ROUTES}
    served = {
        (rule.rule, method)
        for rule in library.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }

    assert served - {("/static/<path:filename>", "GET")} == declared
    assert all(route.caller for route in ROUTES)


@pytest.mark.parametrize(
    ("method", "path", "said"),
    [
        ("GET", "/login/card", "در این نشانی صفحه‌ای نیست"),
        ("PUT", "/login", "در این نشانی صفحه‌ای نیست"),
        ("POST", "/login", "بیش از اندازه طولانی"),
    ],
)
def test_a_mistake_in_asking_is_not_called_a_fault_of_ours(
    library: Library, method: str, path: str, said: str
) -> None:
    answer = library.app.test_client().open(
        path, method=method, data={"state": "x" * 20_000} if method == "POST" else None
    )

    assert answer.status_code in {405, 413}
    assert said in answer.text
    assert "صفحهٔ نخست" in answer.text


@pytest.mark.parametrize("path", ["/nothing/here", "/s/x", "/login?res=notyet"])
def test_a_problem_page_offers_the_other_language_too(phone: Phone, path: str) -> None:
    page = phone.open(path)

    assert 'lang="en"' in phone.open(page.link("English")).html


def test_changing_the_language_again_and_again_makes_no_address_longer(
    phone: Phone,
) -> None:
    english = phone.open(phone.chilli.not_yet() + "x").link("English")
    persian = phone.open(english).link("فارسی")

    assert phone.open(persian).link("English") == english


def test_help_is_offered_on_every_page_but_its_own(phone: Phone) -> None:
    assert phone.open(phone.arrive().link("راهنما")).title.startswith("راهنما")
    assert ">راهنما</a>" not in phone.open("/help").html


def test_that_a_file_is_missing_is_not_kept_by_caches(library: Library) -> None:
    answer = library.app.test_client().get("/static/nothing.css")

    assert answer.status_code == 404
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_fault_of_ours_is_a_page_and_a_line_that_names_nobody(
    library: Library, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(number: str) -> str:
        raise LookupError(number)

    library.app.add_url_rule("/broken/<number>", "broken", broken)

    answer = library.app.test_client().get("/broken/0001234567")

    assert answer.status_code == 500
    assert "در سامانهٔ ما مشکلی پیش آمد" in answer.text
    assert "captive.broken" in caplog.text
    assert "at" not in vars(caplog.records[-1]), "every line has a time of that name"
    assert "0001234567" not in caplog.text
