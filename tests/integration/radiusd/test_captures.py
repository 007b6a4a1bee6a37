"""What real access servers sent, sent again to radiusd: booked as it was delivered."""

from collections.abc import Callable, Generator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from portal.radius.authenticator import verify_response
from portal.radius.codes import Code
from portal.radius.packet import parse
from portal.radius.secret import SharedSecret
from tests.integration.radiusd.installation import (
    AccessServer,
    Installation,
    installation,
)
from tests.vectors.pcap import RADIUS_SECRET, Datagram, read

SECRET = SharedSecret(RADIUS_SECRET)
ROLES = {1812: "auth", 1813: "acct"}

# Session id, Acct-Session-Time, downloaded, uploaded, cause: tests/vectors/captures.
STOPS = {
    "coovachilli-1.9": [
        ("179529472700000002", 2, 2_083_892, 211_906, 1),
        ("179529473200000006", 4, 2_533_810, 13_137, 5),
        ("179529473200000005", 17, 519_795, 70_088, 5),
        ("179529472300000001", 68, 10_920_732, 1_540_789, 6),
        ("179529475000000008", 95, 4_936_136_198, 113_791_700, 5),
        ("179529473200000007", 1, 416_207, 57_804, 1),
        ("179529472400000003", 136, 313_162, 114_679, 11),
    ],
    "coovachilli-1.6": [
        ("179529487000000002", 3, 2_085_564, 254_274, 1),
        ("179529487400000006", 5, 3_293_786, 10_065, 5),
        ("179529487400000005", 17, 519_951, 72_140, 5),
        ("179529486600000001", 65, 10_920_196, 1_686_269, 6),
        ("179529487400000007", 1, 416_467, 56_524, 1),
        ("179529486700000003", 80, 314_046, 112_631, 11),
    ],
}


@pytest.fixture(params=sorted(STOPS))
def name(request: pytest.FixtureRequest) -> str:
    value: str = request.param
    return value


@pytest.fixture
def recorded_branch(
    migrated_url: str, tmp_path: Path, free_port: Callable[[], int], name: str
) -> Generator[Installation]:
    """An installation on the day of the recording, a minute after its end."""
    offset = read(name)[-1].at + 60 - datetime.now(UTC).timestamp()
    with installation(
        migrated_url,
        tmp_path,
        free_port,
        test="1",
        test_clock_offset=f"{offset:.0f}",
    ) as made:
        made.add_branch(secret=RADIUS_SECRET)
        made.add_plan()
        yield made


def requests(name: str) -> list[Datagram]:
    return [d for d in read(name) if d.destination[1] in ROLES]


def test_a_recorded_day_is_answered_and_booked_as_its_facts_say(
    recorded_branch: Installation, nas: AccessServer, name: str
) -> None:
    with recorded_branch.radiusd() as radiusd:
        for request in requests(name):
            port = getattr(radiusd, ROLES[request.destination[1]])
            reply = nas.ask(request.payload, port)

            assert verify_response(reply, request.payload[4:20], SECRET)
            if port == radiusd.acct:
                assert reply.code == Code.ACCOUNTING_RESPONSE
            else:
                # No ticket of ours: alice and the others are strangers here.
                assert reply.code == Code.ACCESS_REJECT

    sessions = {s["acct_session_id"]: s for s in recorded_branch.rows("session")}
    booked = [
        (
            number,
            sessions[number]["session_time"],
            sessions[number]["downloaded"],
            sessions[number]["uploaded"],
            sessions[number]["terminate_cause"],
        )
        for number, *_ in STOPS[name]
    ]
    assert booked == STOPS[name]
    assert {s["state"] for s in sessions.values()} == {"stopped"}
    assert len(sessions) == len(STOPS[name])
    hours = recorded_branch.rows("usage_hour")
    assert sum(hour["downloaded"] for hour in hours) == sum(s[2] for s in STOPS[name])
    assert not any(hour["attributed"] for hour in hours)
    kinds = [event["status_type"] for event in recorded_branch.rows("nas_event")]
    assert sorted(kinds) == [7, 8]


def test_a_record_sent_four_times_is_one_record(
    recorded_branch: Installation, nas: AccessServer, name: str
) -> None:
    (eve,) = [stop for stop in STOPS[name] if stop[0].endswith("7")]
    stops = [
        request.payload
        for request in requests(name)
        if parse(request.payload).code == Code.ACCOUNTING_REQUEST
        and eve[0].encode() in request.payload
    ]
    with recorded_branch.radiusd() as radiusd:
        replies = [nas.ask(stop, radiusd.acct).raw for stop in stops]

    assert len(stops) == 5
    assert len(set(stops)) == 2
    assert len(set(replies)) == 2
    assert len(recorded_branch.rows("accounting_record")) == 2
