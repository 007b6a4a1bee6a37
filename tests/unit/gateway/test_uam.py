import asyncio
from dataclasses import replace

from portal.gateway.http import parse_request
from portal.gateway.quirks import CHILLI_1_6, NONE
from portal.radius.attributes import AttributeType, Vendor, Wispr
from portal.radius.codes import AcctStatusType, TerminateCause
from portal.radius.values import encode_address
from tests.unit.gateway.fakes import Branch, number, seconds
from tests.unit.gateway.phone import Phone, answer, fields, phone


def test_status_and_prelogin_of_a_signed_out_device_lead_to_the_portal() -> None:
    one = phone()

    assert fields(one.get("/status"))["res"] == "notyet"
    assert fields(one.get("/prelogin"))["res"] == "notyet"
    assert fields(one.get("/abort"))["res"] == "logoff"


def test_abort_ends_no_session() -> None:
    one = phone()
    one.sign_in()

    assert fields(one.get("/abort"))["res"] == "already"
    assert one.branch.device.session is not None


def test_the_uam_addresses_of_another_host_are_just_pages() -> None:
    one = phone()
    one.sign_in()

    assert one.get("/logoff", "198.51.100.10") is None
    assert one.branch.device.session is not None


def test_pages_of_the_uam_address_that_do_not_exist_lead_to_the_portal() -> None:
    one = phone()

    found = fields(one.get("/start"))

    assert (found["res"], found["userurl"]) == (
        "notyet",
        "http://10.91.0.1:3990/start",
    )


def test_a_favicon_does_not_become_the_page_that_was_wanted() -> None:
    one = phone()
    one.browse("/book")

    response = one.get("/favicon.ico")

    assert response is not None
    assert response.status == "404 Not Found"
    assert fields(one.get("/prelogin"))["userurl"] == "http://198.51.100.10/book"


def test_a_page_address_beyond_all_measure_is_not_kept() -> None:
    one = phone()

    assert fields(one.browse("/" + "a" * 3000))["userurl"] == ""


def test_json_is_called_by_a_plain_name_and_by_no_other() -> None:
    one = phone()

    called = one.get("/json/status", callback="show")
    refused = one.get("/json/status", callback="alert(1)//")

    assert called is not None
    assert refused is not None
    assert called.body.startswith(b'show({"version"')
    assert refused.body.startswith(b'{"version"')


def test_json_logoff_ends_the_session() -> None:
    one = phone()
    one.sign_in()

    found = answer(one.get("/json/logoff"))

    assert found["clientState"] == 0
    assert len(found["challenge"]) == 32
    assert one.branch.radius.statuses()[-1] == AcctStatusType.STOP


def test_a_second_json_logon_shows_the_open_session() -> None:
    one = phone()
    one.sign_in()

    assert answer(one.sign_in(target="/json/logon"))["clientState"] == 1


def test_nothing_from_outside_ends_the_comment_of_the_page() -> None:
    one = phone(CHILLI_1_6)
    one.branch.radius.reject_message = "--><script>alert(1)</script>"
    one.browse("/--><script>")

    response = one.sign_in(password=b"wrong")

    assert response is not None
    assert response.body.count(b"-->") == 1
    assert b"<script>" not in response.body


def test_octets_that_are_no_text_pass_through_names() -> None:
    one = phone(CHILLI_1_6)

    request = parse_request(
        "GET /logon?username=%ff%00&password=00 HTTP/1.1", {"host": ""}, b""
    )
    response = asyncio.run(one.uam.answer(request, one.branch.device))

    assert fields(response)["res"] == "failed"
    [asked] = one.branch.radius.requests
    assert asked.get(AttributeType.USER_NAME) == b"\xff\x00"


def test_the_limits_are_enforced_at_the_next_check() -> None:
    one = phone()
    one.branch.radius.accepts["alice"] = [seconds(AttributeType.SESSION_TIMEOUT, 60)]
    one.sign_in()

    one.branch.clock.turn(59)
    one.branch.server.check()
    assert one.branch.device.session is not None
    one.branch.clock.turn(2)
    one.branch.server.check()

    stop = one.branch.radius.reports[-1]
    assert number(stop, AttributeType.ACCT_TERMINATE_CAUSE) == (
        TerminateCause.SESSION_TIMEOUT
    )
    assert number(stop, AttributeType.ACCT_SESSION_TIME) == 61
    assert fields(one.browse())["res"] == "notyet"


def test_an_interim_is_sent_once_an_interval() -> None:
    one = phone()
    one.branch.radius.accepts["alice"] = [
        seconds(AttributeType.ACCT_INTERIM_INTERVAL, 60)
    ]
    one.sign_in()

    for _ in range(43):
        one.branch.clock.turn(3)
        one.branch.server.check()

    assert one.branch.radius.statuses() == [
        AcctStatusType.START,
        AcctStatusType.INTERIM_UPDATE,
        AcctStatusType.INTERIM_UPDATE,
    ]


def test_shutting_down_stops_every_session_and_then_says_off() -> None:
    one = phone()
    one.sign_in()

    one.branch.server.shut_down()

    assert one.branch.radius.statuses()[-2:] == [
        AcctStatusType.STOP,
        AcctStatusType.ACCOUNTING_OFF,
    ]
    stop = one.branch.radius.reports[-2]
    assert number(stop, AttributeType.ACCT_TERMINATE_CAUSE) == TerminateCause.NAS_REBOOT


def test_the_access_request_carries_the_way_to_sign_out() -> None:
    one = phone()

    one.sign_in()

    [request] = one.branch.radius.requests
    assert (
        request.vsa(Vendor.WISPR, Wispr.LOGOFF_URL) == b"http://10.91.0.1:3990/logoff"
    )
    assert request.get(AttributeType.FRAMED_IP_ADDRESS) == encode_address("10.91.0.2")


def test_each_quirk_of_the_first_request_stands_alone() -> None:
    only_url = replace(NONE, empty_first_userurl=True)
    only_status = replace(NONE, first_status_redirects=True)

    assert fields(Phone(Branch(only_url)).browse())["userurl"] == ""
    assert answer(Phone(Branch(only_url)).get("/json/status"))["clientState"] == 0
    assert fields(Phone(Branch(only_status)).browse())["userurl"] != ""
    assert fields(Phone(Branch(only_status)).get("/json/status"))["res"] == "notyet"
