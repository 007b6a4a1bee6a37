"""Back, Reload, double tap: the same way again, never a page of errors."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from portal.gateway.redirect import Result
from tests.integration.captive.conftest import Phone
from tests.stack import world as worlds
from tests.stack.library import Library
from tests.stack.world import World

ONLINE = "شما به اینترنت وصل هستید"


@pytest.fixture
def world(migrated_url: str) -> Iterator[World]:
    with worlds.world(migrated_url) as one:
        yield one


def post(library: Library, hidden: dict[str, str], number: str, pin: str) -> str:
    answer = library.app.test_client().post(
        "/login", data=hidden | {"number": number, "pin": pin}
    )
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


def test_a_double_tap_leads_to_the_same_place(phone: Phone, library: Library) -> None:
    library.add_member("4321", card="12345")
    form = phone.arrive()

    first = post(library, form.hidden, "12345", "4321")
    second = post(library, form.hidden, "12345", "4321")
    page = phone.open(second)

    assert first == second
    assert page.title.startswith(ONLINE)


def test_two_taps_at_the_same_moment_lead_to_the_same_place(
    phone: Phone, library: Library
) -> None:
    library.add_member("4321", card="12345")
    form = phone.arrive()

    with ThreadPoolExecutor(4) as pool:
        places = list(
            pool.map(lambda _: post(library, form.hidden, "12345", "4321"), range(4))
        )

    assert len(set(places)) == 1


def test_a_tap_after_the_session_opened_leads_to_its_status(
    phone: Phone, library: Library
) -> None:
    library.add_member("4321", card="12345")
    form = phone.arrive()
    first = phone.submit(form, number="12345", pin="4321")

    second = phone.submit(form, number="12345", pin="4321")

    assert second.title.startswith(ONLINE)
    assert "res=already" in second.path[-2]
    assert first.path[-1] == second.path[-1]
    assert len(library.world.sessions()) == 1


def test_back_to_the_redirect_shows_the_session(phone: Phone, library: Library) -> None:
    library.add_member("4321", card="12345")
    redirect = phone.chilli.not_yet()
    form = phone.open(redirect)
    phone.submit(form, number="12345", pin="4321")

    page = phone.open(redirect)

    assert page.title.startswith(ONLINE)


@pytest.mark.parametrize("reported", [True, False])
def test_a_challenge_handed_out_for_another_session_signs_in(
    phone: Phone, library: Library, reported: bool
) -> None:
    """CoovaChilli keeps it for minutes; a cut session does not use it up."""
    library.add_member("4321", card="12345")
    phone.sign_in("12345", "4321")
    if reported:
        phone.chilli.stop()
    phone.chilli.ref = None
    phone.chilli.number += 1

    page = phone.sign_in("12345", "4321")

    assert page.title.startswith(ONLINE)
    assert len(library.world.sessions()) == 2


def test_reload_of_the_return_shows_the_session(phone: Phone, library: Library) -> None:
    library.add_member("4321", card="12345")
    first = phone.sign_in("12345", "4321")
    success = first.path[-2].removeprefix("GET ")

    page = phone.open(success)

    assert "res=success" in success
    assert page.title.startswith(ONLINE)


def test_an_old_return_shows_no_figures_after_the_session(
    phone: Phone, library: Library
) -> None:
    library.add_member("4321", card="12345")
    first = phone.sign_in("12345", "4321")
    success = first.path[-2].removeprefix("GET ")
    phone.chilli.stop()

    page = phone.open(success)

    assert "هنوز آماری از این اتصال نرسیده است" in page.html
    assert "دقیقه" not in page.html


def test_a_return_for_another_device_shows_no_session(
    phone: Phone, library: Library
) -> None:
    library.add_member("4321", card="12345")
    phone.sign_in("12345", "4321")

    page = phone.open(phone.chilli.redirect(Result.ALREADY, device="02-4C-52-00-00-09"))

    assert "هنوز آماری" in page.html


def test_a_return_with_another_ticket_shows_no_session(
    phone: Phone, library: Library
) -> None:
    library.add_member("4321", card="12345")
    phone.sign_in("12345", "4321")

    page = phone.open(phone.chilli.redirect(Result.SUCCESS, user_name="g1-other"))

    assert "هنوز آماری" in page.html


def test_prelogin_and_status_of_the_access_server_lead_to_the_session(
    phone: Phone, library: Library
) -> None:
    library.add_member("4321", card="12345")
    first = phone.sign_in("12345", "4321")

    for way in ("prelogin", "status"):
        page = phone.open(f"{phone.chilli.origin}/{way}")
        assert page.path[-1] == first.path[-1]


def test_a_tap_on_which_card_twice_leads_to_the_same_place(
    phone: Phone, library: Library
) -> None:
    for card in ("0001112222", "0003334444"):
        library.add_member("1111", card=card, phone="09121234567")
    asked = phone.sign_in("09121234567", "1111")

    first = phone.submit(asked, card="0")
    second = phone.submit(asked, card="0")
    other = phone.submit(asked, card="1")

    assert first.title.startswith(ONLINE)
    assert second.path[-1] == first.path[-1]
    assert other.status == 400
