"""Our requests beside the captured ones: the same attributes in the same order."""

from datetime import UTC, datetime

import pytest

from portal.gateway.attributes import access_request, server_report, session_report
from portal.gateway.credential import Chap, Pap
from portal.gateway.limits import Limits
from portal.gateway.quirks import CHILLI_1_9, NONE, Quirks
from portal.gateway.session import Grant, Session
from portal.radius.attributes import AttributeType, ChilliSpot, Vendor
from portal.radius.codes import AcctStatusType, Code, TerminateCause
from portal.radius.packet import Packet, encode, parse, split_vsa
from tests.unit.gateway.fakes import NOON, device, nas_options, number
from tests.vectors.pcap import read

CAPTURED = [parse(datagram.payload) for datagram in read("coovachilli-1.9")]
CHAP = Chap(bytes(16), bytes(17))
SECRETS = {
    AttributeType.USER_PASSWORD,
    AttributeType.CHAP_PASSWORD,
    AttributeType.CHAP_CHALLENGE,
    AttributeType.MESSAGE_AUTHENTICATOR,
}


def captured(position: int) -> Packet:
    """Packet number `position` of coovachilli-1.9.pcap, as its README counts."""
    return CAPTURED[position - 1]


def values(packet: Packet) -> list[tuple[int, object]]:
    """Types and values in order; what differs in every exchange only by type."""
    return [
        (kind, "" if kind in SECRETS else split_vsa(value) if kind == 26 else value)
        for kind, value in packet.attributes
    ]


def built(attributes: list[bytes]) -> Packet:
    return parse(encode(Code.ACCOUNTING_REQUEST, 0, bytes(16), attributes))


def at(packet: Packet) -> datetime:
    return datetime.fromtimestamp(number(packet, AttributeType.EVENT_TIMESTAMP), UTC)


def session_of(packet: Packet, *, time: int = 0) -> Session:
    now = datetime.fromtimestamp(
        number(packet, AttributeType.EVENT_TIMESTAMP) - time, UTC
    )
    return Session(
        session_id=(packet.get(AttributeType.ACCT_SESSION_ID) or b"").decode(),
        grant=Grant(
            limits=Limits(),
            user_name=(packet.get(AttributeType.USER_NAME) or b"").decode(),
            classes=tuple(packet.all(AttributeType.CLASS)),
        ),
        started_at=now,
    )


@pytest.mark.parametrize(
    ("position", "user_name", "unit", "credential"),
    [(3, "alice", 1, CHAP), (17, "bob", 2, Pap(b"pw"))],
    ids=["chap", "pap"],
)
def test_an_access_request_is_the_captured_one_before_it_is_signed(
    position: int, user_name: str, unit: int, credential: Chap | Pap
) -> None:
    expected = captured(position)
    asking = device(unit)
    asking.session_id = (expected.get(AttributeType.ACCT_SESSION_ID) or b"").decode()

    request = built(
        access_request(
            nas_options(), asking, user_name, credential, expected.authenticator
        )
    )

    assert values(request) == values(expected)[:-1]
    assert values(expected)[-1][0] == AttributeType.MESSAGE_AUTHENTICATOR


def test_a_start_is_the_captured_one() -> None:
    expected = captured(5)

    report = session_report(
        nas_options(),
        device(1),
        session_of(expected),
        AcctStatusType.START,
        at(expected),
    )

    assert values(built(report)) == values(expected)


def test_a_stop_is_the_captured_one_with_download_as_input() -> None:
    expected = captured(50)
    session = session_of(expected, time=68)
    session.downloaded, session.uploaded = 10_920_732, 1_540_789
    session.packets_down, session.packets_up = 7846, 3657

    report = session_report(
        nas_options(),
        device(1),
        session,
        AcctStatusType.STOP,
        at(expected),
        TerminateCause.ADMIN_RESET,
    )

    assert values(built(report)) == values(expected)


@pytest.mark.parametrize(
    ("position", "status"),
    [(1, AcctStatusType.ACCOUNTING_ON), (69, AcctStatusType.ACCOUNTING_OFF)],
)
def test_on_and_off_are_the_captured_ones(
    position: int, status: AcctStatusType
) -> None:
    expected = captured(position)

    report = server_report(nas_options(), status, at(expected), "0")

    assert values(built(report)) == values(expected)


@pytest.mark.parametrize(
    ("quirks", "input_octets", "output_octets"),
    [(CHILLI_1_9, (641_168_902, 1), (5, 0)), (NONE, (5, 0), (641_168_902, 1))],
    ids=["client's view", "RFC 2866"],
)
def test_octets_beyond_4_gib_travel_in_two_halves_of_the_right_side(
    quirks: Quirks, input_octets: tuple[int, int], output_octets: tuple[int, int]
) -> None:
    session = session_of(captured(5))
    session.count(4_936_136_198, 5, NOON)

    report = built(
        session_report(
            nas_options(quirks), device(), session, AcctStatusType.INTERIM_UPDATE, NOON
        )
    )

    assert (
        number(report, AttributeType.ACCT_INPUT_OCTETS),
        number(report, AttributeType.ACCT_INPUT_GIGAWORDS),
    ) == input_octets
    assert (
        number(report, AttributeType.ACCT_OUTPUT_OCTETS),
        number(report, AttributeType.ACCT_OUTPUT_GIGAWORDS),
    ) == output_octets
    view = report.vsa(Vendor.CHILLISPOT, ChilliSpot.ACCT_VIEW_POINT)
    assert (view is not None) is quirks.swapped_octets


def test_several_classes_are_echoed_in_order() -> None:
    session = session_of(captured(5))
    session.grant = Grant(limits=Limits(), user_name="a", classes=(b"b", b"a", b"b"))

    report = built(
        session_report(nas_options(), device(), session, AcctStatusType.START, NOON)
    )

    assert report.all(AttributeType.CLASS) == [b"b", b"a", b"b"]


def test_without_quirks_on_has_a_session_id_and_nothing_of_chilli() -> None:
    report = built(
        server_report(nas_options(NONE), AcctStatusType.ACCOUNTING_ON, NOON, "77")
    )

    assert report.get(AttributeType.ACCT_SESSION_ID) == b"77"
    assert report.get(AttributeType.VENDOR_SPECIFIC) is None
    assert report.get(AttributeType.CALLING_STATION_ID) is None


def test_a_clock_before_1970_does_not_break_the_report() -> None:
    early = datetime(1969, 1, 1, tzinfo=UTC)

    report = built(
        server_report(nas_options(), AcctStatusType.ACCOUNTING_ON, early, "0")
    )

    assert number(report, AttributeType.EVENT_TIMESTAMP) == 0
