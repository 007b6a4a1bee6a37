"""The usage log and the head office as a browser sees them, on both databases."""

import csv
import io
import re
from datetime import timedelta

import pytest
from sqlalchemy import update

from portal.model.session import SessionState
from portal.model.usage import Usage
from portal.service.audit import write_head
from portal.storage.tables import audit_entry
from tests.integration.staff.web import Browser, hidden_of, text_of
from tests.stack.desks import NOON, Province, staff_app


def signed_in(province: Province, username: str, lang: str = "en") -> Browser:
    browser = Browser(staff_app(province))
    browser.get(f"/staff/sign-in?lang={lang}")
    browser.sign_in(username)
    return browser


@pytest.fixture
def browser(province: Province) -> Browser:
    return signed_in(province, "desk")


@pytest.fixture
def head_office(province: Province) -> Browser:
    return signed_in(province, "admin")


# ----------------------------------------------------------------------- usage log


def test_the_log_shows_today_first_and_names_nobody(
    province: Province, browser: Browser
) -> None:
    card = province.add_patron()
    province.add_session(card)
    with province.store.write() as uow:
        uow.ledger.book_hours(
            {(province.khorramabad.id, NOON, True): Usage(5400, 3_400_000_000, 1)}
        )

    page = browser.get("/staff/log")

    assert "Time online 1 hour 30 minutes" in text_of(page)
    assert "Downloaded 3.4 GB" in text_of(page)
    assert 'title="3,400,000,000 bytes"' in page.text
    assert "2345" in page.text
    assert "موسوی" not in page.text
    assert card.patron.handle not in page.text


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("1405/08/28", "1405/08/30"),
        ("۱۴۰۵/۸/۲۸", "امروز"),
        ("05-8-28", "today"),
        ("2026-11-19", "2026-11-21"),
    ],
)
def test_days_are_typed_as_people_write_them_and_shown_back_in_jalali(
    province: Province, browser: Browser, first: str, last: str
) -> None:
    province.clock.now = NOON - timedelta(days=2)
    province.add_session(province.add_patron(), state=SessionState.STOPPED)
    province.clock.now = NOON

    page = browser.client.get("/staff/log", query_string={"from": first, "until": last})

    assert 'value="1405/08/28"' in page.text
    assert 'value="1405/08/30"' in page.text
    assert page.text.count("<tr>") == 2


def test_a_persian_page_shows_days_in_persian_digits(province: Province) -> None:
    browser = signed_in(province, "desk", "fa")

    page = browser.get("/staff/log?from=1405-08-28&until=1405-08-30")

    assert 'value="۱۴۰۵/۰۸/۲۸"' in page.text
    assert "گزارش مصرف" in page.text


def test_a_day_that_is_none_is_named_at_its_field_and_kept(browser: Browser) -> None:
    page = browser.get("/staff/log?from=1405-13-01&until=1405-08-30")

    assert page.status_code == 200
    assert "There is no such day." in text_of(page)
    assert 'value="1405-13-01"' in page.text
    assert "<title>Problem:" in page.text


def test_ranges_have_names(browser: Browser) -> None:
    page = browser.get("/staff/log").text

    links = re.findall(r'from=([\d-]+)&amp;until=([\d-]+)"[^>]*>([^<]+)<', page)
    assert {name: (first, last) for first, last, name in links} == {
        "Today": ("1405-08-30", "1405-08-30"),
        "Yesterday": ("1405-08-29", "1405-08-29"),
        # 30 Aban 1405 is a Saturday.
        "This week": ("1405-08-30", "1405-09-06"),
        "This month": ("1405-08-01", "1405-08-30"),
        "Last month": ("1405-07-01", "1405-07-30"),
    }
    assert re.search('aria-current="true">Today', page)


def test_the_log_goes_on_to_older_rows(province: Province, browser: Browser) -> None:
    card = province.add_patron()
    for n in range(1, 36):
        province.add_session(
            card, state=SessionState.STOPPED, ago=timedelta(minutes=n), usage=Usage()
        )

    first = browser.get("/staff/log")
    older = re.search(r'href="(/staff/log\?[^"]*before=[^"]+)">Older', first.text)
    assert older
    second = browser.get(older[1].replace("&amp;", "&"))

    assert first.text.count("<tr>") - 1 == 30
    assert second.text.count("<tr>") - 1 == 5
    assert "The newest" in second.text


def test_a_name_is_shown_on_request_on_a_page_that_is_not_kept(
    province: Province, browser: Browser
) -> None:
    session = province.add_session(province.add_patron())
    address = f"/staff/log/{session.ref.month}-{session.ref.id}/name"

    page = browser.submit("/staff/log", address)

    assert "زهرا موسوی" in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert 'href="/staff/log?branch=' in page.text
    assert browser.get(address).status_code == 405
    assert province.actions()[-1][1] == "name.revealed"


def test_the_file_has_the_days_of_the_page_and_a_plain_name(
    province: Province, browser: Browser
) -> None:
    province.add_session(province.add_patron())

    answer = browser.submit("/staff/log?from=1405-08-29", "/staff/log/export")

    assert answer.mimetype == "text/csv"
    assert (
        answer.headers["Content-Disposition"]
        == "attachment; filename=usage-khorramabad-2026-11-20-2026-11-21.csv"
    )
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert len(rows) == 1
    assert rows[0]["began_jalali"].startswith("1405-08-30 ")
    assert province.actions()[-1][1] == "log.exported"


def test_a_file_of_more_days_than_it_holds_is_refused_with_the_number(
    browser: Browser,
) -> None:
    answer = browser.submit("/staff/log?from=1403-01-01", "/staff/log/export")

    assert answer.status_code == 409
    assert "A file holds at most 400 days." in text_of(answer)


def test_the_log_of_another_branch_is_closed_to_a_desk(
    province: Province, browser: Browser
) -> None:
    session = province.add_session(province.add_patron(), province.borujerd)
    token = hidden_of(browser.get("/staff/").text, "/staff/find")
    there = {"branch": str(province.borujerd.id)}
    ref = f"{session.ref.month}-{session.ref.id}"

    answers = [
        browser.get(f"/staff/log?branch={province.borujerd.id}"),
        browser.get("/staff/log?branch=999"),
        browser.get("/staff/log?branch=x"),
        browser.post("/staff/log/export", token | there),
        browser.post(f"/staff/log/{ref}/name", token),
    ]

    assert [answer.status_code for answer in answers] == [403] * 5
    assert all(session.device not in answer.text for answer in answers)


def test_an_administrator_chooses_the_branch(
    province: Province, head_office: Browser
) -> None:
    province.add_session(province.add_patron(), province.borujerd)

    page = head_office.get(f"/staff/log?branch={province.borujerd.id}")

    assert f'<option value="{province.borujerd.id}" selected>Borujerd' in page.text
    assert page.text.count("<tr>") == 2


# ---------------------------------------------------------------------- head office


def test_the_estate_is_listed(province: Province, head_office: Browser) -> None:
    with province.store.write() as uow:
        uow.estate.heard(
            {
                province.nas[province.khorramabad.id].id: NOON,
                province.nas[province.borujerd.id].id: NOON - timedelta(hours=1),
            }
        )

    branches = text_of(head_office.get("/admin/branches"))
    closed = text_of(head_office.get("/admin/access-servers"))
    province.add_session(province.add_patron(), province.borujerd)
    servers = text_of(head_office.get("/admin/access-servers"))
    plans = text_of(head_office.get("/admin/plans"))
    staff = text_of(head_office.get("/admin/staff"))

    assert "Khorramabad" in branches
    assert "Asia/Tehran" in branches
    assert re.search("khorramabad-1 Khorramabad Heard", servers)
    assert re.search("borujerd-1 Borujerd Nobody online", closed)
    assert re.search("borujerd-1 Borujerd Silent", servers)
    assert "Member member 1 2 hours 2 GB unlimited unlimited 2 10 minutes" in plans
    assert "desk Desk Khorramabad Active" in staff
    assert head_office.get("/admin/").location == "/admin/branches"


def test_what_has_not_been_set_up_says_what_will_fill_it(head_office: Browser) -> None:
    page = head_office.get("/staff/")

    assert "Nobody is online at the moment." in text_of(page)


def test_the_audit_list_shows_acts_in_words_and_that_they_are_verified(
    province: Province, head_office: Browser
) -> None:
    card = province.add_patron()
    until = province.clock() + timedelta(days=1)
    province.desk.block(province.desk_here, card.patron.handle, until, "was loud")

    page = head_office.get("/admin/audit")

    assert "Blocked a patron" in text_of(page)
    assert province.desk_here.name in page.text
    assert f"patron:{card.patron.handle}" in page.text
    assert "Verified: these entries" in text_of(page)
    assert "موسوی" not in page.text
    assert "was loud" not in page.text


def test_an_entry_opens_with_its_note_and_leads_to_the_patron(
    province: Province, head_office: Browser
) -> None:
    card = province.add_patron()
    until = province.clock() + timedelta(days=1)
    province.desk.block(province.desk_here, card.patron.handle, until, "was loud")

    page = head_office.get(f"/admin/audit/{len(province.actions())}")

    assert "was loud" in page.text
    assert f"/staff/patrons/{card.patron.handle}" in page.text


def test_a_check_says_that_the_chain_is_whole_and_how_far_its_end_was_held(
    province: Province, head_office: Browser
) -> None:
    without = head_office.submit("/admin/audit", "/admin/audit")
    write_head(province.store, province.keys, province.head_file)
    with_head = head_office.submit("/admin/audit", "/admin/audit")

    assert "The chain is whole:" in text_of(without)
    assert "No head has been kept outside yet" in text_of(without)
    assert "The end was held against the head" in text_of(with_head)


def test_a_broken_chain_is_told_where_and_how(
    province: Province, head_office: Browser
) -> None:
    with province.store.write() as uow:
        uow.connection.execute(
            update(audit_entry).where(audit_entry.c.seq == 2).values(subject="x")
        )

    listed = head_office.get("/admin/audit")
    checked = head_office.submit("/admin/audit", "/admin/audit")

    for page in (listed, checked):
        assert "The audit chain is broken at entry 2." in text_of(page)
        assert "An entry was changed, inserted or moved." in text_of(page)
        assert "Verified" not in text_of(page)
        assert "<title>Problem:" in page.text


def test_the_audit_list_goes_on_to_older_entries(
    province: Province, head_office: Browser
) -> None:
    for number in range(60):
        province.add_patron(card=str(number))

    first = head_office.get("/admin/audit")
    older = re.search(r'href="(/admin/audit\?before=\d+)">Older', first.text)
    assert older
    second = head_office.get(older[1])

    assert first.text.count("<tr>") - 1 == 50
    assert "The newest" in second.text
    assert head_office.get("/admin/audit?before=abc").status_code == 200
    assert "nothing older" in text_of(head_office.get("/admin/audit?before=0"))


# ------------------------------------------------------------------------ all pages


def test_every_form_that_changes_something_brings_the_token(
    province: Province, head_office: Browser
) -> None:
    card = province.add_patron()
    session = province.add_session(card)
    ref = f"{session.ref.month}-{session.ref.id}"
    patron = f"/staff/patrons/{card.patron.handle}"
    paths = [
        *("/staff/", "/staff/log", "/admin/audit", "/admin/branches"),
        *(patron, f"{patron}/grant", f"{patron}/block", f"{patron}/unblock"),
        *(f"/staff/sessions/{ref}", f"/staff/sessions/{ref}/end"),
    ]

    for path in paths:
        page = head_office.get(path).text
        forms = re.findall(r'<form[^>]*method="post".*?</form>', page, re.DOTALL)
        assert forms, path
        assert all('name="csrf"' in form for form in forms), path


@pytest.mark.parametrize("language", ["fa", "en"])
def test_every_page_says_its_language_and_offers_the_other(
    province: Province, language: str
) -> None:
    browser = signed_in(province, "admin", language)
    patron = f"/staff/patrons/{province.add_patron().patron.handle}"
    direction = {"fa": "rtl", "en": "ltr"}[language]
    other = {"fa": "en", "en": "fa"}[language]

    for path in ("/staff/", "/staff/log", patron, "/admin/plans", "/staff/nowhere"):
        page = browser.get(path).text
        assert f'<html lang="{language}" dir="{direction}">' in page
        assert f'hreflang="{other}"' in page
        assert f"lang={other}" in page
