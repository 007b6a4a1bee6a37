from datetime import UTC, datetime, timedelta

import pytest

from portal.model.session import AccessRequest, AccountingReport
from portal.radius.attributes import AttributeType as A
from portal.radius.attributes import ChilliSpot, Vendor
from portal.radius.authenticator import chap_response, password
from portal.radius.codes import AcctStatusType, TerminateCause
from portal.radius.errors import MalformedPacketError
from portal.radius.packet import parse
from portal.radius.requests import chap_password
from portal.radius.secret import SharedSecret
from portal.radius.values import attribute, vsa
from portal.radiusd.clients import AccessServer
from portal.radiusd.reading import read_access_request, read_accounting_request
from tests.unit.radiusd.province import (
    CLASS,
    NOW,
    PROFILES,
    SECRET,
    SESSION,
    a_nas,
    access_request,
    accounting_request,
    integer,
    read_class,
    text,
    who,
)
from tests.vectors.pcap import RADIUS_SECRET, read

SERVER = AccessServer(a_nas(), PROFILES["coovachilli"], None)
GATEWAY = AccessServer(a_nas(), PROFILES["gateway"], None)
CAPTURE_SECRET = SharedSecret(RADIUS_SECRET)


def asked(datagram: bytes, secret: SharedSecret = SECRET) -> AccessRequest:
    return read_access_request(parse(datagram), secret, SERVER, NOW)


def told(datagram: bytes, server: AccessServer = SERVER) -> AccountingReport:
    return read_accounting_request(parse(datagram), server, read_class, NOW)


def recorded(name: str, number: int) -> bytes:
    return read(name)[number - 1].payload


def epoch(at: datetime) -> int:
    return int(at.timestamp())


def test_an_access_request_with_a_password() -> None:
    request = asked(
        access_request(attribute(A.FRAMED_IP_ADDRESS, bytes((10, 91, 0, 2))))
    )

    assert request == AccessRequest(
        nas_id=11,
        user_name="g1-ticket",
        password=b"ticket password",
        chap=None,
        acct_session_id="session-1",
        device="02-4C-52-00-00-01",
        framed_ip="10.91.0.2",
        received_at=NOW,
    )


def test_a_recorded_chap_sign_in_can_be_checked() -> None:
    request = asked(recorded("coovachilli-1.9", 3), CAPTURE_SECRET)

    assert request.password is None
    assert request.chap is not None
    ident, response, challenge = request.chap
    assert chap_response(ident, b"wonderland", challenge)[1:] == response
    assert request.user_name == "alice"
    assert request.device == "02-4C-52-00-00-01"
    assert request.framed_ip == "10.91.0.2"


def test_a_recorded_pap_sign_in_is_read_without_its_padding() -> None:
    request = asked(recorded("coovachilli-1.6", 17), CAPTURE_SECRET)

    assert (request.user_name, request.password) == ("bob", b"pw")
    packet = parse(recorded("coovachilli-1.6", 17))
    assert password(packet, CAPTURE_SECRET) == b"pw"


@pytest.mark.parametrize(
    "station",
    ["02-4c-52-00-00-01", "02:4C:52:00:00:01", "024c52000001", "024c.5200.0001"],
)
def test_every_spelling_of_a_device_is_the_same_device(station: str) -> None:
    request = asked(access_request(attributes=[text(A.CALLING_STATION_ID, station)]))

    assert request.device == "02-4C-52-00-00-01"


def test_what_an_access_request_leaves_out_is_none() -> None:
    request = asked(access_request(attributes=[]))

    assert (request.user_name, request.device) == ("", None)
    assert (request.acct_session_id, request.framed_ip) == (None, None)


def test_hostile_text_is_readable_and_holds_no_nul() -> None:
    name = attribute(A.USER_NAME, b"a\x00\xff\x1b[2Jb")

    request = asked(access_request(attributes=[name]))

    assert request.user_name == r"a\x00\xff\x1b[2Jb"


def test_two_kinds_of_password_are_one_too_many() -> None:
    with pytest.raises(MalformedPacketError):
        asked(access_request(chap_password(0, b"x", bytes(16))))


@pytest.mark.parametrize(
    "odd",
    [
        attribute(A.CHAP_PASSWORD, bytes(16)),
        attribute(A.CHAP_PASSWORD, bytes(18)),
        attribute(A.USER_PASSWORD, bytes(17)),
        attribute(A.USER_PASSWORD, bytes(144)),
        attribute(A.FRAMED_IP_ADDRESS, bytes(3)),
    ],
    ids=["short CHAP", "long CHAP", "odd password", "long password", "address"],
)
def test_an_access_request_with_a_value_of_impossible_length_is_malformed(
    odd: bytes,
) -> None:
    header = bytes((1, 1)) + (20 + len(odd)).to_bytes(2) + bytes(16)

    with pytest.raises(MalformedPacketError):
        asked(header + odd)


def test_an_interim_update_says_all_that_the_ledger_wants() -> None:
    datagram = accounting_request(
        integer(A.ACCT_SESSION_TIME, 60),
        integer(A.ACCT_INPUT_OCTETS, 500),
        integer(A.ACCT_INPUT_GIGAWORDS, 1),
        integer(A.ACCT_OUTPUT_OCTETS, 7),
        integer(A.EVENT_TIMESTAMP, epoch(NOW)),
        attribute(A.FRAMED_IP_ADDRESS, bytes((10, 91, 0, 2))),
        attribute(A.CLASS, CLASS),
    )

    assert told(datagram) == AccountingReport(
        nas_id=11,
        status_type=3,
        acct_session_id="session-1",
        user_name="g1-ticket",
        device="02-4C-52-00-00-01",
        framed_ip="10.91.0.2",
        session=SESSION,
        false_class=False,
        session_time=60,
        downloaded=(1 << 32) + 500,
        uploaded=7,
        event_at=NOW,
        received_at=NOW,
        terminate_cause=None,
        extra=None,
        packet=datagram,
    )


def test_directions_are_the_profile_s_business() -> None:
    datagram = accounting_request(
        integer(A.ACCT_INPUT_OCTETS, 500), integer(A.ACCT_OUTPUT_OCTETS, 7)
    )

    report = told(datagram, GATEWAY)

    assert (report.downloaded, report.uploaded) == (7, 500)


def test_a_start_has_used_nothing() -> None:
    report = told(accounting_request(status=AcctStatusType.START))

    assert (report.session_time, report.downloaded, report.uploaded) == (0, 0, 0)
    assert report.terminate_cause is None


@pytest.mark.parametrize("name", ["coovachilli-1.9", "coovachilli-1.6"])
def test_a_recorded_accounting_on_speaks_of_no_device(name: str) -> None:
    report = told(recorded(name, 1))

    assert report.status_type == AcctStatusType.ACCOUNTING_ON
    assert (report.device, report.acct_session_id) == ("", "")


def test_a_recorded_stop_after_five_gigabytes() -> None:
    report = told(recorded("coovachilli-1.9", 55))

    assert report.status_type == AcctStatusType.STOP
    assert (report.downloaded, report.uploaded) == (4_936_136_198, 113_791_700)
    assert report.session_time == 95
    assert report.terminate_cause == TerminateCause.SESSION_TIMEOUT
    assert report.false_class


def test_a_foreign_class_is_false_unless_ours_is_beside_it() -> None:
    foreign, ours = attribute(A.CLASS, b"another's"), attribute(A.CLASS, CLASS)

    reports = [
        told(accounting_request(*classes))
        for classes in ([], [foreign], [foreign, ours], [ours, foreign])
    ]

    assert [(r.session, r.false_class) for r in reports] == [
        (None, False),
        (None, True),
        (SESSION, False),
        (SESSION, False),
    ]


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        (NOW - timedelta(hours=24), NOW - timedelta(hours=24)),
        (NOW + timedelta(minutes=5), NOW + timedelta(minutes=5)),
        (NOW - timedelta(hours=24, seconds=1), None),
        (NOW + timedelta(minutes=5, seconds=1), None),
        (datetime(1970, 1, 1, tzinfo=UTC), None),
        (datetime(2106, 2, 7, 6, 28, 15, tzinfo=UTC), None),
    ],
)
def test_a_clock_is_believed_within_a_day_behind_and_five_minutes_ahead(
    stamp: datetime, expected: datetime | None
) -> None:
    report = told(accounting_request(integer(A.EVENT_TIMESTAMP, epoch(stamp))))

    assert report.event_at == expected


@pytest.mark.parametrize(
    ("delay", "expected"),
    [
        (0, NOW),
        (30, NOW - timedelta(seconds=30)),
        (86_400, NOW - timedelta(hours=24)),
        (86_401, None),
        (0xFFFFFFFF, None),
    ],
)
def test_a_delay_dates_the_event_back_within_a_day(
    delay: int, expected: datetime | None
) -> None:
    report = told(accounting_request(integer(A.ACCT_DELAY_TIME, delay)))

    assert report.event_at == expected


def test_a_time_stamp_already_is_the_event_s_time_whatever_the_delay() -> None:
    report = told(
        accounting_request(
            integer(A.EVENT_TIMESTAMP, epoch(NOW)), integer(A.ACCT_DELAY_TIME, 30)
        )
    )

    assert report.event_at == NOW


def test_without_any_time_the_arrival_counts() -> None:
    assert told(accounting_request()).event_at == NOW


def test_attributes_without_a_meaning_here_are_kept_as_they_came() -> None:
    unknown = [
        attribute(200, b"something"),
        vsa(99_999, 1, b"a vendor nobody knows"),
        attribute(A.VENDOR_SPECIFIC, b"\x00"),
        attribute(241, b"extended"),
    ]
    known = vsa(Vendor.CHILLISPOT, ChilliSpot.VERSION, b"1.9")

    report = told(accounting_request(unknown[0], known, *unknown[1:]))

    assert report.extra == b"".join(unknown)


def test_an_unknown_status_is_kept_though_it_names_no_session() -> None:
    datagram = accounting_request(status=77, attributes=[text(A.NAS_IDENTIFIER, "x")])

    assert told(datagram).status_type == 77


@pytest.mark.parametrize("empty", [None, b"\x2c\x02"])
def test_a_record_of_a_session_without_a_session_id_is_malformed(
    empty: bytes | None,
) -> None:
    attributes = [text(A.USER_NAME, "g1-ticket"), *([empty] if empty else [])]

    with pytest.raises(MalformedPacketError):
        told(accounting_request(attributes=attributes))


def test_a_record_of_no_status_is_malformed() -> None:
    body = b"".join(who())
    header = bytes((4, 1)) + (20 + len(body)).to_bytes(2) + bytes(16)

    with pytest.raises(MalformedPacketError):
        told(header + body)


@pytest.mark.parametrize(
    "number",
    [
        A.ACCT_SESSION_TIME,
        A.ACCT_INPUT_OCTETS,
        A.ACCT_OUTPUT_GIGAWORDS,
        A.EVENT_TIMESTAMP,
        A.ACCT_DELAY_TIME,
        A.ACCT_TERMINATE_CAUSE,
    ],
)
@pytest.mark.parametrize("size", [1, 3, 5, 8])
def test_a_number_of_the_wrong_size_is_malformed(number: int, size: int) -> None:
    with pytest.raises(MalformedPacketError):
        told(accounting_request(attribute(number, bytes(size))))
