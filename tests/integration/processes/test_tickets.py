"""A ticket opens one session, whatever dies, gets lost or comes twice on the way."""

import subprocess
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

import pytest

from portal.model.outcome import Deny, DenyReason
from portal.model.session import SessionState
from portal.model.usage import Usage
from portal.radius.codes import AcctStatusType, Code
from portal.radius.packet import Packet, parse
from portal.service.admission import Claim, Minted, mint
from portal.service.estate_ports import PlanLimits, Refused
from tests.conftest import need
from tests.stack.process import found
from tests.stack.province import ACTOR, Province, secret_of
from tests.stack.radius_peer import RadiusPeer, class_of, open_session
from tests.stack.relay import UdpRelay

PHONE = "02-4C-52-00-00-01"
LAPTOP = "02-4C-52-00-00-02"
AT_ONCE = 20
T = TypeVar("T")


def test_a_kill_between_commit_and_reply_costs_nobody_the_sign_in(
    province: Province,
) -> None:
    daemon = province.radiusd()
    patron = province.add_patron(province.add_plan(devices=1))
    ticket = province.ticket(patron, PHONE)
    with (
        UdpRelay(daemon.auth, "127.0.0.2", swallow=1) as relay,
        RadiusPeer.of(daemon, auth=relay.address) as peer,
    ):
        request = peer.sign_in(ticket, PHONE, "s1")
        peer.send(request)
        lost = relay.lost_reply()
        daemon.kill()
        daemon.start()

        again = peer.answer_to(request)

    assert class_of(again) == class_of(parse(lost))
    assert [s.state for s in province.sessions()] == [SessionState.PENDING]


def test_a_kill_between_commit_and_reply_books_a_record_once(
    province: Province,
) -> None:
    daemon = province.radiusd()
    patron = province.add_patron(province.add_plan())
    with (
        UdpRelay(daemon.acct, "127.0.0.2", swallow=1) as relay,
        RadiusPeer.of(daemon) as peer,
        RadiusPeer.of(daemon, acct=relay.address) as unlucky,
    ):
        ticket = province.ticket(patron, PHONE)
        class_value = open_session(province, peer, ticket, PHONE, "s1")
        stop = unlucky.report(
            AcctStatusType.STOP,
            PHONE,
            "s1",
            at=int(province.now.timestamp()),
            class_value=class_value,
            seconds=60,
            down=5 << 30,
            up=7,
        )
        unlucky.send(stop)
        relay.lost_reply()
        daemon.kill()
        daemon.start()

        again = unlucky.answer_to(stop)

    assert again.code == Code.ACCOUNTING_RESPONSE
    assert list(province.days(patron).values()) == [Usage(60, 5 << 30, 7)]
    assert len(province.rows("accounting_record", "received_at")) == 2


def test_a_second_radiusd_accepts_the_same_session_and_no_other(
    postgresql_province: Province,
) -> None:
    province = postgresql_province
    one, two = province.radiusd(), province.radiusd()
    patron = province.add_patron(province.add_plan())
    ticket = province.ticket(patron, PHONE)
    with RadiusPeer.of(one) as here, RadiusPeer.of(two) as there:
        first = here.ask(ticket, PHONE, "s1")

        same = there.ask(ticket, PHONE, "s1", chap=False)
        other_device = there.ask(ticket, LAPTOP, "s1")
        other_session = there.ask(ticket, PHONE, "s2")
    with RadiusPeer.of(two, branch=2) as elsewhere:
        other_nas = elsewhere.ask(ticket, PHONE, "s1")

    assert class_of(same) == class_of(first)
    others = [other_device, other_session, other_nas]
    assert [each.code for each in others] == [Code.ACCESS_REJECT] * 3
    assert len(province.sessions()) == 1


def test_two_radiusds_asked_at_once_open_one_session(
    postgresql_province: Province,
) -> None:
    """A NAS that turns to the second server before the first one has answered."""
    province = postgresql_province
    daemons = [province.radiusd(), province.radiusd()]
    patron = province.add_patron(province.add_plan(devices=1))
    ticket = province.ticket(patron, PHONE)

    with ExitStack() as stack:
        peers = [stack.enter_context(RadiusPeer.of(daemon)) for daemon in daemons]
        answers = at_once([ask(peer, ticket, PHONE, "s1") for peer in peers])

    assert len({class_of(answer) for answer in answers}) == 1
    assert len(province.sessions()) == 1


@pytest.mark.freeradius
def test_radclient_gets_identical_octets_the_second_time(
    province: Province, tmp_path: Path
) -> None:
    need(None if found("radclient") else "radclient (apt: freeradius-utils)")
    daemon = province.radiusd()
    ticket = province.ticket(province.add_patron(province.add_plan()), PHONE)
    secret = tmp_path / "secret"
    secret.write_bytes(secret_of("branch-1"))
    attributes = {
        "User-Name": ticket.grant_id,
        "CHAP-Password": ticket.password,
        "Calling-Station-Id": PHONE,
        "NAS-Identifier": "branch-1",
        "Acct-Session-Id": "s1",
        "Message-Authenticator": "0x00",
    }

    with UdpRelay(daemon.auth, "127.0.0.2", swallow=1) as relay:
        host, port = relay.address
        run = subprocess.run(
            [
                *("radclient", "-x", "-r", "5", "-t", "3"),
                *("-S", secret, f"{host}:{port}", "auth"),
            ],
            input="\n".join(f'{name} = "{v}"' for name, v in attributes.items()),
            text=True,
            capture_output=True,
            timeout=60,
            check=False,
        )
        requests, replies = list(relay.requests), list(relay.replies)

    assert run.returncode == 0, run.stdout + run.stderr
    assert "Received Access-Accept" in run.stdout
    assert len(requests) == len(replies) == 2
    assert len(set(requests)) == 1
    assert len(set(replies)) == 1
    assert daemon.counts("repeated") == {("auth",): 1}


def test_of_twenty_at_the_sign_in_page_one_gets_in(province: Province) -> None:
    daemon = province.radiusd()
    patron = province.add_patron(province.add_plan(devices=1))
    nas = province.nas()

    def sign_in(number: int) -> Callable[[], Minted | Deny]:
        claim = Claim(
            patron_id=patron.patron.id,
            nas=nas,
            device=device(number),
            challenge=f"{number:032x}",
            language="fa",
        )

        def claim_it() -> Minted | Deny:
            with province.services.store.write() as uow:
                outcome = mint(uow, province.services.keys, claim, province.now)
            assert isinstance(outcome, Minted | Deny)
            return outcome

        return claim_it

    outcomes = at_once([sign_in(number) for number in range(AT_ONCE)])
    admitted = {n: o for n, o in enumerate(outcomes) if isinstance(o, Minted)}
    with RadiusPeer.of(daemon) as peer:
        codes = [
            peer.ask(ticket, device(n), f"s{n}").code for n, ticket in admitted.items()
        ]

    assert codes == [Code.ACCESS_ACCEPT]
    refused = [outcome for outcome in outcomes if isinstance(outcome, Deny)]
    assert {deny.reason for deny in refused} == {DenyReason.TOO_MANY_DEVICES}


def test_of_twenty_access_requests_one_is_accepted(province: Province) -> None:
    """Tickets from before the plan was narrowed; on PostgreSQL at two servers."""
    daemons = [province.radiusd()]
    if province.services.settings.database_file is None:
        daemons.append(province.radiusd())
    plan = province.add_plan(devices=AT_ONCE)
    patron = province.add_patron(plan)
    tickets = [province.ticket(patron, device(n)) for n in range(AT_ONCE)]
    narrowed = province.services.estate.change_plan(plan, PlanLimits(devices=1), ACTOR)
    assert not isinstance(narrowed, Refused)

    with ExitStack() as stack:
        peers = [
            stack.enter_context(RadiusPeer.of(daemons[n % len(daemons)]))
            for n in range(AT_ONCE)
        ]
        answers = at_once(
            [ask(peers[n], tickets[n], device(n), f"s{n}") for n in range(AT_ONCE)]
        )

    codes = sorted(answer.code for answer in answers)
    assert codes == [Code.ACCESS_ACCEPT] + [Code.ACCESS_REJECT] * (AT_ONCE - 1)
    assert len(province.sessions()) == 1


def device(number: int) -> str:
    return f"02-4C-52-00-01-{number:02X}"


def ask(
    peer: RadiusPeer, ticket: Minted, device: str, number: str
) -> Callable[[], Packet]:
    request = peer.sign_in(ticket, device, number)
    return lambda: peer.answer_to(request)


def at_once(tasks: Sequence[Callable[[], T]]) -> list[T]:
    """Do all of it in threads that start together; the results in order."""
    start = threading.Barrier(len(tasks))

    def run(task: Callable[[], T]) -> T:
        start.wait(timeout=10)
        return task()

    with ThreadPoolExecutor(len(tasks)) as threads:
        return list(threads.map(run, tasks))
