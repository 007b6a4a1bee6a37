"""Ends of sessions on the wire: what decides, what is sent, what proves it."""

import socket
import time
from collections.abc import Generator
from typing import Any

import pytest
from sqlalchemy import update

from portal.model.outcome import EndReason
from portal.model.session import SessionRef
from portal.radius.attributes import AttributeType as A
from portal.radius.codes import AcctStatusType, Code
from portal.radius.dynauth import dynauth_reply, verify_dynauth_request
from portal.radius.packet import Packet, parse
from portal.radius.values import attribute
from portal.storage import tables
from tests.integration.radiusd.installation import (
    LAPTOP,
    PHONE,
    SECRET,
    AccessServer,
    Daemon,
    Installation,
)
from tests.integration.radiusd.test_conversations import record, sign_in
from tests.stack.wait import until


class Dynauth:
    """The dynamic-authorization port of an access server."""

    def __init__(self, port: int) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", port))
        self.peer: Any = None

    def next(self, within: float = 10.0) -> Packet:
        self.socket.settimeout(within)
        data, self.peer = self.socket.recvfrom(4096)
        request = parse(data)
        assert verify_dynauth_request(request, SECRET)
        return request

    def acknowledge(self, request: Packet) -> None:
        self.socket.sendto(
            dynauth_reply(Code.DISCONNECT_ACK, request, SECRET), self.peer
        )


@pytest.fixture
def dynauth(centre: Installation) -> Generator[Dynauth]:
    one = Dynauth(centre.nas.dynauth_port)
    yield one
    one.socket.close()


def online(
    centre: Installation,
    nas: AccessServer,
    radiusd: Daemon,
    patron: int,
    device: str = PHONE,
) -> tuple[Any, bytes]:
    """Sign a device in and start its session; the ticket and the Class."""
    ticket = centre.mint(patron, device)
    accept = nas.ask(sign_in(ticket, device, session=device), radiusd.auth)
    assert accept.code == Code.ACCESS_ACCEPT
    value = accept.get(A.CLASS)
    assert value is not None
    name = attribute(A.CLASS, value)
    nas.ask(record(AcctStatusType.START, ticket, name), radiusd.acct)
    return ticket, name


def outbox(centre: Installation) -> list[tuple[str, str, str, str | None]]:
    return [
        (row["kind"], row["reason"], row["state"], row["proof"])
        for row in centre.rows("dynauth_request")
    ]


def test_a_quota_used_up_is_a_disconnect_within_a_second_and_a_stop_proves_it(
    centre: Installation, nas: AccessServer, dynauth: Dynauth
) -> None:
    patron = centre.add_patron()
    with centre.radiusd() as radiusd:
        ticket, name = online(centre, nas, radiusd, patron)
        used = record(
            AcctStatusType.INTERIM_UPDATE, ticket, name, seconds=60, down=1_000_000_001
        )
        nas.ask(used, radiusd.acct)
        committed = time.monotonic()
        request = dynauth.next()
        took = time.monotonic() - committed
        # CoovaChilli sends the Stop first, then its ACK.
        stop = record(AcctStatusType.STOP, ticket, name, seconds=61, down=1_000_000_002)
        nas.ask(stop, radiusd.acct)
        dynauth.acknowledge(request)
        until(
            lambda: radiusd.count(
                "dynauth_answers_total", kind="disconnect", answer="ack"
            ),
            what="the answer is counted",
        )
        until(lambda: outbox(centre)[0][3] == "stop", what="the proof")

    assert took < 1
    assert request.code == Code.DISCONNECT_REQUEST
    assert request.get(A.USER_NAME) == ticket.grant_id.encode()
    assert outbox(centre) == [("disconnect", "data_quota", "verified", "stop")]


def test_two_devices_drain_one_allowance_and_both_are_cut(
    centre: Installation, nas: AccessServer, dynauth: Dynauth
) -> None:
    patron = centre.add_patron()
    with centre.radiusd() as radiusd:
        phone = online(centre, nas, radiusd, patron)
        laptop = online(centre, nas, radiusd, patron, LAPTOP)
        for ticket, name in (phone, laptop):
            used = record(
                AcctStatusType.INTERIM_UPDATE,
                ticket,
                name,
                seconds=60,
                down=600_000_000,
            )
            nas.ask(used, radiusd.acct)
        requests = [dynauth.next(), dynauth.next()]

    names = {request.get(A.USER_NAME) for request in requests}
    assert names == {phone[0].grant_id.encode(), laptop[0].grant_id.encode()}


def test_what_another_process_decides_is_sent_within_a_second(
    centre: Installation, nas: AccessServer, dynauth: Dynauth
) -> None:
    patron = centre.add_patron()
    with centre.radiusd() as radiusd:
        online(centre, nas, radiusd, patron)
        (row,) = centre.rows("session")
        ref = SessionRef(row["month"], row["id"])
        services = centre.services
        with services.store.write() as uow:
            session = uow.ledger.sessions([ref])[ref]
            services.judge.end(uow, session, EndReason.STAFF, {}, services.clock())
        committed = time.monotonic()
        dynauth.next()
        took = time.monotonic() - committed

    assert took < 1


def test_an_instant_that_comes_ends_a_session_without_any_record(
    centre: Installation, nas: AccessServer, dynauth: Dynauth
) -> None:
    patron = centre.add_patron()
    with centre.radiusd() as radiusd:
        ticket, _ = online(centre, nas, radiusd, patron)
        table = tables.patron
        now = centre.services.clock()
        with centre.services.store.write() as uow:
            uow.connection.execute(update(table).values(valid_until=now))
            uow.connection.execute(update(tables.session).values(judge_at=now))
        request = dynauth.next(within=2.5)

    assert request.get(A.USER_NAME) == ticket.grant_id.encode()
    assert outbox(centre)[0][1] == "membership_ended"


def test_without_an_answer_it_is_sent_again_octet_for_octet(
    centre: Installation, nas: AccessServer, dynauth: Dynauth
) -> None:
    patron = centre.add_patron()
    with centre.radiusd() as radiusd:
        ticket, name = online(centre, nas, radiusd, patron)
        used = record(
            AcctStatusType.INTERIM_UPDATE, ticket, name, seconds=60, down=1_000_000_001
        )
        nas.ask(used, radiusd.acct)
        first, second = dynauth.next(), dynauth.next()
        dynauth.acknowledge(second)
        until(lambda: outbox(centre)[0][2] == "acknowledged", what="the ACK is noted")

    assert first.raw == second.raw


def test_a_request_outlives_the_daemon_that_sent_it(
    centre: Installation, nas: AccessServer, dynauth: Dynauth
) -> None:
    patron = centre.add_patron()
    with centre.radiusd() as radiusd:
        ticket, name = online(centre, nas, radiusd, patron)
        used = record(
            AcctStatusType.INTERIM_UPDATE, ticket, name, seconds=60, down=1_000_000_001
        )
        nas.ask(used, radiusd.acct)
        dynauth.next()
        radiusd.program.kill()
    with centre.services.store.write() as uow:
        # Its claim would run out by itself, in less than a minute.
        claims = update(tables.dynauth_request).values(claimed_until=None)
        uow.connection.execute(claims)
    with centre.radiusd():
        again = dynauth.next()
        dynauth.acknowledge(again)
        until(lambda: outbox(centre)[0][2] == "acknowledged", what="the ACK is noted")

    assert again.get(A.USER_NAME) == ticket.grant_id.encode()


def test_it_tells_that_it_lives_and_when_a_nas_was_heard(
    centre: Installation, nas: AccessServer
) -> None:
    patron = centre.add_patron()
    with centre.radiusd() as radiusd:
        online(centre, nas, radiusd, patron)
        until(lambda: centre.nas.heard_at, what="the NAS is heard")

    (beat,) = centre.rows("heartbeat")
    assert beat["process"] == "radiusd"
