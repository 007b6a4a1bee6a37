import hashlib
from urllib.parse import parse_qsl, unquote

import pytest

from portal.gateway.redirect import Failure, Redirect, Result, escape, redirect_url
from tests.unit.gateway.exchanges import Exchange, read
from tests.vectors.pcap import UAM_SECRET

REDIRECTS = [
    exchange
    for version in ("1.6", "1.9")
    for exchange in read(version)
    if exchange.location
]


def parsed(location: str) -> Redirect:
    fields = dict(parse_qsl(location.partition("?")[2], keep_blank_values=True))

    def whole(name: str) -> int:
        return int(fields.get(name, 0))

    return Redirect(
        result=Result(fields["res"]),
        failure=Failure(fields["reason"]) if "reason" in fields else None,
        uam_address=fields["uamip"],
        uam_port=whole("uamport"),
        challenge=bytes.fromhex(fields.get("challenge", "")) or None,
        started=whole("starttime") if "starttime" in fields else None,
        session_time=whole("sessiontime") if "sessiontime" in fields else None,
        session_timeout=whole("sessiontimeout"),
        stop_time=whole("stoptime"),
        called_station=fields["called"],
        user_name=fields.get("uid"),
        time_left=whole("timeleft"),
        device=fields["mac"],
        device_address=fields["ip"],
        reply=fields.get("reply"),
        nas_identifier=fields["nasid"],
        session_id=fields["sessionid"],
        user_url=fields["userurl"],
    )


@pytest.mark.parametrize("exchange", REDIRECTS, ids=lambda exchange: exchange.name)
def test_every_recorded_redirect_is_built_again_octet_for_octet(
    exchange: Exchange,
) -> None:
    base = exchange.location.partition("?")[0]

    url = redirect_url(base, parsed(exchange.location), UAM_SECRET)

    assert url == exchange.location


def plain(**changes: object) -> Redirect:
    fields = {
        "result": Result.NOT_YET,
        "uam_address": "127.2.0.1",
        "uam_port": 3990,
        "called_station": "02-4C-52-02-00-FE",
        "device": "02-4C-52-02-00-01",
        "device_address": "10.91.2.2",
        "nas_identifier": "branch",
        "session_id": "1",
    }
    return Redirect(**(fields | changes))  # type: ignore[arg-type]


def test_without_a_secret_there_is_no_signature() -> None:
    url = redirect_url("http://192.0.2.1/login", plain(), b"")

    assert "&md=" not in url
    assert url.endswith("&userurl=")


def test_a_portal_address_with_a_query_is_continued() -> None:
    url = redirect_url("http://192.0.2.1/login?lang=fa", plain(), b"")

    assert url.startswith("http://192.0.2.1/login?lang=fa&res=notyet&")


def test_the_signature_covers_everything_before_it_and_the_secret() -> None:
    url = redirect_url("http://192.0.2.1/login", plain(), b"secret")

    signed, _, md = url.partition("&md=")
    assert (
        md
        == hashlib.md5(signed.encode() + b"secret", usedforsecurity=False)
        .hexdigest()
        .upper()
    )


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("http://a.example/?b=c&d", "http%3a%2f%2fa.example%2f%3fb%3dc%26d"),
        ("کتاب", "%da%a9%d8%aa%d8%a7%d8%a8"),
        ("a-b_c.d!e~f*g'h(i)", "a-b_c.d!e~f*g'h(i)"),
        ("\r\nSet-Cookie: x", "%0d%0aSet-Cookie%3a%20x"),
        ("\udcff", "%ff"),
    ],
)
def test_escapes_are_in_lower_case_and_come_back(text: str, escaped: str) -> None:
    assert escape(text) == escaped
    assert unquote(escaped, errors="surrogateescape") == text
