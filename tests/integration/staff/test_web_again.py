"""Forms of the desk that come twice, changed, or not as the page made them."""

import pytest

from tests.integration.staff.web import Browser, hidden_of, text_of
from tests.stack.desks import Province, staff_app


@pytest.fixture
def browser(province: Province) -> Browser:
    """Give a browser in which the desk of Khorramabad is signed in, in English."""
    made = Browser(staff_app(province))
    made.get("/staff/sign-in?lang=en")
    made.sign_in("desk")
    return made


@pytest.mark.parametrize("changed", [{"seconds": "3600"}, {"reason": "special_need"}])
def test_a_form_sent_again_with_other_values_is_not_said_to_be_given(
    province: Province, browser: Browser, changed: dict[str, str]
) -> None:
    patron = f"/staff/patrons/{province.add_patron().patron.handle}"
    grant = f"{patron}/grant"
    hidden = hidden_of(browser.get(grant).text, grant)
    fields = hidden | {"seconds": "1800", "octets": "0", "reason": "study"}

    browser.post(grant, fields)
    again = browser.post(grant, fields | changed)
    once_more = browser.post(grant, fields | changed | hidden_of(again.text, grant))

    assert again.status_code == 409
    assert "This form was used before." in text_of(again)
    assert "Left today 2 hours 30 minutes" in text_of(again)
    assert once_more.location == f"{patron}?said=granted"


@pytest.mark.parametrize("days", ["", "soon", "-1"])
def test_a_block_without_an_end_is_none(
    province: Province, browser: Browser, days: str
) -> None:
    patron = f"/staff/patrons/{province.add_patron().patron.handle}"

    answer = browser.submit(f"{patron}/block", f"{patron}/block", days=days, note="n")

    assert answer.status_code == 409
    assert "Type a day." in text_of(answer)
    assert "Not online, free to sign in" in text_of(browser.get(patron))
