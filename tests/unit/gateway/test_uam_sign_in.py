import asyncio
from typing import Any

import pytest

from portal.gateway.challenge import mixed_challenge
from portal.gateway.http import Response, parse_request
from portal.gateway.quirks import CHILLI_1_6, CHILLI_1_9, NONE, Quirks
from portal.radius.attributes import AttributeType, Vendor, Wispr
from portal.radius.authenticator import chap_response
from portal.radius.codes import AcctStatusType
from portal.radius.values import attribute, vsa
from tests.unit.gateway.fakes import Branch, number
from tests.unit.gateway.phone import Phone, answer, fields, phone
from tests.vectors.pcap import UAM_SECRET


def test_signing_in_opens_a_session_under_the_announced_id() -> None:
    one = phone()
    announced = fields(one.browse())["sessionid"]

    found = fields(one.sign_in())

    assert (found["res"], found["uid"], found["sessionid"]) == (
        "success",
        "alice",
        announced,
    )
    assert "challenge" not in found
    [start] = one.branch.radius.reports
    assert start.get(AttributeType.ACCT_SESSION_ID) == announced.encode()
    assert one.branch.radius.statuses() == [AcctStatusType.START]


def test_signing_out_ends_it_and_the_next_session_has_another_id() -> None:
    one = phone()
    one.sign_in()
    old = one.branch.device.session_id

    found = fields(one.get("/logout"))

    assert (found["res"], found["sessionid"]) == ("logoff", old)
    assert fields(one.browse())["sessionid"] != old
    stop = one.branch.radius.reports[-1]
    assert number(stop, AttributeType.ACCT_TERMINATE_CAUSE) == 1


def test_two_sessions_within_a_second_have_two_ids() -> None:
    one = phone()

    ids = set()
    for _ in range(3):
        one.sign_in()
        ids.add(one.branch.device.session_id)
        one.get("/logoff")
        one.browse()

    assert len(ids) == 3


@pytest.mark.parametrize(
    ("quirks", "replies"), [(CHILLI_1_9, False), (CHILLI_1_6, True), (NONE, True)]
)
def test_a_refusal_is_answered_unless_the_quirk_eats_it(
    quirks: Quirks, replies: bool
) -> None:
    one = phone(quirks)
    one.branch.radius.reject_message = "no"
    before = one.branch.device.session_id, one.branch.device.challenge

    response = one.sign_in(password=b"wrong")

    assert (response is not None) is replies
    if replies:
        found = fields(response)
        assert (found["res"], found["reason"], found["reply"], found["sessionid"]) == (
            "failed",
            "reject",
            "no",
            before[0],
        )
    assert one.branch.device.session_id != before[0]
    assert one.branch.device.challenge != before[1]
    assert one.branch.radius.reports == []


def test_a_silent_radius_server_is_a_time_out() -> None:
    one = phone(CHILLI_1_6)
    one.branch.radius.silent = True

    found = fields(one.sign_in())

    assert (found["res"], found["reason"]) == ("failed", "timeout")


def test_a_silent_radius_server_is_silence_with_the_quirk() -> None:
    one = phone(CHILLI_1_9)
    one.branch.radius.silent = True

    assert one.sign_in() is None
    assert one.sign_in(target="/json/logon") is None


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"username": "alice"},
        {"response": "00" * 16},
        {"username": "alice", "response": "no hex"},
        {"username": "alice", "response": "00" * 16, "ident": "300"},
        {"username": "alice", "password": "x"},
        {"username": "a" * 300, "password": "00"},
    ],
)
def test_a_sign_in_without_credentials_asks_nobody(query: dict[str, str]) -> None:
    chilli, plain = phone(CHILLI_1_6), phone(NONE)

    assert chilli.get("/logon", **query) is None
    assert chilli.get("/json/logon", **query) is None
    assert fields(plain.get("/logon", **query))["reason"] == "other"
    assert chilli.branch.radius.requests == plain.branch.radius.requests == []


def test_a_redirect_renews_its_challenge_after_ten_minutes() -> None:
    one = phone()
    first = fields(one.browse())["challenge"]

    one.branch.clock.turn(599)
    assert fields(one.browse())["challenge"] == first
    one.branch.clock.turn(1)
    assert fields(one.browse())["challenge"] != first


def test_a_challenge_is_good_for_signing_in_for_twenty_minutes() -> None:
    in_time, too_late = phone(), phone()

    in_time.branch.clock.turn(1199)
    too_late.branch.clock.turn(1200)

    assert fields(in_time.sign_in())["res"] == "success"
    late = fields(too_late.sign_in())
    assert (late["res"], late["reason"]) == ("failed", "timeout")
    assert too_late.branch.radius.requests == []


def test_without_a_challenge_nobody_signs_in() -> None:
    one = Phone(Branch(CHILLI_1_6))

    found = fields(one.sign_in())

    assert (found["res"], found["reason"]) == ("failed", "timeout")
    assert answer(one.sign_in(target="/json/logon", password=b"x"))["clientState"] == 0


def test_without_a_uam_secret_the_challenge_is_used_as_it_is() -> None:
    one = phone(uam_secret=b"")

    found = fields(one.sign_in())

    assert found["res"] == "success"
    assert "md" not in found


def test_a_password_padded_with_nuls_is_passed_on() -> None:
    one = phone()
    mixed = mixed_challenge(one.branch.device.challenge or b"", UAM_SECRET)
    hidden = bytes(
        a ^ b for a, b in zip(b"pw".ljust(32, b"\0"), mixed * 2, strict=True)
    )

    found = fields(one.get("/login", username="alice", password=hidden.hex()))

    assert found["res"] == "success"


def test_another_ident_reaches_radius() -> None:
    one = phone()
    mixed = mixed_challenge(one.branch.device.challenge or b"", UAM_SECRET)
    proof = chap_response(7, b"pw", mixed)[1:].hex()

    found = fields(one.get("/logon", username="alice", response=proof, ident="7"))

    assert found["res"] == "success"
    [request] = one.branch.radius.requests
    assert (request.get(AttributeType.CHAP_PASSWORD) or b"")[0] == 7


def test_an_accept_may_send_the_browser_elsewhere() -> None:
    one = phone()
    one.branch.radius.accepts["alice"] = [
        vsa(Vendor.WISPR, Wispr.REDIRECTION_URL, b"http://192.0.2.1/hello\r\nX: y")
    ]

    response = one.sign_in()

    assert response is not None
    assert dict(response.headers)["Location"] == "http://192.0.2.1/helloX: y"


def test_accounting_follows_the_name_of_the_accept() -> None:
    one = phone()
    one.branch.radius.accepts["alice"] = [attribute(AttributeType.USER_NAME, b"inner")]

    one.sign_in()

    assert one.branch.radius.reports[-1].get(AttributeType.USER_NAME) == b"inner"


def test_two_sign_ins_at_once_open_one_session() -> None:
    one = phone()
    mixed = mixed_challenge(one.branch.device.challenge or b"", UAM_SECRET)
    proof = chap_response(0, b"pw", mixed)[1:].hex()
    line = f"GET /logon?username=alice&response={proof} HTTP/1.1"
    request = parse_request(line, {}, b"")

    async def both() -> list[Response | None]:
        asked = (one.uam.answer(request, one.branch.device) for _ in range(2))
        return await asyncio.gather(*asked)

    results = [fields(response)["res"] for response in asyncio.run(both())]

    assert sorted(results) == ["already", "success"]
    assert one.branch.radius.statuses() == [AcctStatusType.START]


def test_an_answer_to_a_question_from_before_a_power_cut_opens_nothing() -> None:
    one = phone(CHILLI_1_6)
    ask = one.branch.radius.ask

    async def booting(attributes: Any) -> Any:
        one.branch.server.boot()
        return await ask(attributes)

    one.branch.radius.ask = booting  # type: ignore[method-assign]

    assert fields(one.sign_in())["reason"] == "timeout"
    assert one.branch.device.session is None
