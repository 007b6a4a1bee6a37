"""Every packet that real access servers sent: verified, decoded, and built again."""

import re
from dataclasses import dataclass
from functools import cache
from hashlib import md5

import pytest

from portal.radius import dynauth, replies, requests
from portal.radius.attributes import AttributeType, ChilliSpot, Vendor, Wispr
from portal.radius.authenticator import (
    chap_challenge,
    chap_response,
    password,
    verify_accounting_request,
    verify_chap,
    verify_message_authenticator,
    verify_reply,
    verify_response,
)
from portal.radius.codes import AcctStatusType, Code, TerminateCause
from portal.radius.packet import Packet, encode, parse
from portal.radius.secret import SharedSecret
from portal.radius.values import (
    attribute,
    describe,
    integer,
    octets,
    parse_integer,
    text,
    vsa,
)
from tests.vectors.pcap import (
    CAPTURES,
    RADIUS_SECRET,
    UAM_SECRET,
    Address,
    Datagram,
    read,
)

SECRET = SharedSecret(RADIUS_SECRET)
CHILLI = ["coovachilli-1.9", "coovachilli-1.6"]
FILES = [*CHILLI, "hostapd-dot1x"]
COMPUTED = {Code.ACCOUNTING_REQUEST, Code.DISCONNECT_REQUEST, Code.COA_REQUEST}
REQUESTS = COMPUTED | {Code.ACCESS_REQUEST}
MAC_NAME = "02-4C-52-00-00-0"


@dataclass(frozen=True, slots=True)
class Exchange:
    """A reply and the (last send of the) request that it answers."""

    request: Packet
    reply: Packet


@cache
def datagrams(name: str) -> list[Datagram]:
    return read(name)


def packet(name: str, number: int) -> Packet:
    return parse(datagrams(name)[number - 1].payload)


def packets(*names: str) -> list[Packet]:
    return [parse(each.payload) for name in names for each in datagrams(name)]


def exchanges(name: str) -> tuple[list[Exchange], int]:
    """Return the answered exchanges and how many sends stayed unanswered."""
    found = []
    asked: dict[tuple[Address, Address, int], list[Packet]] = {}
    unanswered = 0
    for each in datagrams(name):
        seen = parse(each.payload)
        if seen.code in REQUESTS:
            key = (each.source, each.destination, seen.identifier)
            asked.setdefault(key, []).append(seen)
        else:
            sends = asked.pop((each.destination, each.source, seen.identifier))
            found.append(Exchange(sends[-1], seen))
            unanswered += len(sends) - 1
    assert not asked
    return found, unanswered


def tlvs(seen: Packet) -> list[bytes]:
    return [attribute(kind, value) for kind, value in seen.attributes]


def test_all_162_packets_are_read_and_framed_again_octet_for_octet() -> None:
    seen = packets(*FILES)

    assert len(seen) == 162
    assert sum(each.code == Code.ACCESS_REQUEST for each in seen) == 27
    for each in seen:
        again = encode(each.code, each.identifier, each.authenticator, tlvs(each))
        assert again == each.raw


def test_all_57_request_authenticators_verify_and_are_computed_alike() -> None:
    computed = [each for each in packets(*FILES) if each.code in COMPUTED]

    assert len(computed) == 57
    for each in computed:
        assert verify_accounting_request(each, SECRET)
        built = requests.computed(each.code, each.identifier, each.raw[20:], SECRET)
        assert built == each.raw


def test_all_78_response_authenticators_verify() -> None:
    answered = [each for name in FILES for each in exchanges(name)[0]]

    assert len(answered) == 78
    for each in answered:
        assert verify_response(each.reply, each.request.authenticator, SECRET)
        assert verify_reply(each.reply, each.request.raw, SECRET)


def test_only_the_first_three_sends_of_eves_stop_stay_unanswered() -> None:
    assert [exchanges(name)[1] for name in FILES] == [3, 3, 0]


def test_all_60_message_authenticators_verify() -> None:
    answered = [each for name in FILES for each in exchanges(name)[0]]

    results = [
        verify_message_authenticator(each.request, SECRET) for each in answered
    ] + [
        verify_message_authenticator(each.reply, SECRET, each.request.authenticator)
        for each in answered
    ]

    assert results.count(True) == 60
    assert False not in results


def test_another_secret_verifies_nothing() -> None:
    other = SharedSecret(RADIUS_SECRET + b"x")
    answered = [each for name in FILES for each in exchanges(name)[0]]

    for each in answered:
        assert not verify_response(each.reply, each.request.authenticator, other)
        assert not verify_message_authenticator(each.request, other)
        assert not verify_accounting_request(each.request, other)


@pytest.mark.parametrize("name", CHILLI)
def test_every_password_is_the_one_that_was_typed(name: str) -> None:
    typed = {"alice": b"wonderland", "mallory": b"guess"}
    asked = [each for each in packets(name) if each.code == Code.ACCESS_REQUEST]

    assert len(asked) == (10 if name == "coovachilli-1.9" else 9)
    for each in asked:
        user = text(each, AttributeType.USER_NAME) or ""
        expected = b"macpw" if user.startswith(MAC_NAME) else typed.get(user, b"pw")
        if each.get(AttributeType.USER_PASSWORD) is None:
            assert verify_chap(each, expected)
            assert not verify_chap(each, expected + b"x")
            assert len(chap_challenge(each)) == 16
            assert password(each, SECRET) is None
        else:
            assert password(each, SECRET) == expected
            assert not verify_chap(each, expected)


@pytest.mark.parametrize("version", ["1.9", "1.6"])
def test_the_uam_logon_and_the_access_request_carry_one_chap_response(
    version: str,
) -> None:
    browser = (CAPTURES / f"uam-{version}.txt").read_text()
    challenge = re.search("challenge=([0-9a-f]{32})", browser)
    logon = re.search("username=alice&response=([0-9a-f]{32})", browser)
    request = packet(f"coovachilli-{version}", 3)
    assert challenge
    assert logon

    keyed = md5(
        bytes.fromhex(challenge[1]) + UAM_SECRET, usedforsecurity=False
    ).digest()

    assert chap_challenge(request) == keyed
    assert chap_response(0, b"wonderland", keyed)[1:] == bytes.fromhex(logon[1])
    assert chap_response(0, b"wonderland", keyed) == request.get(
        AttributeType.CHAP_PASSWORD
    )


@pytest.mark.parametrize("name", CHILLI)
def test_pap_requests_are_built_again_octet_for_octet(name: str) -> None:
    asked = [each for each in packets(name) if each.get(AttributeType.USER_PASSWORD)]

    for each in asked:
        clear = password(each, SECRET)
        assert clear is not None
        hidden = requests.user_password(clear, each.authenticator, SECRET)
        assert hidden == attribute(
            AttributeType.USER_PASSWORD, each.get(AttributeType.USER_PASSWORD) or b""
        )


def test_replies_without_message_authenticator_are_built_again() -> None:
    answered = [each for name in FILES for each in exchanges(name)[0]]
    built = 0

    for each in answered:
        if each.reply.code == Code.ACCOUNTING_RESPONSE:
            assert replies.accounting_response(each.request, SECRET) == each.reply.raw
            built += 1
        elif each.request.code in COMPUTED and not each.reply.message_authenticator_at:
            again = dynauth.dynauth_reply(
                each.reply.code, each.request, SECRET, tlvs(each.reply)
            )
            assert again == each.reply.raw
            built += 1

    assert built == 50


def test_alices_accept_says_what_the_server_was_told_to_say() -> None:
    for name in CHILLI:
        accept = packet(name, 4)

        limits = {
            number: [parse_integer(value) for value in accept.vsas(vendor, number)]
            for vendor, number in [
                (Vendor.WISPR, Wispr.BANDWIDTH_MAX_DOWN),
                (Vendor.WISPR, Wispr.BANDWIDTH_MAX_UP),
                (Vendor.CHILLISPOT, ChilliSpot.MAX_INPUT_OCTETS),
                (Vendor.CHILLISPOT, ChilliSpot.MAX_INPUT_GIGAWORDS),
                (Vendor.CHILLISPOT, ChilliSpot.MAX_TOTAL_OCTETS),
                (Vendor.CHILLISPOT, ChilliSpot.MAX_TOTAL_GIGAWORDS),
            ]
        }
        assert accept.get(AttributeType.CLASS) == b"lrclass"
        assert text(accept, AttributeType.REPLY_MESSAGE) == "Welcome Alice"
        assert integer(accept, AttributeType.SESSION_TIMEOUT) == 3600
        assert integer(accept, AttributeType.IDLE_TIMEOUT) == 600
        assert integer(accept, AttributeType.ACCT_INTERIM_INTERVAL) == 60
        assert limits[Wispr.BANDWIDTH_MAX_DOWN] == [50_000_000]
        assert limits[Wispr.BANDWIDTH_MAX_UP] == [20_000_000]
        assert octets(705_032_704, *limits[ChilliSpot.MAX_INPUT_GIGAWORDS]) == 5 * 10**9
        assert octets(1_705_032_704, limits[ChilliSpot.MAX_TOTAL_GIGAWORDS][0]) == (
            6 * 10**9
        )


@pytest.mark.parametrize(
    ("name", "number", "user", "seconds", "cause", "counted_in", "counted_out"),
    [
        ("coovachilli-1.9", 21, "bob", 2, 1, 2_083_892, 211_906),
        ("coovachilli-1.9", 31, "quota", 4, 5, 2_533_810, 13_137),
        ("coovachilli-1.9", 33, "short", 17, 5, 519_795, 70_088),
        ("coovachilli-1.9", 39, "02-4C-52-00-00-03", 61, None, 313_162, 114_679),
        ("coovachilli-1.9", 40, "alice", 62, None, 10_393_293, 1_219_408),
        ("coovachilli-1.9", 50, "alice", 68, 6, 10_920_732, 1_540_789),
        ("coovachilli-1.9", 53, "giga", 62, None, 3_206_971_765, 74_070_782),
        ("coovachilli-1.9", 55, "giga", 95, 5, 4_936_136_198, 113_791_700),
        ("coovachilli-1.9", 56, "02-4C-52-00-00-03", 121, None, 313_162, 114_679),
        ("coovachilli-1.9", 63, "eve", 1, 1, 416_207, 57_804),
        ("coovachilli-1.9", 68, "02-4C-52-00-00-03", 136, 11, 313_162, 114_679),
        ("coovachilli-1.6", 21, "bob", 3, 1, 2_085_564, 254_274),
        ("coovachilli-1.6", 31, "quota", 5, 5, 3_293_786, 10_065),
        ("coovachilli-1.6", 33, "short", 17, 5, 519_951, 72_140),
        ("coovachilli-1.6", 35, "02-4C-52-00-00-03", 61, None, 314_046, 112_631),
        ("coovachilli-1.6", 36, "alice", 62, None, 10_391_681, 1_362_844),
        ("coovachilli-1.6", 46, "alice", 65, 6, 10_920_196, 1_686_269),
        ("coovachilli-1.6", 53, "eve", 1, 1, 416_467, 56_524),
        ("coovachilli-1.6", 58, "02-4C-52-00-00-03", 80, 11, 314_046, 112_631),
    ],
)
def test_a_record_reports_the_sessions_counters(
    name: str,
    number: int,
    user: str,
    seconds: int,
    cause: int | None,
    counted_in: int,
    counted_out: int,
) -> None:
    record = packet(name, number)

    counted = [
        octets(integer(record, low) or 0, integer(record, high))
        for low, high in [
            (AttributeType.ACCT_INPUT_OCTETS, AttributeType.ACCT_INPUT_GIGAWORDS),
            (AttributeType.ACCT_OUTPUT_OCTETS, AttributeType.ACCT_OUTPUT_GIGAWORDS),
        ]
    ]
    status = integer(record, AttributeType.ACCT_STATUS_TYPE)
    view_point = record.vsa(Vendor.CHILLISPOT, ChilliSpot.ACCT_VIEW_POINT)
    assert status == (AcctStatusType.STOP if cause else AcctStatusType.INTERIM_UPDATE)
    assert text(record, AttributeType.USER_NAME) == user
    assert integer(record, AttributeType.ACCT_SESSION_TIME) == seconds
    assert integer(record, AttributeType.ACCT_TERMINATE_CAUSE) == cause
    assert counted == [counted_in, counted_out]
    assert view_point == bytes((0, 0, 0, 2))


@pytest.mark.parametrize(
    ("name", "start", "record"),
    [
        ("coovachilli-1.9", 5, 50),
        ("coovachilli-1.9", 37, 55),
        ("coovachilli-1.6", 9, 58),
        ("hostapd-dot1x", 11, 13),
        ("hostapd-dot1x", 23, 26),
    ],
)
def test_start_and_later_records_carry_one_session_id_and_class(
    name: str, start: int, record: int
) -> None:
    first, later = packet(name, start), packet(name, record)

    assert integer(first, AttributeType.ACCT_STATUS_TYPE) == AcctStatusType.START
    for kind in (AttributeType.ACCT_SESSION_ID, AttributeType.CLASS):
        assert first.get(kind) == later.get(kind) is not None


@pytest.mark.parametrize(
    ("number", "user", "seconds", "cause"),
    [(13, "anon", 5, TerminateCause.USER_REQUEST), (26, "dave", 4, None)],
)
def test_hostapd_stops_without_counters(
    number: int, user: str, seconds: int, cause: int | None
) -> None:
    stop = packet("hostapd-dot1x", number)

    assert text(stop, AttributeType.USER_NAME) == user
    assert integer(stop, AttributeType.ACCT_SESSION_TIME) == seconds
    assert integer(stop, AttributeType.ACCT_TERMINATE_CAUSE) == cause
    assert stop.get(AttributeType.ACCT_INPUT_OCTETS) is None


@pytest.mark.parametrize("name", CHILLI)
def test_accounting_off_of_coovachilli_has_no_session_and_cause_zero(name: str) -> None:
    off = next(
        each
        for each in packets(name)
        if integer(each, AttributeType.ACCT_STATUS_TYPE)
        == AcctStatusType.ACCOUNTING_OFF
    )

    assert off.get(AttributeType.ACCT_SESSION_ID) is None
    assert integer(off, AttributeType.ACCT_TERMINATE_CAUSE) == 0


@pytest.mark.parametrize("name", FILES)
def test_dynamic_authorization_requests_verify_as_a_whole(name: str) -> None:
    sent = [
        each
        for each in packets(name)
        if each.code in (Code.COA_REQUEST, Code.DISCONNECT_REQUEST)
    ]

    assert sent
    for each in sent:
        assert dynauth.verify_dynauth_request(each, SECRET)


def test_the_coa_of_the_capture_carries_vendor_attributes_as_we_write_them() -> None:
    coa = packet("coovachilli-1.9", 47)

    written = vsa(
        Vendor.WISPR, Wispr.BANDWIDTH_MAX_DOWN, (8_000_000).to_bytes(4)
    ) + vsa(Vendor.WISPR, Wispr.BANDWIDTH_MAX_UP, (4_000_000).to_bytes(4))

    assert written in coa.raw


@pytest.mark.parametrize("name", FILES)
def test_a_description_names_every_attribute_and_shows_no_password(name: str) -> None:
    for each in packets(name):
        shown = "\n".join(describe(each))

        assert "Attribute-" not in shown
        assert "Vendor-" not in shown
        for kind in (AttributeType.USER_PASSWORD, AttributeType.CHAP_PASSWORD):
            hidden = each.get(kind)
            assert hidden is None or hidden.hex() not in shown


def test_a_description_reads_like_the_dictionary() -> None:
    shown = describe(packet("coovachilli-1.9", 55))

    assert shown[0] == "Accounting-Request id 16, 222 octets"
    assert "ChilliSpot-Acct-View-Point = 2" in shown
    assert "Event-Timestamp = 2026-11-21T21:00:45+00:00" in shown
    assert "Acct-Terminate-Cause = Session-Timeout (5)" in shown
    assert "Framed-IP-Address = 10.91.0.9" in shown
    assert "Class = 0x67696761636c617373" in shown
