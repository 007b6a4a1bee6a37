"""Signing in to the staff pages: cookies, forms of other sites, who may see what."""

import re

import pytest

from portal.model.staff import Role
from portal.service.ports import StoreBusyError, StoreUnavailableError
from portal.storage.engine import SqlStore
from portal.web import access
from tests.integration.staff.web import Browser, hidden_of, text_of
from tests.stack.desks import Province, staff_app


@pytest.fixture
def browser(province: Province) -> Browser:
    return Browser(staff_app(province))


def cookie(browser: Browser, name: str = "daricheh") -> str | None:
    found = browser.client.get_cookie(name, domain="localhost")
    return found.value if found else None


def test_a_desk_signs_in_and_sees_its_own_branch(browser: Browser) -> None:
    answer = browser.sign_in("desk")
    home = browser.get("/staff/?lang=en")

    assert (answer.status_code, answer.location) == (303, "/staff/")
    assert home.status_code == 200
    assert "Khorramabad" in text_of(home)
    assert "Audit" not in text_of(home)


def test_a_wrong_password_says_so_keeps_the_name_and_signs_nobody_in(
    browser: Browser,
) -> None:
    browser.get("/staff/?lang=en")
    answer = browser.submit(
        "/staff/sign-in", "/staff/sign-in", username="desk", password="wrong"
    )

    assert answer.status_code == 403
    assert "The user name or the password is not right." in text_of(answer)
    assert "<title>Problem:" in answer.text
    assert re.search('<input[^>]*value="desk"', answer.text)
    assert "wrong" not in re.findall('value="([^"]*)"', answer.text)
    assert browser.get("/staff/").status_code == 303


def test_a_guesser_is_asked_to_wait(browser: Browser) -> None:
    browser.get("/staff/?lang=en")
    answers = [
        browser.submit("/staff/sign-in", "/staff/sign-in", username="desk", password=w)
        for w in ("a", "b", "c", "d", "e", "f")
    ]

    assert [a.status_code for a in answers] == [403] * 5 + [429]
    assert "try again in 15 seconds" in text_of(answers[-1])


def test_the_cookie_is_for_this_site_alone_and_no_script_reads_it(
    browser: Browser,
) -> None:
    answer = browser.sign_in("desk")

    line, mark = answer.headers.getlist("Set-Cookie")
    name, _, attributes = line.partition("=")
    assert name == "daricheh"
    assert {"HttpOnly", "Path=/", "SameSite=Lax"} == set(attributes.split("; ")[1:])
    assert mark.startswith("daricheh_known=")
    assert {"HttpOnly", "Path=/", "SameSite=Lax"} < set(mark.split("; "))


def test_a_browser_keeps_a_mark_that_opens_nothing_by_itself(browser: Browser) -> None:
    browser.sign_in("desk")
    mark = cookie(browser, "daricheh_known")
    browser.submit("/staff/", "/staff/sign-out")

    assert mark is not None
    assert cookie(browser, "daricheh_known") == mark
    assert "desk" not in mark
    assert browser.get("/staff/").status_code == 303
    browser.sign_in("desk")
    assert cookie(browser, "daricheh_known") == mark


def test_behind_https_the_cookie_travels_over_https_alone(province: Province) -> None:
    browser = Browser(staff_app(province, "https://localhost"), https=True)

    answer = browser.sign_in("desk")

    for line in answer.headers.getlist("Set-Cookie"):
        assert line.startswith(("__Host-daricheh=", "__Host-daricheh_known="))
        assert "Secure" in line.split("; ")
    assert browser.get("/staff/").status_code == 200


def test_signing_in_gives_the_browser_a_new_value(browser: Browser) -> None:
    browser.get("/staff/sign-in")
    before = cookie(browser)
    browser.sign_in("desk")
    first = cookie(browser)
    browser.post(
        "/staff/sign-out", hidden_of(browser.get("/staff/").text, "/staff/sign-out")
    )
    browser.sign_in("desk")

    values = {before, first, cookie(browser)}
    assert len(values) == 3
    assert None not in values


def test_a_value_from_before_signing_in_is_worth_nothing_afterwards(
    province: Province, browser: Browser
) -> None:
    browser.get("/staff/sign-in")
    planted = cookie(browser)
    assert planted is not None
    browser.sign_in("desk")

    attacker = Browser(staff_app(province))
    attacker.client.set_cookie("daricheh", planted, domain="localhost")

    assert attacker.get("/staff/").status_code == 303


def test_signing_out_ends_the_browser_session_and_takes_the_cookie(
    province: Province, browser: Browser
) -> None:
    browser.sign_in("desk")
    kept = cookie(browser)
    assert kept is not None

    answer = browser.submit("/staff/", "/staff/sign-out")
    thief = Browser(staff_app(province))
    thief.client.set_cookie("daricheh", kept, domain="localhost")

    assert answer.location == "/staff/sign-in?said=signed_out"
    assert cookie(browser) is None
    assert thief.get("/staff/").status_code == 303


@pytest.mark.parametrize(
    ("onward", "leads_to"),
    [
        ("/staff/log?branch=1", "/staff/log?branch=1"),
        ("/admin/audit", "/admin/audit"),
        ("", "/staff/"),
        ("https://evil.example/staff/", "/staff/"),
        ("//evil.example/staff/", "/staff/"),
        ("/\\evil.example/staff/", "/staff/"),
        ("/staff\\..\\//evil", "/staff/"),
        ("javascript:alert(1)", "/staff/"),
        ("/login", "/staff/"),
        ("http:/staff/", "/staff/"),
        ("///staff/", "/staff/"),
        ("//[", "/staff/"),
        ("\0/staff/log", "/staff/"),
        ("/\t/evil.example/staff/", "/staff/"),
        ("/staff/log\r\nX-Set: 1", "/staff/"),
    ],
)
def test_after_signing_in_one_is_led_to_pages_of_ours_only(
    browser: Browser, onward: str, leads_to: str
) -> None:
    form = hidden_of(browser.get("/staff/sign-in").text, "/staff/sign-in")

    answer = browser.post(
        "/staff/sign-in",
        form | {"username": "admin", "password": "correct horse", "next": onward},
    )

    assert answer.location == leads_to


def test_whoever_is_not_signed_in_is_led_to_the_form_and_back(browser: Browser) -> None:
    away = browser.get("/staff/log?branch=1&from=1405-08-01")
    assert away.location is not None

    form = hidden_of(browser.get(away.location).text, "/staff/sign-in")

    assert away.status_code == 303
    assert form["next"].replace("&amp;", "&") == "/staff/log?branch=1&from=1405-08-01"


def test_a_remembering_cookie_of_another_kind_is_not_even_read(
    browser: Browser,
) -> None:
    browser.client.set_cookie("remember_token", "1|deadbeef", domain="localhost")

    assert browser.get("/staff/").status_code == 303


# --------------------------------------------------------------------- other sites


def test_a_form_without_this_browsers_token_is_refused(
    province: Province, browser: Browser
) -> None:
    browser.sign_in("desk")
    other = Browser(staff_app(province))
    other.sign_in("desk")
    theirs = hidden_of(other.get("/staff/").text, "/staff/find")["csrf"]

    answers = [
        browser.post("/staff/find", {"q": "x"}),
        browser.post("/staff/find", {"q": "x", "csrf": ""}),
        browser.post("/staff/find", {"q": "x", "csrf": theirs}),
    ]

    assert [answer.status_code for answer in answers] == [403] * 3


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://localhost"}, 303),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
def test_what_another_site_sends_is_refused_even_with_the_token(
    browser: Browser, headers: dict[str, str], status: int
) -> None:
    browser.sign_in("desk")
    form = hidden_of(browser.get("/staff/").text, "/staff/find")

    answer = browser.post("/staff/find", form | {"q": "موسوی"}, **headers)

    assert answer.status_code == status


@pytest.mark.parametrize("path", ["/staff", "/admin"])
def test_an_address_without_its_last_stroke_is_the_same_page(
    browser: Browser, path: str
) -> None:
    answer = browser.get(path, Host="evil.example")

    assert answer.location == f"/staff/sign-in?next={path}"


def test_signing_in_by_a_form_of_another_site_is_refused(browser: Browser) -> None:
    form = {"username": "desk", "password": "correct horse"}

    assert browser.post("/staff/sign-in", form).status_code == 403


# --------------------------------------------------------------------- who may what


def test_every_page_is_closed_to_strangers_and_the_head_office_to_desks(
    province: Province, browser: Browser
) -> None:
    handle = province.add_patron().patron.handle
    session = province.add_session(province.add_patron("x y", "2"))
    values = {"handle": handle, "ref": session.ref, "grant_id": 1, "seq": 1}
    stranger = Browser(browser.app)
    stranger.get("/staff/sign-in")
    token = hidden_of(stranger.get("/staff/sign-in").text, "/staff/sign-in")
    browser.sign_in("desk")
    desk_token = hidden_of(browser.get("/staff/").text, "/staff/sign-out")

    adapter = browser.app.url_map.bind("localhost")
    for rule in browser.app.url_map.iter_rules():
        callers = access.callers(browser.app.view_functions[rule.endpoint])
        if rule.endpoint == "static" or access.ANYONE in (callers or ()):
            continue
        assert callers is not None
        needed = {name: values[name] for name in rule.arguments}
        method = "POST" if "POST" in (rule.methods or ()) else "GET"
        path = adapter.build(rule.endpoint, needed, method)
        sent = stranger.post(path, token) if method == "POST" else stranger.get(path)
        assert (sent.status_code, path) == (303, path)
        assert (sent.location or "").startswith("/staff/sign-in"), path
        if Role.DESK not in callers:
            refused = (
                browser.post(path, desk_token)
                if method == "POST"
                else browser.get(path)
            )
            assert (refused.status_code, path) == (403, path)


def test_a_view_that_declares_nobody_is_closed_to_everybody(
    province: Province,
) -> None:
    app = staff_app(province)
    app.add_url_rule("/staff/forgotten", "forgotten", lambda: "secret")
    browser = Browser(app)
    browser.sign_in("admin")

    answer = browser.get("/staff/forgotten")

    assert answer.status_code == 404
    assert "secret" not in answer.text


# --------------------------------------------------------------- all pages and trouble


def test_every_page_keeps_to_itself(browser: Browser) -> None:
    browser.sign_in("desk")
    page = browser.get("/staff/")

    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script|style=|https?://", page.text)


def test_a_language_once_chosen_stays(browser: Browser) -> None:
    persian = browser.get("/staff/sign-in")
    english = browser.get("/staff/sign-in?lang=en")
    again = browser.get("/staff/sign-in")
    nonsense = browser.get("/staff/sign-in?lang=xx")

    assert '<html lang="fa" dir="rtl">' in persian.text
    assert '<html lang="en" dir="ltr">' in english.text
    assert '<html lang="en" dir="ltr">' in again.text
    assert '<html lang="en" dir="ltr">' in nonsense.text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/staff/nowhere", 404),
        ("/nowhere", 404),
        ("/staff/patrons/UPPER", 404),
        ("/staff/patrons/nobody", 404),
        ("/staff/sessions/202611-9223372036854775808", 404),
        ("/staff/sessions/202611-1", 404),
        ("/staff/find", 303),
        ("/staff/grants/1/undo", 405),
    ],
)
def test_what_is_not_there_is_a_page_that_says_so(
    browser: Browser, path: str, status: int
) -> None:
    browser.sign_in("desk")
    browser.get("/staff/?lang=en")

    answer = browser.get(path)

    assert answer.status_code == status
    if status >= 400:
        assert "<title>Problem:" in answer.text
        assert 'href="/staff/"' in answer.text


@pytest.mark.parametrize("error", [StoreUnavailableError, StoreBusyError])
def test_a_database_that_is_away_is_a_page_that_says_so(
    browser: Browser,
    province: Province,
    monkeypatch: pytest.MonkeyPatch,
    error: type[Exception],
) -> None:
    browser.sign_in("desk")

    def away(_self: SqlStore) -> None:
        raise error

    monkeypatch.setattr(SqlStore, "read", away)
    answer = browser.get("/staff/?lang=en")
    monkeypatch.undo()

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "10"
    assert "Nothing was changed" in text_of(answer)
    assert browser.get("/staff/").status_code == 200


def test_a_defect_is_logged_without_a_name_and_shown_as_a_page(
    browser: Browser,
    province: Province,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    browser.sign_in("desk")

    def broken(*_args: object) -> None:
        raise RuntimeError("زهرا موسوی 00012345")

    monkeypatch.setattr(province.pages, "online", broken, raising=False)
    answer = browser.get("/staff/")

    assert answer.status_code == 500
    assert "موسوی" not in answer.text
    assert "موسوی" not in caplog.text
    assert "RuntimeError" in str([vars(record) for record in caplog.records])
