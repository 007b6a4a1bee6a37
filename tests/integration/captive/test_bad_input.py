"""Nothing a browser brings is trusted; every refusal says how to get back."""

from datetime import timedelta

import pytest

from portal.gateway.redirect import Result
from portal.service.admission import TICKET_LIFE
from portal.service.secrets import SecretKind, seal_secret
from portal.web.captive.state import open_state
from tests.integration.captive.conftest import Phone
from tests.stack.library import LAPTOP, UAM_SECRET, Library

WAY_BACK = "شروع دوباره"


def test_a_forged_signature_is_refused_without_a_link_to_the_stranger(
    phone: Phone,
) -> None:
    forged = phone.chilli.not_yet()[:-1] + "x"

    page = phone.open(forged)

    assert page.status == 400
    assert page.title.startswith("مشکل:")
    assert "راه اتصال به اینترنت" in page.html
    assert _links(page.html) == ""


def _links(html: str) -> str:
    """Every address that a tap would lead to, except to ourselves."""
    return " ".join(
        part.partition('"')[0]
        for part in html.split('href="')[1:]
        if part.startswith("http")
    )


def test_a_changed_redirect_is_a_forgery(phone: Phone) -> None:
    changed = phone.chilli.not_yet().replace("02-4C-52-00-00-01", LAPTOP)

    assert phone.open(changed).status == 400


def test_an_address_outside_the_registered_networks_is_refused(phone: Phone) -> None:
    phone.chilli.address = "192.0.2.66"

    page = phone.open(phone.chilli.not_yet())

    assert page.status == 400
    assert "192.0.2.66" not in _links(page.html)


def test_another_port_is_refused(phone: Phone) -> None:
    stranger = phone.chilli.redirect(Result.NOT_YET, challenge=bytes(16), uam_port=8080)

    assert phone.open(stranger).status == 400


def test_an_unknown_access_server_is_refused(phone: Phone) -> None:
    stranger = phone.chilli.redirect(
        Result.NOT_YET, challenge=bytes(16), nas_identifier="branch-9"
    )

    assert phone.open(stranger).status == 400


def test_an_access_server_without_a_secret_is_not_believed(
    phone: Phone, library: Library
) -> None:
    library.change_nas(uam_secret_sealed=None)
    library.world.clock.tick(3)

    assert phone.arrive().status == 400


def test_two_servers_of_one_name_are_told_apart_by_their_secrets(
    phone: Phone, library: Library
) -> None:
    other = seal_secret(library.world.keys, SecretKind.UAM, b"another secret")
    library.change_nas(
        2,
        identifier="branch-1",
        uam_secret_sealed=other,
        uam_server_url="http://127.0.0.1:8080/login",
        uam_networks="127.0.0.0/8",
    )
    library.change_nas(1, uam_networks="127.0.0.0/8")

    assert phone.arrive().status == 200


def test_a_redirect_without_a_challenge_leads_back_for_a_fresh_one(
    phone: Phone,
) -> None:
    page = phone.open(phone.chilli.redirect(Result.NOT_YET))

    assert page.status == 400
    assert page.link(WAY_BACK) == "http://127.1.0.1:3990/prelogin"
    assert "رمز" in phone.open(page.link(WAY_BACK)).html


def test_a_ten_minute_old_page_is_refused_with_the_way_back(
    phone: Phone, library: Library
) -> None:
    library.add_member("4321", card="12345")
    old = phone.arrive()
    library.world.clock.tick(601)

    page = phone.submit(old, number="12345", pin="4321")
    phone.chilli.new_challenge()
    fresh = phone.open(page.link(WAY_BACK))
    online = phone.submit(fresh, number="12345", pin="4321")

    assert page.status == 400
    assert "ده دقیقه" in page.title
    assert library.hasher.computed == 3
    assert online.title.startswith("شما به اینترنت وصل هستید")


def test_a_nine_minute_old_page_is_good(phone: Phone, library: Library) -> None:
    library.add_member("4321", card="12345")
    old = phone.arrive()
    library.world.clock.tick(540)

    assert phone.submit(old, number="12345", pin="4321").status == 200


def test_another_language_does_not_make_a_page_younger(
    phone: Phone, library: Library
) -> None:
    old = phone.arrive()
    library.world.clock.tick(400)
    english = phone.open(old.link("English"))
    library.world.clock.tick(300)

    page = phone.submit(english, number="12345", pin="4321")

    assert page.status == 400
    assert page.title.startswith("Problem: This sign-in page is older")


def test_an_old_redirect_opened_again_is_refused(
    phone: Phone, library: Library
) -> None:
    redirect = phone.chilli.not_yet()
    phone.open(redirect)
    library.world.clock.tick(601)

    page = phone.open(redirect)

    assert page.status == 400
    assert "ده دقیقه" in page.title
    assert page.link(WAY_BACK).endswith("/prelogin")


def test_a_used_challenge_is_refused_with_the_way_back(
    phone: Phone, library: Library
) -> None:
    library.add_member("4321", card="12345")
    library.add_member("1111", card="67890")
    redirect = phone.chilli.not_yet()
    form = phone.open(redirect)
    phone.submit(form, number="12345", pin="4321")
    phone.chilli.stop()

    reopened = phone.open(redirect)
    stranger = phone.submit(form, number="67890", pin="1111")
    again = phone.submit(form, number="12345", pin="4321")

    for page in (reopened, stranger, again):
        assert page.status == 400
        assert "پیش‌تر استفاده شده" in page.title
        assert page.link(WAY_BACK).endswith("/prelogin")


def test_a_challenge_whose_ticket_never_arrived_is_good_again(
    phone: Phone, library: Library
) -> None:
    library.add_member("4321", card="12345")
    form = phone.arrive()
    post = library.app.test_client().post(
        "/login", data=form.hidden | {"number": "12345", "pin": "4321"}
    )
    library.world.clock.tick(TICKET_LIFE.total_seconds() + 1)

    page = phone.submit(form, number="12345", pin="4321")

    assert post.status_code == 303
    assert page.title.startswith("شما به اینترنت وصل هستید")


@pytest.mark.parametrize("state", ["", "x", "AAAA", "=" * 40, "é", "A" * 4000])
def test_a_state_that_is_not_ours_is_refused(phone: Phone, state: str) -> None:
    posted = phone.library.app.test_client().post(
        "/login", data={"state": state, "number": "1", "pin": "2"}
    )
    chosen = phone.library.app.test_client().post(
        "/login/card", data={"state": state, "card": "0"}
    )
    reopened = phone.library.app.test_client().get(
        "/login", query_string={"state": state}
    )

    assert [posted.status_code, chosen.status_code, reopened.status_code] == [400] * 3
    assert "مشکل:" in posted.text


def test_a_sign_in_form_answers_no_card_question(phone: Phone) -> None:
    form = phone.arrive()

    page = phone.library.app.test_client().post(
        "/login/card", data=form.hidden | {"card": "0"}
    )

    assert page.status_code == 400


def test_a_state_is_worth_nothing_once_its_server_is_gone(
    phone: Phone, library: Library
) -> None:
    form = phone.arrive()
    library.change_nas(enabled=False)
    library.world.clock.tick(3)

    page = library.app.test_client().post(
        "/login", data=form.hidden | {"number": "12345", "pin": "4321"}
    )

    assert page.status_code == 400


def test_a_state_says_nothing_to_who_reads_it(phone: Phone, library: Library) -> None:
    sealed = phone.arrive().hidden["state"]

    opened = open_state(library.world.keys, sealed, library.world.clock())

    assert opened is not None
    assert opened.fresh
    assert opened.state.device == phone.chilli.device
    assert opened.state.expires_at - library.world.clock() == timedelta(minutes=10)
    assert "4C-52" not in sealed


def test_a_ticket_is_rejected_from_another_device(
    phone: Phone, library: Library
) -> None:
    library.add_member("4321", card="12345")
    form = phone.arrive()
    post = library.app.test_client().post(
        "/login", data=form.hidden | {"number": "12345", "pin": "4321"}
    )
    thief = Phone(library, library.access_server(LAPTOP, "127.1.0.2"))

    page = thief.open(post.headers["Location"].replace("127.1.0.1", "127.1.0.2"))

    assert "این دستگاه را نپذیرفت" in page.html
    assert "رمز" in page.html
    assert library.world.sessions() == []


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("timeout", "از مرکز پاسخی نگرفت"),
        ("reject", "نپذیرفت"),
        ("mtu", "اتصال برقرار نشد"),
    ],
)
def test_a_refusal_by_the_access_server_brings_the_form_back(
    phone: Phone, library: Library, reason: str, said: str
) -> None:
    library.add_member("4321", card="12345")
    phone.chilli.new_challenge()
    challenge = phone.chilli.challenge

    page = phone.open(
        phone.chilli.redirect(Result.FAILED, failure=reason, challenge=challenge)
    )
    online = phone.submit(page, number="12345", pin="4321")

    assert said in page.html
    assert page.title.startswith("مشکل:")
    assert online.title.startswith("شما به اینترنت وصل هستید")


def test_the_md_secret_never_leaves_the_portal(phone: Phone, library: Library) -> None:
    library.add_member("4321", card="12345")

    page = phone.sign_in("12345", "4321")

    for text in [*page.path, page.html]:
        assert UAM_SECRET.decode() not in text
        assert UAM_SECRET.hex() not in text


def test_whoever_comes_without_a_redirect_learns_how_to_get_online(
    phone: Phone,
) -> None:
    page = phone.open("http://127.0.0.1:8080/login")

    assert page.status == 200
    assert page.path[-1].startswith("GET /")
    assert "به وای‌فای کتابخانه وصل شوید" in page.html


def test_a_request_of_megabytes_is_turned_away(phone: Phone) -> None:
    page = phone.library.app.test_client().post("/login", data={"state": "x" * 10**6})

    assert page.status_code == 413
