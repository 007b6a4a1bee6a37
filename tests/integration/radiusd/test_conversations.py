"""radiusd as a process: what it answers, over UDP, on both databases."""

import re
import shutil
import subprocess
from collections.abc import Sequence

import pytest

from portal.radius import requests
from portal.radius.attributes import AttributeType as A
from portal.radius.attributes import ChilliSpot, Vendor
from portal.radius.codes import AcctStatusType, Code
from portal.radius.secret import SharedSecret
from portal.radius.values import attribute, parse_integer
from portal.radius.values import integer as read_integer
from portal.service.admission import Minted
from tests.conftest import need
from tests.integration.radiusd.installation import (
    LAPTOP,
    PHONE,
    SECRET,
    AccessServer,
    Daemon,
    Installation,
)
from tests.stack.wait import until
from tests.unit.radiusd.province import access_request as framed_access_request
from tests.unit.radiusd.province import (
    accounting_request,
    integer,
    next_identifier,
    text,
)


def sign_in(ticket: Minted, device: str = PHONE, session: str = "s1") -> bytes:
    return framed_access_request(
        secret=SECRET,
        password=ticket.password.encode(),
        attributes=who(ticket, device, session),
    )


def who(ticket: Minted, device: str = PHONE, session: str = "s1") -> list[bytes]:
    return [
        text(A.USER_NAME, ticket.grant_id),
        text(A.CALLING_STATION_ID, device),
        text(A.NAS_IDENTIFIER, "branch-1"),
        text(A.ACCT_SESSION_ID, session),
    ]


def record(
    status: AcctStatusType,
    ticket: Minted,
    *more: bytes,
    seconds: int = 0,
    down: int = 0,
    up: int = 0,
) -> bytes:
    return accounting_request(
        integer(A.ACCT_SESSION_TIME, seconds),
        integer(A.ACCT_INPUT_OCTETS, down & 0xFFFFFFFF),
        integer(A.ACCT_INPUT_GIGAWORDS, down >> 32),
        integer(A.ACCT_OUTPUT_OCTETS, up),
        *more,
        status=status,
        secret=SECRET,
        attributes=who(ticket),
    )


def test_a_session_from_ticket_to_stop(centre: Installation, nas: AccessServer) -> None:
    patron = centre.add_patron()
    with centre.radiusd() as radiusd:
        ticket = centre.mint(patron)
        accept = nas.ask(sign_in(ticket), radiusd.auth)
        value = accept.get(A.CLASS)
        assert value is not None
        name = attribute(A.CLASS, value)
        answers = [
            nas.ask(datagram, radiusd.acct).code
            for datagram in (
                record(AcctStatusType.START, ticket, name),
                record(
                    AcctStatusType.INTERIM_UPDATE,
                    ticket,
                    name,
                    seconds=60,
                    down=5_000,
                    up=500,
                ),
                record(
                    AcctStatusType.STOP,
                    ticket,
                    name,
                    integer(A.ACCT_TERMINATE_CAUSE, 1),
                    seconds=90,
                    down=7_000,
                    up=700,
                ),
            )
        ]

    assert accept.code == Code.ACCESS_ACCEPT
    assert read_integer(accept, A.SESSION_TIMEOUT) == 3600
    octets = accept.vsa(Vendor.CHILLISPOT, ChilliSpot.MAX_TOTAL_OCTETS)
    assert octets is not None
    assert parse_integer(octets) == 1_000_000_000
    assert answers == [Code.ACCOUNTING_RESPONSE] * 3
    (session,) = centre.rows("session")
    assert session["state"] == "stopped"
    assert session["patron_id"] == patron
    assert session["terminate_cause"] == 1
    used = centre.rows("usage_day")
    assert sum(day["downloaded"] for day in used) == 7_000
    assert sum(day["uploaded"] for day in used) == 700


def test_a_lost_reply_is_the_same_reply_again(
    centre: Installation, nas: AccessServer
) -> None:
    patron = centre.add_patron()
    with centre.radiusd() as radiusd:
        request = sign_in(centre.mint(patron))
        for _ in range(3):
            nas.send(request, radiusd.auth)
        replies = [nas.receive()]
        for _ in range(2):
            nas.send(request, radiusd.auth)
            replies.append(nas.receive())

        assert replies[0][0] == Code.ACCESS_ACCEPT
        assert len(set(replies)) == 1
        assert len(centre.rows("session")) == 1


def test_a_ticket_of_another_device_is_rejected(
    centre: Installation, nas: AccessServer
) -> None:
    patron = centre.add_patron()
    with centre.radiusd() as radiusd:
        ticket = centre.mint(patron)
        stolen = nas.ask(sign_in(ticket, device=LAPTOP), radiusd.auth)
        unknown = nas.ask(
            framed_access_request(
                secret=SECRET, attributes=[text(A.NAS_IDENTIFIER, "branch-1")]
            ),
            radiusd.auth,
        )
        rightful = nas.ask(sign_in(ticket), radiusd.auth)
        counted = radiusd.count("rejects_total", reason="other_session")

    assert (stolen.code, unknown.code) == (Code.ACCESS_REJECT, Code.ACCESS_REJECT)
    assert rightful.code == Code.ACCESS_ACCEPT
    assert counted == 1


def test_after_a_kill_between_commit_and_reply_the_retry_is_accepted(
    centre: Installation, nas: AccessServer
) -> None:
    patron = centre.add_patron()
    ticket = centre.mint(patron)
    with centre.radiusd() as radiusd:
        first = nas.ask(sign_in(ticket), radiusd.auth)
        radiusd.program.kill()
    with centre.radiusd() as radiusd:
        # Another identifier and authenticator: the cache knows nothing of it.
        again = nas.ask(sign_in(ticket), radiusd.auth)

    assert [first.code, again.code] == [Code.ACCESS_ACCEPT] * 2
    assert first.get(A.CLASS) == again.get(A.CLASS)
    assert len(centre.rows("session")) == 1


def test_a_new_client_is_served_without_a_restart(
    centre: Installation, nas: AccessServer
) -> None:
    with centre.radiusd() as radiusd, AccessServer("127.0.0.9") as newcomer:
        early = accounting_request(secret=SECRET, attributes=_bare("branch-9"))
        newcomer.send(early, radiusd.acct)
        silence = newcomer.hears_nothing()
        centre.add_branch("borujerd", network="127.0.0.9/32", identifier="branch-9")

        answer = newcomer.insist(early, radiusd.acct, within=8)

        assert silence
        assert answer.code == Code.ACCOUNTING_RESPONSE
        assert radiusd.count("dropped_total", socket="acct", reason="unknown_client")


def _bare(identifier: str) -> list[bytes]:
    return [text(A.NAS_IDENTIFIER, identifier), text(A.ACCT_SESSION_ID, "x")]


@pytest.fixture
def hostile(centre: Installation) -> Sequence[bytes]:
    """Datagrams that deserve silence, each for a reason of its own."""
    other = SharedSecret(b"not the secret of the branch")
    genuine = accounting_request(secret=SECRET, attributes=_bare("branch-1"))
    return [
        b"",
        b"GET / HTTP/1.1\r\n\r\n",
        genuine[:-1],
        genuine[:30],
        genuine[:2] + b"\x0f\xff" + genuine[4:],
        b"\x63" + genuine[1:],
        framed_access_request(),
        accounting_request(),
        framed_access_request(secret=other),
        accounting_request(secret=other, attributes=_bare("branch-1")),
        framed_access_request(secret=SECRET, signed=False),
        framed_access_request(secret=SECRET, attributes=_bare("branch-9")),
        accounting_request(secret=SECRET, attributes=_bare("branch-9")),
        accounting_request(
            attribute(A.MESSAGE_AUTHENTICATOR, bytes(16)),
            secret=SECRET,
            attributes=_bare("branch-1"),
        ),
        accounting_request(
            *[attribute(A.MESSAGE_AUTHENTICATOR, bytes(16))] * 2,
            secret=SECRET,
            attributes=_bare("branch-1"),
        ),
        accounting_request(
            attribute(A.ACCT_SESSION_TIME, b"\x01"),
            secret=SECRET,
            attributes=_bare("branch-1"),
        ),
    ]


def test_hostile_packets_are_dropped_counted_and_logged_at_a_limited_rate(
    centre: Installation, nas: AccessServer, hostile: Sequence[bytes]
) -> None:
    with centre.radiusd() as radiusd:
        for _ in range(50):
            for datagram in hostile:
                nas.send(datagram, radiusd.auth)
                nas.send(datagram, radiusd.acct)
        sent = 50 * len(hostile) * 2
        until(lambda: _dropped(radiusd) >= sent, what="all are counted")

        answer = nas.ask(
            accounting_request(secret=SECRET, attributes=_bare("branch-1")),
            radiusd.acct,
        )
        lines = radiusd.program.output.count('"radius.dropped"')
        reasons = set(re.findall(r'"reason": "(\w+)"', radiusd.program.output))

    assert answer.code == Code.ACCOUNTING_RESPONSE
    assert lines <= 30
    assert {
        "malformed",
        "wrong_code",
        "false_authenticator",
        "false_message_authenticator",
        "no_message_authenticator",
        "unknown_nas",
    } <= reasons


def _dropped(radiusd: Daemon) -> float:
    text = radiusd.get("/metrics")[1]
    lines = re.findall(r"^portal_radius_dropped_total\{.*\} (\S+)$", text, re.MULTILINE)
    return sum(map(float, lines))


def test_nothing_that_names_a_person_or_a_device_is_logged_or_measured(
    centre: Installation, nas: AccessServer, hostile: Sequence[bytes]
) -> None:
    patron = centre.add_patron()
    with centre.radiusd(log_level="debug") as radiusd:
        ticket = centre.mint(patron)
        nas.ask(sign_in(ticket), radiusd.auth)
        nas.ask(record(AcctStatusType.START, ticket), radiusd.acct)
        for datagram in hostile:
            nas.send(datagram, radiusd.acct)
        told = radiusd.get("/metrics")[1] + radiusd.program.output

    for personal in (ticket.grant_id, PHONE, PHONE.replace("-", ":").lower()):
        assert personal not in told


@pytest.mark.freeradius
def test_radclient_agrees(centre: Installation) -> None:
    need(None if shutil.which("radclient") else "radclient (apt: freeradius-utils)")
    patron = centre.add_patron()
    with centre.radiusd() as radiusd:
        ticket = centre.mint(patron)
        session = (
            f'User-Name = "{ticket.grant_id}"\nCalling-Station-Id = "{PHONE}"\n'
            'NAS-Identifier = "branch-1"\nAcct-Session-Id = "s1"\n'
        )
        outputs = {
            what: _radclient(what, radiusd, attributes)
            for what, attributes in {
                "auth": f'{session}User-Password = "{ticket.password}"\n'
                "Message-Authenticator = 0x00\n",
                "acct": f"{session}Acct-Status-Type = Start\n",
                "status": "Message-Authenticator = 0x00\n",
            }.items()
        }
        rejected = _radclient(
            "auth",
            radiusd,
            f'{session}User-Password = "wrong"\nMessage-Authenticator = 0x00\n',
            expected=1,
        )

    assert "Received Access-Accept" in outputs["auth"]
    assert "Session-Timeout = 3600" in outputs["auth"]
    assert "Received Accounting-Response" in outputs["acct"]
    assert "Received Access-Accept" in outputs["status"]
    assert "Received Access-Reject" in rejected


def _radclient(
    what: str, radiusd: Daemon, attributes: str, *, expected: int = 0
) -> str:
    port = radiusd.acct[1] if what == "acct" else radiusd.auth[1]
    done = subprocess.run(
        [
            "radclient",
            *("-x", "-r", "2", "-t", "5"),
            *(f"127.0.0.1:{port}", what, "secret of the branch"),
        ],
        check=False,
        input=attributes,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == expected, done.stdout + done.stderr
    return done.stdout


def test_status_server_at_both_ports(centre: Installation, nas: AccessServer) -> None:
    def question() -> bytes:
        return requests.status_server(next_identifier(), bytes(range(16)), SECRET)

    with centre.radiusd() as radiusd:
        codes = [
            nas.ask(question(), port).code for port in (radiusd.auth, radiusd.acct)
        ]
        health = radiusd.get("/healthz")

    assert codes == [Code.ACCESS_ACCEPT, Code.ACCOUNTING_RESPONSE]
    assert health == (200, "ok\n")
