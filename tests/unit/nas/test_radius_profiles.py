import pytest

from portal.model.estate import ProfileName
from portal.model.outcome import RequestKind
from portal.nas.coovachilli import CoovaChilli
from portal.nas.gateway import Gateway
from portal.nas.profiles import profiles
from portal.radius.attributes import AttributeType as A
from portal.radius.attributes import ChilliSpot, Vendor, Wispr
from portal.radius.codes import Code
from portal.radius.packet import Packet, encode, parse
from portal.radius.values import integer, octets, parse_integer, vsa
from portal.service.ports import NasProfile
from tests.unit.radiusd.province import (
    CLASS,
    a_dynauth_request,
    a_nas,
    an_accept,
)
from tests.unit.radiusd.province import integer as encoded
from tests.vectors.pcap import read

BOTH: list[NasProfile] = [CoovaChilli(), Gateway()]
FIVE_GIB = 5 << 30


def packet_of(attributes: list[bytes]) -> Packet:
    return parse(encode(Code.ACCESS_ACCEPT, 1, bytes(16), attributes))


def vendor_integer(packet: Packet, vendor: Vendor, number: int) -> int | None:
    value = packet.vsa(vendor, number)
    return None if value is None else parse_integer(value)


def test_every_profile_that_the_estate_may_name_exists() -> None:
    known = profiles()

    assert set(known) == {name.value for name in ProfileName}
    assert all(profile.name == name for name, profile in known.items())


@pytest.mark.parametrize("profile", BOTH, ids=lambda p: p.name)
def test_an_accept_tells_every_limit_from_the_session_s_start(
    profile: NasProfile,
) -> None:
    accept = an_accept(
        timeout=3600,
        octets=FIVE_GIB + 7,
        idle_timeout=600,
        speed_down=4_000_000,
        speed_up=2_000_000,
    )

    told = packet_of(profile.access_attributes(accept))

    chilli = Vendor.CHILLISPOT
    assert told.get(A.CLASS) == CLASS
    assert integer(told, A.SESSION_TIMEOUT) == 3600
    assert integer(told, A.IDLE_TIMEOUT) == 600
    assert integer(told, A.ACCT_INTERIM_INTERVAL) == 300
    low = vendor_integer(told, chilli, ChilliSpot.MAX_TOTAL_OCTETS)
    high = vendor_integer(told, chilli, ChilliSpot.MAX_TOTAL_GIGAWORDS)
    assert low is not None
    assert octets(low, high) == FIVE_GIB + 7
    assert vendor_integer(told, Vendor.WISPR, Wispr.BANDWIDTH_MAX_DOWN) == 4_000_000
    assert vendor_integer(told, Vendor.WISPR, Wispr.BANDWIDTH_MAX_UP) == 2_000_000


@pytest.mark.parametrize("profile", BOTH, ids=lambda p: p.name)
def test_input_and_output_limits_are_never_sent(profile: NasProfile) -> None:
    told = packet_of(profile.access_attributes(an_accept(octets=1000)))

    turned = (ChilliSpot.MAX_INPUT_OCTETS, ChilliSpot.MAX_OUTPUT_OCTETS)
    assert not any(told.vsas(Vendor.CHILLISPOT, number) for number in turned)


@pytest.mark.parametrize("profile", BOTH, ids=lambda p: p.name)
def test_what_is_unlimited_is_not_mentioned(profile: NasProfile) -> None:
    told = packet_of(profile.access_attributes(an_accept()))

    assert {number for number, _ in told.attributes} == {
        A.CLASS,
        A.ACCT_INTERIM_INTERVAL,
    }


@pytest.mark.parametrize("profile", BOTH, ids=lambda p: p.name)
def test_a_limit_of_nothing_is_told_as_the_least_because_zero_means_none(
    profile: NasProfile,
) -> None:
    told = packet_of(
        profile.access_attributes(
            an_accept(timeout=0, octets=0, idle_timeout=0, speed_down=0, speed_up=0)
        )
    )

    assert integer(told, A.SESSION_TIMEOUT) == 1
    assert integer(told, A.IDLE_TIMEOUT) == 1
    chilli = Vendor.CHILLISPOT
    assert vendor_integer(told, chilli, ChilliSpot.MAX_TOTAL_OCTETS) == 1
    assert vendor_integer(told, Vendor.WISPR, Wispr.BANDWIDTH_MAX_DOWN) == 1


@pytest.mark.parametrize("profile", BOTH, ids=lambda p: p.name)
def test_limits_beyond_their_field_are_told_as_its_most(profile: NasProfile) -> None:
    told = packet_of(
        profile.access_attributes(
            an_accept(timeout=1 << 40, octets=1 << 70, speed_down=10_000_000_000)
        )
    )

    most = 0xFFFFFFFF
    chilli = Vendor.CHILLISPOT
    assert integer(told, A.SESSION_TIMEOUT) == most
    assert vendor_integer(told, chilli, ChilliSpot.MAX_TOTAL_OCTETS) == most
    assert vendor_integer(told, chilli, ChilliSpot.MAX_TOTAL_GIGAWORDS) == most
    assert vendor_integer(told, Vendor.WISPR, Wispr.BANDWIDTH_MAX_DOWN) == most


@pytest.mark.parametrize("octet_limit", [1 << 32, 2 << 32])
def test_a_whole_number_of_gigawords_is_not_taken_for_no_limit(
    octet_limit: int,
) -> None:
    told = packet_of(CoovaChilli().access_attributes(an_accept(octets=octet_limit)))

    low = vendor_integer(told, Vendor.CHILLISPOT, ChilliSpot.MAX_TOTAL_OCTETS)
    high = vendor_integer(told, Vendor.CHILLISPOT, ChilliSpot.MAX_TOTAL_GIGAWORDS)
    assert (low, high) == (0, octet_limit >> 32)


@pytest.mark.parametrize("profile", BOTH, ids=lambda p: p.name)
def test_a_disconnect_carries_nothing_but_identification(profile: NasProfile) -> None:
    asked = packet_of(profile.disconnect_attributes(a_dynauth_request(), a_nas()))

    assert dict(asked.attributes) == {
        A.USER_NAME: b"g1-ticket",
        A.ACCT_SESSION_ID: b"session-1",
        A.NAS_IDENTIFIER: b"branch-1",
    }


@pytest.mark.parametrize("profile", BOTH, ids=lambda p: p.name)
def test_a_nas_without_identifier_is_named_by_its_address(profile: NasProfile) -> None:
    nas = a_nas(identifier=None)

    asked = packet_of(profile.disconnect_attributes(a_dynauth_request(), nas))

    assert asked.get(A.NAS_IP_ADDRESS) == bytes((192, 0, 2, 2))
    assert asked.get(A.NAS_IDENTIFIER) is None


@pytest.mark.parametrize("profile", BOTH, ids=lambda p: p.name)
def test_a_change_repeats_every_limit(profile: NasProfile) -> None:
    limits = an_accept(
        timeout=900, octets=FIVE_GIB, idle_timeout=600, speed_down=8_000_000
    ).limits
    request = a_dynauth_request(kind=RequestKind.CHANGE, limits=limits)

    asked = packet_of(profile.change_attributes(request, a_nas()))

    assert asked.get(A.USER_NAME) == b"g1-ticket"
    assert integer(asked, A.SESSION_TIMEOUT) == 900
    assert integer(asked, A.IDLE_TIMEOUT) == 600
    assert integer(asked, A.ACCT_INTERIM_INTERVAL) == 300
    chilli = Vendor.CHILLISPOT
    assert vendor_integer(asked, chilli, ChilliSpot.MAX_TOTAL_GIGAWORDS) == 1
    assert vendor_integer(asked, Vendor.WISPR, Wispr.BANDWIDTH_MAX_DOWN) == 8_000_000


@pytest.mark.parametrize(
    ("view", "expected"),
    [(None, (10, 20)), (2, (10, 20)), (1, (20, 10))],
    ids=["silent", "client", "nas"],
)
def test_coovachilli_s_input_is_the_download_unless_it_says_otherwise(
    view: int | None, expected: tuple[int, int]
) -> None:
    attributes = [
        encoded(A.ACCT_INPUT_OCTETS, 10),
        encoded(A.ACCT_OUTPUT_OCTETS, 20),
    ]
    if view is not None:
        attributes.append(
            vsa(Vendor.CHILLISPOT, ChilliSpot.ACCT_VIEW_POINT, view.to_bytes(4))
        )

    assert CoovaChilli().counters(packet_of(attributes)) == expected


def test_our_gateway_s_output_is_the_download() -> None:
    attributes = [
        encoded(A.ACCT_INPUT_OCTETS, 10),
        encoded(A.ACCT_OUTPUT_OCTETS, 20),
        encoded(A.ACCT_OUTPUT_GIGAWORDS, 1),
    ]

    assert Gateway().counters(packet_of(attributes)) == ((1 << 32) + 20, 10)


@pytest.mark.parametrize(
    ("capture", "number", "downloaded", "uploaded"),
    [
        ("coovachilli-1.9", 21, 2_083_892, 211_906),
        ("coovachilli-1.9", 50, 10_920_732, 1_540_789),
        ("coovachilli-1.9", 53, 3_206_971_765, 74_070_782),
        ("coovachilli-1.9", 55, 4_936_136_198, 113_791_700),
        ("coovachilli-1.6", 33, 519_951, 72_140),
        ("coovachilli-1.6", 46, 10_920_196, 1_686_269),
    ],
)
def test_recorded_sessions_come_out_as_they_were_delivered(
    capture: str, number: int, downloaded: int, uploaded: int
) -> None:
    packet = parse(read(capture)[number - 1].payload)

    assert CoovaChilli().counters(packet) == (downloaded, uploaded)
