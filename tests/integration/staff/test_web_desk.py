"""The desk's pages as a browser without script sees them, on both databases."""

import logging
import re
from datetime import timedelta

import pytest
from werkzeug.test import TestResponse

from portal.model.session import SessionState
from portal.model.usage import Usage
from tests.integration.staff.web import Browser, hidden_of, text_of
from tests.stack.desks import Province, staff_app


@pytest.fixture
def browser(province: Province) -> Browser:
    """Give a browser in which the desk of Khorramabad is signed in, in English."""
    made = Browser(staff_app(province))
    made.get("/staff/sign-in?lang=en")
    made.sign_in("desk")
    return made


def search(browser: Browser, typed: str) -> TestResponse:
    return browser.submit("/staff/", "/staff/find", q=typed)


# ------------------------------------------------------------------------- finding


@pytest.mark.parametrize("typed", ["00012345", "۰۰۰۱۲۳۴۵", "0912 345 6789"])
def test_one_exact_match_opens(
    province: Province, browser: Browser, typed: str
) -> None:
    handle = province.add_patron(phone="09123456789").patron.handle

    answer = search(browser, typed)

    assert (answer.status_code, answer.location) == (303, f"/staff/patrons/{handle}")


def test_several_matches_are_a_list_with_the_cards_last_digits(
    province: Province, browser: Browser
) -> None:
    province.add_patron("زهرا موسوی", "00012345", phone="09123456789")
    province.add_patron("آرش موسوی", "00054321", phone="09123456789")

    page = browser.get(search(browser, "09123456789").location or "")

    assert "زهرا موسوی" in page.text
    assert "آرش موسوی" in page.text
    assert "4321" in page.text
    assert "00054321" not in page.text


def test_the_address_of_a_search_names_nobody_and_only_we_can_make_one(
    province: Province, browser: Browser
) -> None:
    province.add_patron()
    location = search(browser, "موسوی").location or ""

    assert re.fullmatch(r"/staff/find\?s=[\w-]+", location)
    assert "زهرا موسوی" in browser.get(location).text
    assert browser.get("/staff/find?s=abc").status_code == 303
    other = province.keys.seal_state({"q": "", "n": 1}, province.clock())
    assert browser.get(f"/staff/find?s={other}").location == "/staff/"
    assert browser.get(location[:-2]).status_code == 303
    province.clock.pass_by(minutes=59)
    browser.get("/staff/")
    province.clock.pass_by(minutes=59)
    assert "زهرا موسوی" in browser.get(location).text


def test_a_long_list_goes_on(province: Province, browser: Browser) -> None:
    for number in range(30):
        province.add_patron(f"موسوی {number:02d}", f"9{number:04d}")

    first = browser.get(search(browser, "موسوی").location or "")
    further = re.search(r'href="(/staff/find\?s=[^"]+)">Further', first.text)
    assert further
    second = browser.get(further[1])

    assert first.text.count("/grant?") == 25
    assert second.text.count("/grant?") == 5
    assert "From the beginning" in second.text


@pytest.mark.parametrize("typed", ["", "   "])
def test_an_empty_search_stays_at_the_desk(browser: Browser, typed: str) -> None:
    assert search(browser, typed).location == "/staff/"


@pytest.mark.parametrize(
    "typed", ["nobody", "\0", "'; DROP TABLE patron; --", "%", "𝟙" * 200, "\u202e"]
)
def test_what_nobody_bears_is_said_kindly(browser: Browser, typed: str) -> None:
    page = browser.get(search(browser, typed).location or "")

    assert page.status_code == 200
    assert "Nobody was found." in text_of(page)


# ----------------------------------------------------------------------- the patron


def test_a_patrons_page_says_the_state_what_is_left_and_the_sessions(
    province: Province, browser: Browser
) -> None:
    card = province.add_patron(phone="09123456789", pin="4821")
    province.add_session(
        card, ago=timedelta(minutes=30), usage=Usage(1800, 400_000_000, 100_000_000)
    )

    page = browser.get(f"/staff/patrons/{card.patron.handle}")

    words = text_of(page)
    assert "Online since today at 11:00" in words
    assert "Time left today 1 hour 30 minutes" in words
    assert "Data left today 1.5 GB" in words
    assert "Khorramabad" in words
    for secret in ("00012345", "989123456789", "09123456789", "4821"):
        assert secret not in page.text
    assert province.actions()[-1][1] == "patron.opened"


def test_a_guests_page_tells_of_other_branches_only_that_there_is_use(
    province: Province, browser: Browser
) -> None:
    card = province.add_patron(branch="borujerd")
    elsewhere = province.add_session(card, province.borujerd)

    page = browser.get(f"/staff/patrons/{card.patron.handle}")

    assert "Online on 1 device at another library." in text_of(page)
    assert str(elsewhere.ref.id) not in page.text
    assert elsewhere.device not in page.text
    assert "/block" not in page.text


@pytest.mark.parametrize("path", ["block", "unblock"])
def test_a_stranger_is_not_a_desks_to_block(
    province: Province, browser: Browser, path: str
) -> None:
    handle = province.add_patron(branch="borujerd").patron.handle

    shown = browser.get(f"/staff/patrons/{handle}/{path}")
    form = hidden_of(browser.get("/staff/").text, "/staff/find")
    sent = browser.post(
        f"/staff/patrons/{handle}/{path}", form | {"days": "0", "note": "noise"}
    )

    assert (shown.status_code, sent.status_code) == (403, 403)
    assert "another library" in text_of(sent)


# -------------------------------------------------------------------------- granting


def test_half_an_hour_more_takes_a_reason_and_can_be_undone(
    province: Province, browser: Browser
) -> None:
    handle = province.add_patron().patron.handle
    patron, grant = f"/staff/patrons/{handle}", f"/staff/patrons/{handle}/grant"

    form = browser.get(f"{grant}?seconds=1800")
    assert "Give زهرا موسوی more time or data" in text_of(form)
    assert re.search('<option value="1800" selected>', form.text)
    hidden = hidden_of(form.text, grant)
    fields = hidden | {"seconds": "1800", "octets": "0", "reason": "study"}
    answers = [browser.post(grant, fields) for _ in range(2)]
    after = browser.get(answers[0].location or "")
    undo = re.search(r'action="(/staff/grants/\d+/undo)"', after.text)
    assert undo
    undone = browser.submit(patron, undo[1])

    assert [a.location for a in answers] == [f"{patron}?said=granted"] * 2
    assert "Time left today 2 hours 30 minutes" in text_of(after)
    assert "Study or research" in text_of(after)
    assert undone.location == f"{patron}?said=undone"
    assert "Time left today 2 hours" in text_of(browser.get(patron))
    assert len(re.findall("/undo", browser.get(patron).text)) == 0


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"seconds": "1800", "octets": "0"}, "Say why"),
        ({"seconds": "1800", "octets": "0", "reason": "other"}, "Say why"),
        ({"seconds": "0", "octets": "0", "reason": "study"}, "Choose how much"),
        ({"seconds": "x", "octets": "-5", "reason": "study"}, "Choose how much"),
        (
            {"seconds": "10801", "octets": "0", "reason": "study"},
            "What may still be given today: 3 hours and 3 GB.",
        ),
        ({"seconds": "9" * 30, "reason": "study"}, "Choose how much"),
    ],
)
def test_a_grant_that_cannot_be_says_why_and_keeps_what_was_chosen(
    province: Province, browser: Browser, fields: dict[str, str], said: str
) -> None:
    handle = province.add_patron().patron.handle
    grant = f"/staff/patrons/{handle}/grant"

    answer = browser.submit(grant, grant, **fields)

    assert answer.status_code == 409
    assert said in text_of(answer)
    assert "<title>Problem:" in answer.text
    if fields["seconds"] == "1800":
        assert re.search('<option value="1800" selected>', answer.text)


def test_words_of_ones_own_are_kept_with_the_grant_and_cannot_be_markup(
    province: Province, browser: Browser
) -> None:
    handle = province.add_patron().patron.handle
    grant = f"/staff/patrons/{handle}/grant"

    answer = browser.submit(
        grant,
        grant,
        seconds="900",
        octets="0",
        reason="other",
        other="\u202e<script>alert(1)</script>\0\n=1+1",
    )

    page = browser.get(answer.location or "")
    assert "&lt;script&gt;alert(1)&lt;/script&gt; =1+1" in page.text
    assert "<script" not in page.text


# ------------------------------------------------------------------ blocking, ending


def test_a_block_until_a_jalali_day_holds_to_its_end(
    province: Province, browser: Browser
) -> None:
    card = province.add_patron()
    patron = f"/staff/patrons/{card.patron.handle}"
    province.add_session(card)

    answer = browser.submit(
        f"{patron}/block",
        f"{patron}/block",
        days="other",
        until="۱۴۰۵/۹/۶",
        note="noise",
    )
    page = browser.get(answer.location or "")

    assert answer.location == f"{patron}?said=blocked"
    # The 6th of Azar is the 27th of November: until 00:00 of the 28th in Tehran.
    assert "Blocked until 28 Nov 2026 (1405/09/07) at 00:00" in text_of(page)
    assert "noise" in text_of(page)
    assert "Ending" in text_of(page)


def test_a_block_is_lifted_after_a_question(
    province: Province, browser: Browser
) -> None:
    patron = f"/staff/patrons/{province.add_patron().patron.handle}"
    browser.submit(f"{patron}/block", f"{patron}/block", days="6", note="noise")

    question = browser.get(f"{patron}/unblock")
    hidden = hidden_of(question.text, f"{patron}/unblock")
    answer, again = (browser.post(f"{patron}/unblock", hidden) for _ in range(2))
    nothing_to_ask = browser.get(f"{patron}/unblock")

    assert "Lift the block of زهرا موسوی?" in text_of(question)
    assert "Not online, free to sign in" in text_of(browser.get(answer.location or ""))
    assert again.status_code == 409
    assert nothing_to_ask.status_code == 409
    assert "There is no block to lift." in text_of(nothing_to_ask)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"days": "0", "note": " "}, "Say why"),
        ({"days": "other", "until": "", "note": "n"}, "Type a day."),
        ({"days": "other", "until": "soon", "note": "n"}, "Type a day like 1405/08/30"),
        ({"days": "other", "until": "1405/12/30", "note": "n"}, "no such day"),
        ({"days": "other", "until": "1405/08/29", "note": "n"}, "This day is over."),
        (
            {"days": "other", "until": "1406/01/01", "note": "n"},
            "You may block until the end of 21 Dec 2026 (1405/09/30) at most.",
        ),
    ],
)
def test_a_block_that_cannot_be_says_why_and_keeps_what_was_typed(
    province: Province, browser: Browser, fields: dict[str, str], said: str
) -> None:
    block = f"/staff/patrons/{province.add_patron().patron.handle}/block"

    answer = browser.submit(block, block, **fields)

    assert answer.status_code == 409
    assert said in text_of(answer)
    assert f'value="{fields["days"]}" checked' in answer.text


def test_a_session_is_ended_after_a_question_that_names_the_person(
    province: Province, browser: Browser
) -> None:
    session = province.add_session(province.add_patron())
    end = f"/staff/sessions/{session.ref.month}-{session.ref.id}/end"

    home = browser.get("/staff/")
    question = browser.get(end)
    answer = browser.submit(end, end)

    assert f'href="{end}"' in home.text
    assert "End the session of زهرا موسوی?" in text_of(question)
    assert answer.location == "/staff/?said=ending"
    assert province.requests(session.ref) == [("disconnect", "staff", "waiting")]
    assert f'href="{end}"' not in browser.get("/staff/").text


def test_the_question_about_a_session_that_is_over_names_nobody(
    province: Province, browser: Browser
) -> None:
    over = province.add_session(province.add_patron(), state=SessionState.STOPPED)

    page = browser.get(f"/staff/sessions/{over.ref.month}-{over.ref.id}/end")

    assert page.status_code == 409
    assert "موسوی" not in page.text


@pytest.mark.parametrize("path", ["", "/end"])
def test_a_session_of_another_branch_is_not_shown(
    province: Province, browser: Browser, path: str
) -> None:
    session = province.add_session(province.add_patron(), province.borujerd)
    address = f"/staff/sessions/{session.ref.month}-{session.ref.id}"

    shown = browser.get(address + path)
    form = hidden_of(browser.get("/staff/").text, "/staff/find")
    sent = browser.post(f"{address}/end", form)

    assert (shown.status_code, sent.status_code) == (403, 403)
    assert session.device not in shown.text
    assert province.requests(session.ref) == []


def test_a_session_page_tells_the_proof_and_names_nobody(
    province: Province, browser: Browser
) -> None:
    session = province.add_session(province.add_patron())
    province.desk.disconnect(province.desk_here, session.ref)

    page = browser.get(f"/staff/sessions/{session.ref.month}-{session.ref.id}")

    assert "Decided to end it" in text_of(page)
    assert "Ended by staff" in text_of(page)
    assert "موسوی" not in page.text


def test_nothing_that_is_logged_names_anybody(
    province: Province, browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    card = province.add_patron(phone="09123456789")
    session = province.add_session(card)
    patron = f"/staff/patrons/{card.patron.handle}"

    with caplog.at_level(logging.DEBUG):
        search(browser, "موسوی")
        search(browser, "00012345")
        browser.get(patron)
        browser.submit(f"{patron}/block", f"{patron}/block", days="0", note="موسوی")
        browser.post("/staff/find", {"q": "موسوی"})

    everything = str([vars(record) for record in caplog.records])
    for secret in ("موسوی", "00012345", "9123456789", session.device, "10.0.0.7"):
        assert secret not in everything
