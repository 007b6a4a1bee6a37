"""What real access servers sent is answered by a real radiusd, and booked as it says.

The packets go out octet for octet, each from a port of its own as in the recording, to
a radiusd whose clock shows the time of the recording. The facts are those of
tests/vectors/captures/README.md.
"""

import socket
from collections.abc import Generator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from portal.model.estate import RecordFlag
from portal.model.session import Session, SessionState
from portal.model.usage import Usage
from portal.radius.authenticator import verify_reply
from portal.radius.codes import AcctStatusType, Code
from portal.radius.packet import MAX_LENGTH, Packet, parse
from portal.radius.secret import SharedSecret
from tests.stack import province as provinces
from tests.stack.daemon import Radiusd
from tests.stack.province import Province
from tests.vectors.pcap import RADIUS_SECRET, Address, Datagram, read

SECRET = SharedSecret(RADIUS_SECRET)
REQUESTS = {Code.ACCESS_REQUEST, Code.ACCOUNTING_REQUEST}
ON, OFF = AcctStatusType.ACCOUNTING_ON, AcctStatusType.ACCOUNTING_OFF
USER_REQUEST, SESSION_TIMEOUT, ADMIN_RESET, NAS_REBOOT = 1, 5, 6, 11
# Tehran's hours begin at half past of UTC: every recording lies within one.
HOUR = datetime(2026, 11, 21, 20, 30, tzinfo=UTC)
MAC_USER = "02-4C-52-00-00-03"


@dataclass(frozen=True)
class Fact:
    """A session as the recording ends it: user, device, time, down, up, cause."""

    user: str
    device: str
    usage: Usage
    cause: int | None


def chilli(user: str, device: int, cause: int, *amounts: int) -> Fact:
    return Fact(user, f"02-4C-52-00-00-{device:02X}", Usage(*amounts), cause)


FACTS = {
    "coovachilli-1.9": {
        chilli("alice", 1, ADMIN_RESET, 68, 10_920_732, 1_540_789),
        chilli("bob", 2, USER_REQUEST, 2, 2_083_892, 211_906),
        chilli(MAC_USER, 3, NAS_REBOOT, 136, 313_162, 114_679),
        chilli("short", 4, SESSION_TIMEOUT, 17, 519_795, 70_088),
        chilli("quota", 5, SESSION_TIMEOUT, 4, 2_533_810, 13_137),
        chilli("giga", 6, SESSION_TIMEOUT, 95, 4_936_136_198, 113_791_700),
        chilli("eve", 7, USER_REQUEST, 1, 416_207, 57_804),
    },
    "coovachilli-1.6": {
        chilli("alice", 1, ADMIN_RESET, 65, 10_920_196, 1_686_269),
        chilli("bob", 2, USER_REQUEST, 3, 2_085_564, 254_274),
        chilli(MAC_USER, 3, NAS_REBOOT, 80, 314_046, 112_631),
        chilli("short", 4, SESSION_TIMEOUT, 17, 519_951, 72_140),
        chilli("quota", 5, SESSION_TIMEOUT, 5, 3_293_786, 10_065),
        chilli("eve", 7, USER_REQUEST, 1, 416_467, 56_524),
    },
    "hostapd-dot1x": {
        Fact("anon", "02-4C-52-00-FF-01", Usage(5, 0, 0), USER_REQUEST),
        Fact("dave", "02-4C-52-00-FF-01", Usage(4, 0, 0), None),
    },
}


@dataclass(frozen=True)
class Exchange:
    """A recorded request and what radiusd said to it."""

    sent: Datagram
    request: Packet
    reply: bytes

    @property
    def code(self) -> int:
        return self.reply[0]


class Player:
    """Sends a recording's requests from as many ports as it has."""

    def __init__(self, daemon: Radiusd, stack: ExitStack) -> None:
        self._ports = {1812: daemon.auth, 1813: daemon.acct}
        self._stack = stack
        self._sources: dict[Address, socket.socket] = {}

    def play(self, name: str) -> list[Exchange]:
        told = [(each, parse(each.payload)) for each in read(name)]
        return [
            Exchange(sent, request, self._exchange(sent))
            for sent, request in told
            if request.code in REQUESTS
        ]

    def _exchange(self, sent: Datagram) -> bytes:
        source = self._source(sent.source)
        source.sendto(sent.payload, self._ports[sent.destination[1]])
        reply = source.recv(MAX_LENGTH)
        assert verify_reply(parse(reply), sent.payload, SECRET)
        return reply

    def _source(self, address: Address) -> socket.socket:
        if address not in self._sources:
            made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._sources[address] = self._stack.enter_context(made)
            made.bind(("127.0.0.1", 0))
            made.settimeout(20)
        return self._sources[address]


@dataclass(frozen=True)
class Recording:
    """One capture after it was played."""

    name: str
    province: Province
    daemon: Radiusd
    exchanges: list[Exchange]

    def answers_to(self, code: Code) -> list[Exchange]:
        return [each for each in self.exchanges if each.request.code == code]


@pytest.fixture(params=sorted(FACTS))
def recording(
    request: pytest.FixtureRequest, migrated_url: str, tmp_path: Path
) -> Generator[Recording]:
    name: str = request.param
    began = datetime.fromtimestamp(read(name)[0].at, UTC)
    with (
        provinces.province(migrated_url, tmp_path, starts_at=began) as province,
        ExitStack() as stack,
    ):
        set_up(province)
        daemon = province.radiusd()
        exchanges = Player(daemon, stack).play(name)
        yield Recording(name, province, daemon, exchanges)


def set_up(province: Province) -> None:
    """Branch 1 with its CoovaChilli, and its hostapd as a second access server."""
    province.services.estate.add_branch(
        code="b1", name_fa="شعبه", name_en="One", time_zone="Asia/Tehran", actor="cli:0"
    )
    province.add_client("branch-1", "127.0.0.1", RADIUS_SECRET)
    province.add_nas("branch-1", branch="b1", address="127.0.0.1")
    province.add_nas(
        "branch-1-8021x",
        branch="b1",
        address="127.0.0.1",
        client="branch-1",
        profile="gateway",
    )


def test_every_recorded_packet_is_answered_and_booked(recording: Recording) -> None:
    province, sessions = recording.province, recording.province.sessions()
    facts = FACTS[recording.name]

    assert {each.code for each in recording.answers_to(Code.ACCESS_REQUEST)} == {
        Code.ACCESS_REJECT
    }, "nobody of them has a ticket"
    assert {each.code for each in recording.answers_to(Code.ACCOUNTING_REQUEST)} == {
        Code.ACCOUNTING_RESPONSE
    }
    assert {fact_of(session) for session in sessions} == facts
    assert len(sessions) == len(facts)
    assert {s.state for s in sessions} == {SessionState.STOPPED}
    assert {s.patron_id for s in sessions} == {None}
    whole = sum((fact.usage for fact in facts), start=Usage())
    assert province.hours() == {(1, HOUR, False): whole}


def fact_of(session: Session) -> Fact:
    return Fact(
        session.user_name, session.device, session.usage, session.terminate_cause
    )


def test_what_a_session_says_of_itself_is_kept(recording: Recording) -> None:
    told = [each.request for each in recording.answers_to(Code.ACCOUNTING_REQUEST)]
    starts = [each for each in told if integer(each, 40) == AcctStatusType.START]
    by_session = {each.get(44): each for each in starts}

    for session in recording.province.sessions():
        start = by_session[session.acct_session_id.encode()]
        assert session.started_at is not None
        assert session.started_at.timestamp() == integer(start, 55)
        assert session.ended_at is not None
        lasted = (session.ended_at - session.started_at).total_seconds()
        assert abs(lasted - session.usage.session_time) <= 1
        # A Class of somebody else's is the only oddity.
        has_class = start.get(25) is not None
        assert session.flags == (RecordFlag.FALSE_CLASS if has_class else 0)
    restarts = recording.province.rows("nas_event", "event_at")
    assert [event.status_type for event in restarts] == [ON, OFF]


def test_a_repeated_record_gets_the_octets_that_it_had(recording: Recording) -> None:
    by_request: dict[bytes, list[bytes]] = {}
    for each in recording.exchanges:
        by_request.setdefault(each.request.raw, []).append(each.reply)
    repeated = [replies for replies in by_request.values() if len(replies) > 1]

    # Eve's Stop was sent four times; everything else was new.
    assert [len(replies) for replies in repeated] == (
        [] if recording.name == "hostapd-dot1x" else [4]
    )
    assert all(len(set(replies)) == 1 for replies in repeated)
    daemon = recording.daemon
    assert daemon.counts("repeated") == ({("acct",): 3} if repeated else {})
    assert daemon.counts("dropped") == {}
    asked = len(recording.answers_to(Code.ACCESS_REQUEST))
    assert daemon.counts("rejects") == {("unknown_ticket",): asked}


def integer(packet: Packet, number: int) -> int:
    return int.from_bytes(packet.get(number) or b"")
