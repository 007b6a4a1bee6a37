import pytest
from werkzeug.datastructures import Headers

from portal.web.csrf import from_elsewhere


@pytest.mark.parametrize(
    ("headers", "elsewhere"),
    [
        ({}, False),  # a browser that says nothing; the token decides
        ({"Sec-Fetch-Site": "same-origin"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Sec-Fetch-Site": "same-site"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, True),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "https://staff.example"}, True),
        ({"Origin": "https://staff.example"}, False),
        ({"Origin": "http://127.0.0.1:8081"}, False),
        ({"Origin": "https://evil.example"}, True),
        ({"Origin": "https://staff.example.evil.example"}, True),
        ({"Origin": "null"}, True),
        ({"Origin": ""}, True),
        ({"Origin": "http://["}, True),
    ],
)
def test_a_browser_says_whether_another_site_sent_a_form(
    headers: dict[str, str], elsewhere: bool
) -> None:
    said = from_elsewhere(
        Headers(headers), host="127.0.0.1:8081", own_url="https://staff.example"
    )

    assert said is elsewhere
