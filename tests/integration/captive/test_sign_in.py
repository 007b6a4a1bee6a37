"""A patron signs in: number and PIN, ticket, access server, status page."""

from datetime import timedelta

import pytest

from portal.model.session import SessionState
from portal.service.pins import HashCost, PinHasher
from tests.integration.captive.conftest import Phone
from tests.stack.library import LAPTOP, Library

# Ten digits that are a card, a valid national ID and a mobile number at once.
AMBIGUOUS = "9121234566"
ONLINE = "شما به اینترنت وصل هستید"


def test_a_card_and_a_pin_lead_to_the_status_page(
    phone: Phone, library: Library
) -> None:
    library.add_member("4321", card="0001234567")

    page = phone.sign_in("0001234567", "4321")

    assert page.status == 200
    assert page.title.startswith(ONLINE)
    post, logon, back, status = page.path
    assert post == "POST /login"
    assert logon.startswith("GET http://127.1.0.1:3990/logon?username=g")
    assert "&response=" in logon
    assert "res=success" in back
    assert status.startswith("GET /s/")
    (session,) = library.world.sessions()
    assert session.state is SessionState.OPEN
    assert session.language == "fa"
    (attempt,) = library.attempts()
    assert attempt["outcome"] == "signed_in"
    assert attempt["last4"] == "4567"


@pytest.mark.parametrize(
    "typed",
    [
        *("0001234567", "۰۰۰۱۲۳۴۵۶۷", "٠٠٠١٢٣٤٥٦٧", " 0001 234-567 "),
        *("0123456789", "09121234567", "+98 912 123 4567", "۹۱۲۱۲۳۴۵۶۷"),
    ],
)
def test_a_number_is_every_kind_it_can_be_in_any_spelling(
    phone: Phone, library: Library, typed: str
) -> None:
    library.add_member(
        "4321", card="0001234567", national_id="0123456789", phone="09121234567"
    )

    page = phone.sign_in(typed, "۴۳۲۱")

    assert page.title.startswith(ONLINE)


def test_leading_zeros_are_part_of_a_card(phone: Phone, library: Library) -> None:
    library.add_member("4321", card="0001234567")

    page = phone.sign_in("1234567", "4321")

    assert page.status == 403


def test_the_start_may_come_after_the_browser(phone: Phone, library: Library) -> None:
    library.add_member("4321", card="12345")
    phone.chilli.sends_start = False

    page = phone.sign_in("12345", "4321")

    assert page.title.startswith(ONLINE)
    assert library.world.sessions()[0].state is SessionState.PENDING


@pytest.mark.parametrize("accounts", [0, 1, 3])
def test_answer_and_cost_are_the_same_for_none_one_and_three(
    phone: Phone, library: Library, accounts: int
) -> None:
    # A card of one, the national ID of another, the telephone of a third.
    if accounts > 0:
        library.add_member("1111", card=AMBIGUOUS)
    if accounts > 1:
        library.add_member("1111", national_id=AMBIGUOUS)
        library.add_member("1111", phone=AMBIGUOUS)
    before = library.hasher.computed

    page = phone.sign_in(AMBIGUOUS, "9999")

    assert library.hasher.computed - before == 3
    assert page.status == 403
    assert page.title.startswith("مشکل:")
    assert "شماره یا رمز درست نیست" in page.html
    assert f'value="{AMBIGUOUS}"' in page.html
    assert "9999" not in page.html
    assert library.attempts()[0]["outcome"] == "not_known"
    assert library.attempts()[0]["patron_id"] is None


def test_a_number_that_means_three_people_costs_three_checks_and_lets_one_in(
    phone: Phone, library: Library
) -> None:
    library.add_member("1111", card=AMBIGUOUS)
    library.add_member("2222", national_id=AMBIGUOUS)
    third = library.add_member("3333", phone=AMBIGUOUS)

    phone.sign_in(AMBIGUOUS, "3333")

    assert library.hasher.computed == 3
    assert library.world.sessions()[0].patron_id == third


def test_a_number_that_means_two_people_is_decided_by_the_pin(
    phone: Phone, library: Library
) -> None:
    by_card = library.add_member("1111", card="0123456789")
    library.add_member("2222", national_id="0123456789")

    phone.sign_in("0123456789", "1111")

    assert library.world.sessions()[0].patron_id == by_card


def test_a_family_with_one_telephone_and_one_pin_is_asked_which_card(
    phone: Phone, library: Library
) -> None:
    library.add_member("1111", card="0001112222", phone="09121234567")
    child = library.add_member("1111", card="0003334444", phone="09121234567")

    asked = phone.sign_in("09121234567", "1111")
    page = phone.submit(asked, card="1")

    assert asked.status == 200
    assert "کدام کارت" in asked.title
    assert "2222" in asked.html
    assert "4444" in asked.html
    assert "111222" not in asked.html
    assert page.title.startswith(ONLINE)
    assert library.world.sessions()[0].patron_id == child


@pytest.mark.parametrize("card", ["", "2", "-1", "x", "٠"])
def test_an_answer_that_is_no_card_of_the_list_is_asked_again(
    phone: Phone, library: Library, card: str
) -> None:
    for number in ("0001112222", "0003334444"):
        library.add_member("1111", card=number, phone="09121234567")

    page = phone.submit(phone.sign_in("09121234567", "1111"), card=card)

    assert page.status == 422
    assert "یکی از کارت‌ها را انتخاب کنید" in page.html


def test_nobody_is_asked_about_an_empty_form(phone: Phone, library: Library) -> None:
    before = library.hasher.computed

    page = phone.sign_in("", " ")

    assert page.status == 422
    assert page.title.startswith("مشکل:")
    assert page.html.count('aria-invalid="true"') == 2
    assert library.hasher.computed == before
    assert library.attempts() == []


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("", "شمارهٔ کارت، کد ملی یا شمارهٔ موبایل خود را وارد کنید."),
        ("کارت من", "این شماره خوانده نشد."),
        ("1" * 40, "این شماره خوانده نشد."),
    ],
)
def test_what_is_no_number_is_told_from_an_empty_field(
    phone: Phone, number: str, said: str
) -> None:
    page = phone.sign_in(number, "4321")

    assert page.status == 422
    assert said in page.html


def test_an_outdated_pin_hash_is_renewed(phone: Phone, library: Library) -> None:
    patron = library.add_member("4321", card="12345")
    cheaper = PinHasher(library.world.keys, HashCost(memory=32, passes=1, lanes=1))
    library.change_patron(patron, pin_hash=cheaper.hash("4321"))

    page = phone.sign_in("12345", "4321")

    assert page.title.startswith(ONLINE)
    assert "m=64" in library.pin_hash(patron)


def test_english_travels_with_the_ticket_through_the_access_server(
    phone: Phone, library: Library
) -> None:
    library.add_member("4321", card="12345")

    english = phone.open(phone.arrive().link("English"))
    wrong = phone.submit(english, number="12345", pin="1")
    page = phone.submit(wrong, number="12345", pin="4321")
    out = phone.submit(page)
    again = phone.open(phone.chilli.not_yet())

    assert 'lang="en" dir="ltr"' in english.html
    assert wrong.title.startswith("Problem: Connect to the internet")
    assert page.title.startswith("You are online")
    assert out.title.startswith("You are signed out")
    assert again.title.startswith("Connect to the internet")


def test_persian_comes_first_whatever_the_browser_prefers(phone: Phone) -> None:
    page = phone.arrive()

    assert '<html lang="fa" dir="rtl">' in page.html


@pytest.mark.parametrize(
    ("what", "title", "advice"),
    [
        ("time", "زمان اینترنت امروز شما تمام شده است", "فردا ساعت ۰۰:۰۰ تازه می‌شود"),
        ("data", "حجم اینترنت امروز شما تمام شده است", "فردا ساعت ۰۰:۰۰ تازه می‌شود"),
        ("blocked", "اینترنت این کارت تا فردا ساعت ۱۲:۰۰ بسته است", "کتابدار"),
        ("ended", "عضویت شما در کتابخانه به پایان رسیده است", "تمدید کنید"),
        ("devices", "روی همهٔ دستگاه‌های مجاز خود", "دوباره امتحان کنید"),
    ],
)
def test_a_refusal_says_why_until_when_and_what_to_do(
    phone: Phone, library: Library, what: str, title: str, advice: str
) -> None:
    world, now = library.world, library.world.clock()
    plan = world.add_plan(
        time=0 if what == "time" else None,
        data=0 if what == "data" else None,
        devices=1,
    )
    patron = library.add_member("4321", card="12345", plan=plan)
    if what == "blocked":
        library.change_patron(patron, blocked_until=now + timedelta(days=1))
    if what == "ended":
        library.change_patron(patron, valid_until=now - timedelta(days=1))
    if what == "devices":
        world.open(patron, LAPTOP, "s1")

    page = phone.sign_in("12345", "4321")

    assert page.status == 403
    assert page.title.startswith("مشکل:")
    assert title in page.title
    assert advice in page.html
    english = phone.open(page.link("English"))
    assert english.title.startswith("Problem: ")
    assert "bdi" not in english.title


def test_after_a_refusal_another_card_may_be_used(
    phone: Phone, library: Library
) -> None:
    spent = library.world.add_plan(time=0)
    library.add_member("4321", card="12345", plan=spent)
    library.add_member("1111", card="67890")

    refused = phone.sign_in("12345", "4321")
    form = phone.open(refused.link("ورود با کارت دیگر"))
    page = phone.submit(form, number="67890", pin="1111")

    assert page.title.startswith(ONLINE)


def test_a_grant_lets_in_at_once(phone: Phone, library: Library) -> None:
    spent = library.world.add_plan(time=60)
    patron = library.add_member("4321", card="12345", plan=spent)
    phone.sign_in("12345", "4321")
    library.world.clock.tick(60)
    phone.chilli.use(seconds=60)
    phone.chilli.logoff()
    refused = phone.sign_in("12345", "4321")

    library.world.insert(
        "allowance_grant",
        id=1,
        patron_id=patron,
        day=20261121,
        seconds=1800,
        octets=0,
        reason="exam",
        created_at=library.world.clock(),
    )
    page = phone.sign_in("12345", "4321")

    assert refused.status == 403
    assert page.title.startswith(ONLINE)
    assert "۳۰ دقیقه" in page.html


def test_wrong_pins_are_slowed_down_and_the_page_says_until_when(
    phone: Phone, library: Library
) -> None:
    library.add_member("4321", card="12345")
    form = phone.arrive()
    for _ in range(5):
        assert phone.submit(form, number="12345", pin="1").status == 403
    before = library.hasher.computed

    held = phone.submit(form, number="12345", pin="4321")
    library.world.clock.tick(15)
    page = phone.submit(form, number="12345", pin="4321")

    assert held.status == 429
    assert held.response.headers["Retry-After"] == "15"
    assert "پس از ۱۵ ثانیه (ساعت ۱۲:۰۰:۱۵)" in held.html
    assert 'value="12345"' in held.html
    assert library.hasher.computed == before + 3
    assert page.title.startswith(ONLINE)


def test_when_all_slots_are_taken_the_form_comes_back_with_a_kind_word(
    phone: Phone, library: Library
) -> None:
    library.add_member("4321", card="12345")
    form = phone.arrive()

    with library.slots.hold(0.0), library.slots.hold(0.0):
        busy = phone.submit(form, number="12345", pin="4321")
    page = phone.submit(busy, number="12345", pin="4321")

    assert busy.status == 503
    assert "افراد زیادی در حال ورود" in busy.html
    assert 'value="12345"' in busy.html
    assert page.title.startswith(ONLINE)
    assert [one["outcome"] for one in library.attempts()] == ["signed_in"]


def test_the_page_asked_for_is_shown_as_text_and_never_as_a_link(
    phone: Phone,
) -> None:
    phone.chilli.user_url = "http://news.example/a?b=<script>"

    page = phone.arrive()

    assert '<bdi dir="ltr">http://news.example/a?b=&lt;script&gt;</bdi>' in page.html
    assert 'href="http://news.example' not in page.html


def test_a_devices_own_probe_is_not_shown(phone: Phone) -> None:
    phone.chilli.user_url = "http://probe.example/generate_204"

    assert "generate_204" not in phone.arrive().html
