"""Whatever arrives at its ports, radiusd counts it, lives and serves the next packet."""

import random
import socket
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from portal.model.estate import RecordFlag
from portal.model.usage import Usage
from portal.radius.attributes import AttributeType as A
from portal.radius.codes import AcctStatusType, Code
from portal.radius.packet import header
from portal.radius.requests import access_request, accounting_request
from portal.radius.secret import SharedSecret
from portal.radius.values import attribute, encode_integer
from tests.stack.daemon import Radiusd
from tests.stack.province import GIB, Province
from tests.stack.radius_peer import RadiusPeer, open_session
from tests.stack.wait import until

PHONE = "02-4C-52-00-00-01"
START, INTERIM = AcctStatusType.START, AcctStatusType.INTERIM_UPDATE
OTHER = SharedSecret(b"somebody else's secret")
ROUNDS = 20
BURSTS, BURST = 20, 40


def start(peer: RadiusPeer, **changes: object) -> bytes:
    return peer.report(START, PHONE, "s1", at=0, **changes)  # type: ignore[arg-type]


def in_the_name_of(name: str, secret: SharedSecret, peer: RadiusPeer) -> bytes:
    stranger = RadiusPeer(peer.address, name, secret, peer.auth, peer.acct)
    with stranger:
        return start(stranger)


def random_request(peer: RadiusPeer, *, signed: bool = True) -> bytes:
    return access_request(
        peer.identifier(),
        random.randbytes(16),
        [attribute(A.USER_NAME, b"x"), *peer.describe(PHONE, "s1")],
        peer.secret,
        signed,
    )


def flipped(packet: bytes, at: int) -> bytes:
    return packet[:at] + bytes([packet[at] ^ 1]) + packet[at + 1 :]


# Each with the port it goes to and the one reason for silence.
HOSTILE: dict[str, tuple[str, str, Callable[[RadiusPeer], bytes]]] = {
    "empty": ("acct", "malformed", lambda _: b""),
    "a page's request": ("acct", "malformed", lambda _: b"GET / HTTP/1.1\r\n\r\n"),
    "truncated": ("acct", "malformed", lambda peer: start(peer)[:-1]),
    "only a header": ("acct", "malformed", lambda peer: start(peer)[:19]),
    "longer than it is": (
        "acct",
        "malformed",
        lambda peer: start(peer)[:2] + b"\x0f\xff" + start(peer)[4:],
    ),
    "shorter than a header": (
        "acct",
        "malformed",
        lambda peer: start(peer)[:2] + b"\x00\x13" + start(peer)[4:],
    ),
    "an attribute beyond the end": (
        "acct",
        "malformed",
        lambda peer: accounting_request(1, [b"\x2c\xff"], peer.secret),
    ),
    "an attribute of no length": (
        "acct",
        "malformed",
        lambda peer: accounting_request(1, [b"\x2c\x00"], peer.secret),
    ),
    "a short number": (
        "acct",
        "malformed",
        lambda peer: start(
            peer, extra=[attribute(A.ACCT_SESSION_TIME, b"\x01\x02\x03")]
        ),
    ),
    "no status type": (
        "acct",
        "malformed",
        lambda peer: accounting_request(1, peer.describe(PHONE, "s1"), peer.secret),
    ),
    "no session id": (
        "acct",
        "malformed",
        lambda peer: accounting_request(
            1,
            [
                *peer.describe(PHONE, None),
                attribute(A.ACCT_STATUS_TYPE, encode_integer(START)),
            ],
            peer.secret,
        ),
    ),
    "an unknown code": ("acct", "malformed", lambda peer: b"\xc8" + start(peer)[1:]),
    "a reply": (
        "acct",
        "wrong_code",
        lambda _: header(Code.ACCOUNTING_RESPONSE, 1, 0) + bytes(16),
    ),
    "accounting at the other port": ("auth", "wrong_code", start),
    "a sign-in at the other port": ("acct", "wrong_code", random_request),
    "an octet changed": (
        "acct",
        "false_authenticator",
        lambda p: flipped(start(p), 22),
    ),
    "another secret": (
        "acct",
        "false_authenticator",
        lambda peer: in_the_name_of("branch-1", OTHER, peer),
    ),
    "a false signature": (
        "acct",
        "false_message_authenticator",
        lambda peer: start(peer, extra=[attribute(A.MESSAGE_AUTHENTICATOR, bytes(16))]),
    ),
    "a sign-in without signature": (
        "auth",
        "no_message_authenticator",
        lambda peer: random_request(peer, signed=False),
    ),
    "a sign-in with a false signature": (
        "auth",
        "false_message_authenticator",
        lambda peer: flipped(random_request(peer), 30),
    ),
    "an unknown access server": (
        "acct",
        "unknown_nas",
        lambda peer: in_the_name_of("branch-9", peer.secret, peer),
    ),
    "another client's access server": (
        "acct",
        "unknown_nas",
        lambda peer: in_the_name_of("branch-2", peer.secret, peer),
    ),
}


@pytest.fixture
def daemon(sqlite_province: Province) -> Radiusd:
    return sqlite_province.radiusd()


@pytest.fixture
def peer(daemon: Radiusd) -> Iterator[RadiusPeer]:
    with RadiusPeer.of(daemon) as one:
        yield one


def test_each_kind_of_bad_packet_is_dropped_and_counted_under_its_reason(
    sqlite_province: Province, daemon: Radiusd, peer: RadiusPeer
) -> None:
    expected: dict[tuple[str, ...], float] = {}
    for role, reason, make in HOSTILE.values():
        expected[reason, role] = expected.get((reason, role), 0) + ROUNDS
        for _ in range(ROUNDS):
            peer.port.sendto(make(peer), daemon.acct if role == "acct" else daemon.auth)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.0.0.99", 0))
        stranger.sendto(start(peer), daemon.acct)
    expected["unknown_client", "acct"] = 1

    until(
        lambda: sum(daemon.counts("dropped").values()) >= sum(expected.values()),
        what="all are counted",
        within=30,
    )
    answer = peer.answer_to(start(peer))

    assert daemon.counts("dropped") == expected
    assert answer.code == Code.ACCOUNTING_RESPONSE
    assert len(sqlite_province.sessions()) == 1
    # One line for each reason at each port, until some seconds have passed.
    lines = daemon.program.output.count('"radius.dropped"')
    assert lines <= 2 * len(expected)
    assert "127.0.0.99" not in daemon.program.output
    assert PHONE not in daemon.program.output


def test_packets_made_of_chance_harm_nobody(
    sqlite_province: Province, daemon: Radiusd, peer: RadiusPeer
) -> None:
    """Rightly signed, so that what is in them goes all the way to the ledger."""
    province = sqlite_province
    patron = province.add_patron(province.add_plan(data=10 * GIB))
    ticket = province.ticket(patron, PHONE)
    class_value = open_session(province, peer, ticket, PHONE, "s1")
    chance = random.Random(7)

    before = settled(daemon)
    for done in range(1, BURSTS + 1):
        for _ in range(BURST):
            attributes = [*chance_attributes(chance), *peer.describe(PHONE, "s1")]
            if chance.random() < 0.5:
                attributes.append(attribute(A.CLASS, class_value))
            chance.shuffle(attributes)
            peer.send(accounting_request(peer.identifier(), attributes, peer.secret))
            authenticator = chance.randbytes(16)
            peer.send(
                access_request(
                    peer.identifier(), authenticator, attributes, peer.secret
                )
            )
        wanted = before + 2 * BURST * done
        until(partial(is_settled, daemon, wanted), what="it is settled", within=30)
    report = peer.report(
        INTERIM,
        PHONE,
        "s1",
        at=int(province.now.timestamp()),
        class_value=class_value,
        seconds=1,
        down=GIB // 16,
    )
    answer = peer.answer_to(report)

    assert answer.code == Code.ACCOUNTING_RESPONSE
    assert daemon.dropped("acct", "failed") == daemon.dropped("auth", "failed") == 0
    assert '"level": "error"' not in daemon.program.output
    assert daemon.is_healthy()
    sessions = province.sessions()
    own = [s.usage for s in sessions if s.patron_id is not None]
    assert total(province.days(patron).values()) == total(own)
    assert total(province.hours().values()) == total(s.usage for s in sessions)


def total(amounts: Iterable[Usage]) -> Usage:
    return sum(amounts, start=Usage())


def settled(daemon: Radiusd) -> float:
    """How many packets were answered or dropped."""
    counts = [daemon.counts(name) for name in ("replies", "dropped")]
    return sum(sum(each.values()) for each in counts)


def is_settled(daemon: Radiusd, packets: float) -> bool:
    return settled(daemon) >= packets


def chance_attributes(chance: random.Random) -> Iterator[bytes]:
    """What a broken access server might say: known attributes, values of chance."""
    known = [int(each) for each in A if each is not A.MESSAGE_AUTHENTICATOR]
    for _ in range(chance.randrange(1, 12)):
        kind = chance.choice(known) if chance.random() < 0.9 else chance.randrange(256)
        size = chance.choice([0, 1, 4, 4, 4, 4, 6, 8, 16, 17, 40, 253])
        if kind != A.MESSAGE_AUTHENTICATOR:
            yield bytes([kind, size + 2]) + chance.randbytes(size)
    status = chance.choice([1, 2, 3, 3, 7, 8, 9, 15, chance.getrandbits(32)])
    yield attribute(A.ACCT_STATUS_TYPE, encode_integer(status))


def test_repeated_attributes_count_once(
    sqlite_province: Province, daemon: Radiusd, peer: RadiusPeer
) -> None:
    province = sqlite_province
    patron = province.add_patron(province.add_plan())
    ticket = province.ticket(patron, PHONE)
    class_value = open_session(province, peer, ticket, PHONE, "s1")
    again = [
        attribute(A.ACCT_INPUT_OCTETS, encode_integer(5)),
        attribute(A.ACCT_SESSION_TIME, encode_integer(9)),
        attribute(A.CLASS, b"of somebody else"),
        attribute(A.CALLING_STATION_ID, b"02-4C-52-00-00-02"),
    ]

    peer.answer_to(
        peer.report(
            INTERIM,
            PHONE,
            "s1",
            at=int(province.now.timestamp()),
            class_value=class_value,
            seconds=2,
            down=1000,
            extra=again,
        )
    )

    [session] = province.sessions()
    assert session.usage == Usage(2, 1000, 0)
    assert session.device == PHONE


@pytest.mark.parametrize("octets", [(1 << 64) - 1, 1 << 63, 1 << 62])
def test_absurd_counters_and_clocks_are_kept_and_leave_the_quota_alone(
    province: Province, octets: int
) -> None:
    daemon = province.radiusd()
    patron = province.add_patron(province.add_plan(data=GIB, time=3600))
    with RadiusPeer.of(daemon) as peer:
        ticket = province.ticket(patron, PHONE)
        class_value = open_session(province, peer, ticket, PHONE, "s1")
        now = province.now
        for at, seconds, down in (
            (datetime(1970, 1, 1, tzinfo=UTC), 1, octets),
            (now + timedelta(days=400), 2, octets),
            (now, (1 << 32) - 1, 7),
            (now, 3, octets),
        ):
            answer = peer.answer_to(
                peer.report(
                    INTERIM,
                    PHONE,
                    "s1",
                    at=int(at.timestamp()),
                    class_value=class_value,
                    seconds=seconds,
                    down=down,
                )
            )
            assert answer.code == Code.ACCOUNTING_RESPONSE
        peer.answer_to(
            peer.report(
                INTERIM,
                PHONE,
                "s1",
                at=int(now.timestamp()),
                class_value=class_value,
                seconds=4,
                down=1000,
            )
        )

    [session] = province.sessions()
    assert session.usage == Usage(4, 1000, 0)
    wanted = (
        RecordFlag.CLOCK_INSANE
        | RecordFlag.RATE_EXCEEDED
        | RecordFlag.SESSION_TIME_ABSURD
    )
    assert session.flags & wanted == wanted
    assert len(province.rows("accounting_record", "received_at")) == 6
    assert province.proof(session.ref) == []
    assert sum(day.octets for day in province.days(patron).values()) == 1000
