import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.gateway import redirect as sent
from portal.model.redirect import Result
from portal.nas.uam import Uam

CAPTURES = Path(__file__).parents[2] / "vectors" / "captures"
SECRET = b"lr-uam-secret"
SERVER = "http://192.0.2.1:8080/login"
ORIGIN = "http://10.91.0.1:3990"
LOCATION = re.compile(r"^< Location: (\S+)$", re.MULTILINE)


def recorded(version: str) -> list[str]:
    text = (CAPTURES / f"uam-{version}.txt").read_text()
    return LOCATION.findall(text)


RECORDED = [
    pytest.param(url, id=f"{version}-{number}")
    for version in ("1.6", "1.9")
    for number, url in enumerate(recorded(version), start=1)
]


def query_of(url: str) -> str:
    return url.partition("?")[2]


def test_the_captures_hold_every_result() -> None:
    read = [Uam().read_redirect(query_of(url)) for url in recorded("1.6")]

    assert {one.result for one in read if one} == set(Result)


@pytest.mark.parametrize("url", RECORDED)
def test_every_recorded_redirect_is_read_and_genuine(url: str) -> None:
    query = query_of(url)

    redirect = Uam().read_redirect(query)

    assert redirect is not None
    assert str(redirect.address) == "10.91.0.1"
    assert redirect.port == 3990
    assert redirect.nas_identifier == "branch-1"
    assert redirect.device.dashed.startswith("02-4C-52-00-00-0")
    assert Uam().is_genuine(query, SERVER, SECRET)


@pytest.mark.parametrize("url", RECORDED[:3])
def test_a_changed_octet_is_a_forgery(url: str) -> None:
    query = query_of(url)
    for place in range(0, len(query), 7):
        other = "x" if query[place] != "x" else "y"
        changed = query[:place] + other + query[place + 1 :]
        assert not Uam().is_genuine(changed, SERVER, SECRET), changed


def test_another_secret_or_another_address_of_the_portal_is_a_forgery() -> None:
    query = query_of(recorded("1.9")[0])

    assert not Uam().is_genuine(query, SERVER, b"other")
    assert not Uam().is_genuine(query, SERVER, b"")
    assert not Uam().is_genuine(query, "http://192.0.2.9:8080/login", SECRET)


def test_an_unsigned_redirect_is_none() -> None:
    query = query_of(recorded("1.9")[0]).partition("&md=")[0]

    assert Uam().read_redirect(query) is None
    assert not Uam().is_genuine(query, SERVER, SECRET)


def test_what_follows_the_signature_is_not_read() -> None:
    query = query_of(recorded("1.9")[1])

    redirect = Uam().read_redirect(f"{query}&lang=en&uamip=192.0.2.66")

    assert redirect == Uam().read_redirect(query)
    assert redirect is not None
    assert redirect.language is None
    assert Uam().is_genuine(f"{query}&lang=en", SERVER, SECRET)


def test_a_server_address_with_a_query_of_its_own_is_verified_too() -> None:
    told = sent.Redirect(
        result=sent.Result.NOT_YET,
        uam_address="10.91.0.1",
        uam_port=3990,
        challenge=bytes(16),
        called_station="02-4C-52-00-00-FE",
        device="02-4C-52-00-00-01",
        device_address="10.91.0.2",
        nas_identifier="branch-1",
        session_id="1",
    )
    server = f"{SERVER}?site=1"

    query = query_of(sent.redirect_url(server, told, SECRET))

    assert query.startswith("site=1&res=notyet")
    assert Uam().is_genuine(query, server, SECRET)
    assert Uam().read_redirect(query) is not None


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "res=notyet",
        "res=notyet&md=0",
        "res=other&uamip=10.91.0.1&uamport=3990&mac=02-4C-52-00-00-01&sessionid=1&md=0",
        "res=notyet&uamip=portal&uamport=3990&mac=02-4C-52-00-00-01&sessionid=1&md=0",
        "res=notyet&uamip=10.91.0.1&uamport=0&mac=02-4C-52-00-00-01&sessionid=1&md=0",
        "res=notyet&uamip=10.91.0.1&uamport=٣&mac=02-4C-52-00-00-01&sessionid=1&md=0",
        "res=notyet&uamip=10.91.0.1&uamport=3990&mac=02-4C&sessionid=1&md=0",
        "res=notyet&uamip=10.91.0.1&uamport=3990&mac=02-4C-52-00-00-01&sessionid=&md=0",
        (
            "res=notyet&uamip=10.91.0.1&uamport=3990&mac=02-4C-52-00-00-01&sessionid=1"
            "&challenge=beef&md=0"
        ),
        (
            "res=notyet&res=success&uamip=10.91.0.1&uamport=3990&mac=02-4C-52-00-00-01"
            "&sessionid=1&md=0"
        ),
        (
            "res=notyet&uamip=10.91.0.1&uamport=3990&mac=02-4C-52-00-00-01&sessionid=1"
            f"&userurl={'a' * 5000}&md=0"
        ),
    ],
)
def test_what_is_no_redirect_is_none(broken: str) -> None:
    assert Uam().read_redirect(broken) is None


@pytest.mark.parametrize(
    ("user_url", "shown"),
    [
        ("http%3a%2f%2fnews.example%2fa%3fb%3d1", "http://news.example/a?b=1"),
        ("", None),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("%2f%2fnews.example", None),
        ("http%3a%2f%2f%e2%80%aenews.example", "http://news.example"),
        (f"http%3a%2f%2fnews.example%2f{'a' * 300}", None),
    ],
)
def test_the_page_asked_for_is_text_of_http_or_nothing(
    user_url: str, shown: str | None
) -> None:
    query = (
        "res=notyet&uamip=10.91.0.1&uamport=3990&mac=02-4C-52-00-00-01&sessionid=1"
        f"&userurl={user_url}&md=0"
    )

    redirect = Uam().read_redirect(query)

    assert redirect is not None
    if shown is None and user_url.startswith("http"):
        assert len(redirect.user_url or "") <= 201
    else:
        assert redirect.user_url == shown


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_read_or_refused_without_an_exception(text: str) -> None:
    Uam().read_redirect(f"{text}&md={text}")
    Uam().is_genuine(f"{text}&md={text}", SERVER, SECRET)


def test_the_worked_example_of_a_chap_answer() -> None:
    url = Uam().logon_url(
        ORIGIN,
        user_name="alice",
        password=b"wonderland",
        challenge=bytes.fromhex("6ce141a24874559b6e3d29393b0f3721"),
        secret=SECRET,
    )

    assert url == (
        f"{ORIGIN}/logon?username=alice&response=16985845530ce6aaa1004ceb7453bd9a"
    )


def test_the_worked_example_of_a_pap_answer() -> None:
    url = Uam(pap=True).logon_url(
        ORIGIN,
        user_name="alice",
        password=b"wonderland",
        challenge=bytes.fromhex("decd33192bd5101806480cbd0f557671"),
        secret=SECRET,
    )

    assert url == f"{ORIGIN}/logon?username=alice&password=461ed3f9b3865e975648"


def test_a_user_name_is_escaped() -> None:
    url = Uam().logon_url(
        ORIGIN, user_name="a&b=c d", password=b"x", challenge=bytes(16), secret=b""
    )

    assert "username=a%26b%3Dc%20d&" in url


def test_the_other_addresses_are_those_of_coovachilli() -> None:
    uam = Uam()

    assert uam.logoff_url(ORIGIN) == f"{ORIGIN}/logoff"
    assert uam.status_url(ORIGIN) == f"{ORIGIN}/status"
    assert uam.prelogin_url(ORIGIN) == f"{ORIGIN}/prelogin"
