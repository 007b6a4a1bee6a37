"""The status page by token: what is left, in true figures, and the way out."""

import re
from datetime import timedelta

import pytest

from portal.model.session import SessionState
from tests.integration.captive.conftest import Page, Phone
from tests.stack.library import LAPTOP, Library

ENDED = "اتصال شما پایان یافت"


@pytest.fixture
def online(phone: Phone, library: Library) -> Page:
    library.add_member("4321", card="12345")
    page = phone.sign_in("12345", "4321")
    assert page.status == 200
    return page


def address(page: Page) -> str:
    return page.path[-1].removeprefix("GET ")


def token(page: Page) -> str:
    found = re.search(r"/s/([a-z2-7]+)", address(page))
    assert found is not None
    return found[1]


def test_time_runs_between_two_records(
    phone: Phone, library: Library, online: Page
) -> None:
    library.world.clock.tick(600)

    page = phone.open(address(online))

    assert "<strong>" in page.html
    assert "۵۰ دقیقه" in page.html
    assert "وضعیت ساعت ۱۲:۱۰" in page.html
    assert "فردا ساعت ۰۰:۰۰ تازه می‌شود" in page.html


def test_data_is_what_the_records_say(
    phone: Phone, library: Library, online: Page
) -> None:
    library.world.clock.tick(60)
    phone.chilli.use(seconds=60, down=400_000_000, up=32_000_000)

    page = phone.open(online.link("به‌روزرسانی"))

    assert "۵۶۸ مگابایت" in page.html
    assert '<meter aria-label="حجم باقی‌ماندهٔ امروز"' in page.html


def test_unlimited_is_a_word(phone: Phone, library: Library) -> None:
    plan = library.world.add_plan()
    library.add_member("4321", card="12345", plan=plan)

    page = phone.sign_in("12345", "4321")

    assert page.html.count("نامحدود") == 2
    assert "<meter" not in page.html
    assert "تازه می‌شود" not in page.html


def test_a_session_that_ends_before_the_allowance_says_so(
    phone: Phone, library: Library
) -> None:
    plan = library.world.add_plan(time=7200, longest=1800)
    library.add_member("4321", card="12345", plan=plan)

    page = phone.sign_in("12345", "4321")

    assert "این اتصال حداکثر تا امروز ساعت ۱۲:۳۰ برقرار می‌ماند" in page.html


def test_the_other_language_shows_the_same_session(phone: Phone, online: Page) -> None:
    page = phone.open(online.link("English"))

    assert page.title.startswith("You are online")
    assert "1 hour" in page.html
    assert phone.open(page.link("Update")).title.startswith("You are online")


def test_signing_out_ends_it_here_and_at_the_access_server(
    phone: Phone, library: Library, online: Page
) -> None:
    page = phone.submit(online)

    assert [step.partition("?")[0] for step in page.path] == [
        f"POST /s/{token(online)}",
        "GET http://127.1.0.1:3990/logoff",
        "GET http://127.0.0.1:8080/login",
    ]
    assert page.title.startswith(ENDED)
    assert library.world.requests()[0][:2] == ("disconnect", "patron")
    (session,) = library.world.sessions()
    assert session.state is SessionState.STOPPED
    form = phone.open(page.link("اتصال دوباره"))
    assert 'name="pin"' in form.html


def test_signing_out_holds_when_the_browser_never_reaches_the_access_server(
    phone: Phone, library: Library, online: Page
) -> None:
    library.app.test_client().post(address(online))

    page = phone.open(address(online))

    assert library.world.requests() == [("disconnect", "patron", "waiting")]
    assert "در حال پایان" in page.title
    assert "<form" not in page.html


def test_signing_out_twice_asks_once(
    phone: Phone, library: Library, online: Page
) -> None:
    for _ in range(3):
        library.app.test_client().post(address(online))

    assert len(library.world.requests()) == 1


def test_signing_out_without_the_way_to_the_access_server_still_ends_it(
    phone: Phone, library: Library, online: Page
) -> None:
    page = phone.submit(phone.open(f"/s/{token(online)}"))

    # Not "has ended": the access server has not answered yet.
    assert page.title.startswith("اتصال شما در حال پایان است")
    assert page.path[-1] == f"GET /s/{token(online)}?lang=fa"
    assert library.world.requests() == [("disconnect", "patron", "waiting")]


def test_without_the_way_to_the_access_server_the_page_still_names_the_library(
    phone: Phone, online: Page
) -> None:
    page = phone.open(f"/s/{token(online)}")

    assert "کتابخانهٔ مرکزی خرم‌آباد" in page.html


@pytest.mark.parametrize("at", ["192.0.2.66", "x", "127.1.0.1:80", ""])
def test_signing_out_leads_to_no_address_that_is_not_registered(
    library: Library, online: Page, at: str
) -> None:
    page = library.app.test_client().post(
        f"/s/{token(online)}", query_string={"at": at}
    )

    assert page.status_code == 303
    assert page.headers["Location"] == f"/s/{token(online)}?lang=fa"


def test_back_after_signing_out_shows_what_was_used(
    phone: Phone, library: Library, online: Page
) -> None:
    library.world.clock.tick(900)
    phone.chilli.stop(seconds=900, down=2_000_000, up=500_000)

    page = phone.open(address(online))

    assert page.title.startswith(ENDED)
    assert "۱۵ دقیقه" in page.html
    assert "۲٫۵ مگابایت" in page.html
    assert page.link("اتصال دوباره").endswith("/prelogin")


def test_a_session_that_ran_out_says_when_there_is_more(
    phone: Phone, library: Library, online: Page
) -> None:
    library.world.clock.tick(3600)
    phone.chilli.stop(seconds=3600)

    page = phone.open(address(online))

    assert "زمان اینترنت امروز شما تمام شده است" in page.html
    assert "فردا ساعت ۰۰:۰۰" in page.html


def test_a_token_is_good_for_ten_minutes_after_the_end(
    phone: Phone, library: Library, online: Page
) -> None:
    phone.chilli.stop()
    library.world.clock.tick(600)
    still = phone.open(address(online))
    library.world.clock.tick(1)

    page = phone.open(address(online))

    assert still.status == 200
    assert page.status == 404
    assert page.title.startswith("مشکل:")
    assert "راه اتصال به اینترنت" in page.html


def test_a_token_of_an_open_session_lasts_as_long_as_it(
    phone: Phone, library: Library
) -> None:
    plan = library.world.add_plan()
    library.add_member("4321", card="12345", plan=plan)
    online = phone.sign_in("12345", "4321")

    library.world.clock.tick(timedelta(hours=8).total_seconds())

    assert phone.open(address(online)).status == 200


@pytest.mark.parametrize("guess", ["x", "a" * 42, "AAAA", "é", "../../login"])
def test_a_guessed_token_shows_nothing(phone: Phone, online: Page, guess: str) -> None:
    page = phone.library.app.test_client().get(f"/s/{guess}")

    assert page.status_code == 404
    assert "دقیقه" not in page.text


def test_a_changed_token_shows_nothing(phone: Phone, online: Page) -> None:
    whole = token(online)
    for place in range(0, len(whole), 5):
        other = "a" if whole[place] != "a" else "b"
        changed = whole[:place] + other + whole[place + 1 :]
        answer = phone.library.app.test_client().get(f"/s/{changed}")
        assert answer.status_code == 404


def test_a_device_sees_its_own_session_and_the_shared_allowance(
    phone: Phone, library: Library, online: Page
) -> None:
    laptop = Phone(library, library.access_server(LAPTOP, "127.1.0.2"))
    laptop.chilli.number = 2
    laptop.chilli.challenge = bytes(16)
    other = laptop.sign_in("12345", "4321")
    library.world.clock.tick(600)

    mine, others = phone.open(address(online)), laptop.open(address(other))

    assert "۴۰ دقیقه" in mine.html
    assert "۴۰ دقیقه" in others.html
    assert address(online) != address(other)
