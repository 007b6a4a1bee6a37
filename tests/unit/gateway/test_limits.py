from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from portal.gateway.limits import Limits
from portal.radius.attributes import AttributeType, ChilliSpot, Vendor, Wispr
from portal.radius.codes import Code
from portal.radius.packet import parse
from portal.radius.values import attribute, encode_integer, vsa
from tests.unit.gateway.fakes import reply, seconds
from tests.vectors.pcap import read

TEHRAN = ZoneInfo("Asia/Tehran")


def chilli(kind: ChilliSpot, value: int) -> bytes:
    return vsa(Vendor.CHILLISPOT, kind, encode_integer(value))


def limits(*attributes: bytes, swapped: bool = True) -> Limits:
    return Limits.of(
        reply(Code.ACCESS_ACCEPT, attributes), swapped=swapped, zone=TEHRAN
    )


def test_the_captured_accept_is_understood() -> None:
    accept = parse(read("coovachilli-1.9")[3].payload)

    found = Limits.of(accept, swapped=True, zone=TEHRAN)

    assert found == Limits(
        session_timeout=3600,
        idle_timeout=600,
        max_downloaded=5_000_000_000,
        max_uploaded=1_000_000_000,
        max_total=6_000_000_000,
        down_rate=50_000_000,
        up_rate=20_000_000,
        interim_interval=60,
    )


def test_without_the_swap_max_input_is_about_the_upload() -> None:
    found = limits(chilli(ChilliSpot.MAX_INPUT_OCTETS, 7), swapped=False)

    assert (found.max_uploaded, found.max_downloaded) == (7, 0)


def test_chilli_bandwidth_is_in_kilobits_and_wispr_wins() -> None:
    both = limits(
        chilli(ChilliSpot.BANDWIDTH_MAX_DOWN, 4000),
        chilli(ChilliSpot.BANDWIDTH_MAX_UP, 1000),
        vsa(Vendor.WISPR, Wispr.BANDWIDTH_MAX_UP, encode_integer(2_000_000)),
    )

    assert (both.down_rate, both.up_rate) == (4_000_000, 2_000_000)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"2030-01-01T00:00:00+00:00", datetime(2030, 1, 1, tzinfo=UTC)),
        (b"2030-01-01T03:30:00+03:30", datetime(2030, 1, 1, tzinfo=UTC)),
        (b"2030-01-01T03:30:00", datetime(2030, 1, 1, tzinfo=UTC)),
        (b"2030-01-01T00:00:00Z", datetime(2030, 1, 1, tzinfo=UTC)),
        (b"tomorrow", None),
        (b"\xff\x00", None),
    ],
)
def test_terminate_time_is_iso_8601_and_local_without_a_zone(
    text: bytes, expected: datetime | None
) -> None:
    found = limits(vsa(Vendor.WISPR, Wispr.SESSION_TERMINATE_TIME, text))

    assert found.terminate_at == expected


def test_a_limit_of_the_wrong_size_counts_as_absent() -> None:
    found = limits(attribute(AttributeType.SESSION_TIMEOUT, b"\x01"))

    assert found == Limits()


def test_a_change_leaves_what_it_does_not_state() -> None:
    now = datetime(2030, 1, 1, tzinfo=UTC)
    before = Limits(session_timeout=60, max_total=5, terminate_at=now)
    changes = limits(seconds(AttributeType.SESSION_TIMEOUT, 900))

    after = before.with_changes(changes)

    assert after == Limits(session_timeout=900, max_total=5, terminate_at=now)
    assert before.with_changes(
        Limits(terminate_at=now + timedelta(1))
    ).terminate_at == now + timedelta(1)
