"""The captive-portal API (RFC 8908) by token."""

import re

import pytest
from werkzeug.test import TestResponse

from tests.integration.captive.conftest import Page, Phone
from tests.stack.library import Library
from tests.stack.world import World


def token(page: Page) -> str:
    found = re.search(r"/s/([a-z2-7]+)", page.path[-1])
    assert found is not None
    return found[1]


def ask(library: Library, token: str) -> TestResponse:
    return library.app.test_client().get(f"/captive-portal/api/{token}")


def test_an_open_session_has_its_true_remaining_values(
    phone: Phone, library: Library
) -> None:
    library.add_member("4321", card="12345")
    page = phone.sign_in("12345", "4321")
    library.world.clock.tick(60)
    phone.chilli.use(seconds=60, down=1_000_000, up=500_000)
    library.world.clock.tick(40)

    answer = ask(library, token(page))

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/captive+json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.get_json(force=True) == {
        "captive": False,
        "can-extend-session": False,
        "seconds-remaining": 3500,
        "bytes-remaining": 998_500_000,
    }


def test_unlimited_is_left_out(phone: Phone, library: Library) -> None:
    library.add_member("4321", card="12345", plan=library.world.add_plan())
    page = phone.sign_in("12345", "4321")

    answer = ask(library, token(page)).get_json(force=True)

    assert answer == {"captive": False, "can-extend-session": False}


def test_an_ended_session_and_a_made_up_token_say_the_same(
    phone: Phone, library: Library
) -> None:
    library.add_member("4321", card="12345")
    page = phone.sign_in("12345", "4321")
    phone.chilli.stop()

    ended, unknown = ask(library, token(page)), ask(library, "a" * 42)

    assert ended.get_json(force=True) == {"captive": True}
    assert unknown.data == ended.data
    assert unknown.status_code == ended.status_code == 200


def test_it_flips_with_the_accept(phone: Phone, library: Library) -> None:
    library.add_member("4321", card="12345")
    phone.chilli.sends_start = False
    page = phone.sign_in("12345", "4321")

    assert ask(library, token(page)).get_json(force=True)["captive"] is False


@pytest.fixture
def behind_https(world: World) -> Library:
    return Library(world, public_url="https://portal.example")


def test_the_portals_address_is_given_when_it_is_https(behind_https: Library) -> None:
    behind_https.add_member("4321", card="12345")
    phone = Phone(behind_https, behind_https.access_server())
    page = phone.sign_in("12345", "4321")

    online = ask(behind_https, token(page)).get_json(force=True)
    unknown = ask(behind_https, "x").get_json(force=True)

    assert online["user-portal-url"] == f"https://portal.example/s/{token(page)}"
    assert unknown["user-portal-url"] == "https://portal.example/"
