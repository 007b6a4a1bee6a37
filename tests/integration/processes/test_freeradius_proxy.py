"""radiusd is at home behind FreeRADIUS: a proxy is its client, the NAS is inside it.

Between the two stand relays that lose replies and keep what was said.
"""

import secrets
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Protocol

import pytest

from portal.model.estate import Nas
from portal.model.patron import PatronCard
from portal.model.session import Session, SessionRef, SessionState
from portal.model.usage import Usage
from portal.radius.attributes import AttributeType as A
from portal.radius.attributes import ChilliSpot, Vendor
from portal.radius.authenticator import verify_reply
from portal.radius.codes import AcctStatusType, Code
from portal.radius.packet import parse
from portal.radius.requests import access_request, user_password
from portal.radius.secret import SharedSecret
from portal.radius.values import attribute, encode_integer, integer, parse_integer
from portal.service.estate_ports import NewNas
from tests.conftest import need
from tests.stack import freeradius
from tests.stack.daemon import HOST, Radiusd
from tests.stack.freeradius import Home, Proxy
from tests.stack.nas_sim import NasSim, Simulated
from tests.stack.ports import free_port
from tests.stack.province import ACTOR, UAM_SECRET, Province, secret_of
from tests.stack.radius_peer import RadiusPeer, class_of
from tests.stack.relay import UdpRelay
from tests.stack.wait import until

pytestmark = pytest.mark.freeradius

PHONE = "02-4C-52-00-00-01"
LAPTOP = "02-4C-52-00-00-02"
PROXY, BRANCH, NAS_ADDRESS = "127.0.0.9", 3, "127.0.0.4"
NAS_NAME = f"branch-{BRANCH}"
FRONT = SharedSecret(secret_of("front"))
GIB = 1 << 30
START, STOP = AcctStatusType.START, AcctStatusType.STOP
INTERIM = AcctStatusType.INTERIM_UPDATE


@dataclass
class Line:
    """An access server, FreeRADIUS, two relays, radiusd."""

    province: Province
    daemon: Radiusd
    proxy: Proxy
    auth: UdpRelay
    acct: UdpRelay

    def peer(self, branch: int = BRANCH) -> RadiusPeer:
        """An access server behind the proxy."""
        return RadiusPeer.of(
            self.daemon, branch, auth=self.proxy.auth, acct=self.proxy.acct
        )


class Lay(Protocol):
    """Lay a line that loses its first `swallow` replies at each port."""

    def __call__(self, *, swallow: int = 0) -> Line: ...


@pytest.fixture
def province(sqlite_province: Province) -> Province:
    """Give a province whose third access server is known through the proxy."""
    need(freeradius.missing())
    sqlite_province.add_client("front", PROXY, is_proxy=True)
    added = sqlite_province.services.estate.add_nas(
        NewNas(
            name=NAS_NAME,
            branch="b1",
            client="front",
            profile="coovachilli",
            identifier=NAS_NAME,
            address=None,
            uam_server_url="http://127.0.0.1:8080/login",
            uam_networks=(ip_network("127.4.0.0/24"),),
            uam_port=free_port(),
            uam_secret=UAM_SECRET,
            dynauth_address=NAS_ADDRESS,
            dynauth_port=free_port(),
            # radiusd's way to the NAS is straight, with the secret the NAS has.
            dynauth_secret=secret_of(NAS_NAME),
            interim_interval=1,
            line_rate=1_000_000_000_000,
        ),
        ACTOR,
    )
    assert isinstance(added, Nas), added
    return sqlite_province


@pytest.fixture
def patron(province: Province) -> PatronCard:
    return province.add_patron(province.add_plan(time=3600, data=GIB))


@pytest.fixture
def lay(province: Province) -> Generator[Lay]:
    """Give `lay(swallow=1)`: a line that loses the first reply at each port."""
    with ExitStack() as stack:

        def line(*, swallow: int = 0) -> Line:
            daemon = province.radiusd()
            auth, acct = (
                stack.enter_context(UdpRelay(to, PROXY, swallow=swallow))
                for to in (daemon.auth, daemon.acct)
            )
            home = Home(auth.address, acct.address, HOST, secret_of("front"))
            proxy = stack.enter_context(proxied(home))
            return Line(province, daemon, proxy, auth, acct)

        yield line


@contextmanager
def proxied(home: Home, *, patience: int = 10) -> Generator[Proxy]:
    clients = {f"127.0.0.{n + 1}": secret_of(f"branch-{n}") for n in (1, BRANCH)}
    with freeradius.proxy(home, clients, patience=patience) as proxy:
        try:
            yield proxy
        finally:
            # Shown where a test fails.
            print(proxy.program.output[-8000:])


# ------------------------------------------------------------------------ signing in


@pytest.mark.parametrize("password", ["right", "wrong"])
def test_proxy_states_come_back_in_order_behind_a_true_message_authenticator(
    province: Province, lay: Lay, patron: PatronCard, password: str
) -> None:
    line = lay()
    ticket = province.ticket(patron, PHONE, branch=BRANCH)
    words = ticket.password if password == "right" else "an open sesame"
    others = [b"of a proxy before", b"\x00\xff", b"and the next"]
    with line.peer() as peer:
        random = secrets.token_bytes(16)
        request = access_request(
            peer.identifier(),
            random,
            [
                attribute(A.USER_NAME, ticket.grant_id.encode()),
                user_password(words.encode(), random, peer.secret),
                *peer.describe(PHONE, "s1"),
                *(attribute(A.PROXY_STATE, value) for value in others),
            ],
            peer.secret,
        )

        answer = peer.answer_to(request)

    code = Code.ACCESS_ACCEPT if password == "right" else Code.ACCESS_REJECT
    [forwarded], [reply] = line.auth.requests, map(parse, line.auth.replies)
    states = parse(forwarded).all(A.PROXY_STATE)
    assert states[:3] == others
    assert len(states) == 4
    assert reply.all(A.PROXY_STATE) == states
    assert reply.attributes[0][0] == A.MESSAGE_AUTHENTICATOR
    assert verify_reply(reply, forwarded, FRONT, require_message_authenticator=True)
    assert answer.code == reply.code == code
    assert answer.all(A.PROXY_STATE) == others


def test_a_lost_accept_is_the_same_octets_again(
    province: Province, lay: Lay, patron: PatronCard
) -> None:
    line = lay(swallow=1)
    ticket = province.ticket(patron, PHONE, branch=BRANCH)
    with line.peer() as peer:
        accept = peer.ask(ticket, PHONE, "s1")

    assert integer(accept, A.SESSION_TIMEOUT) == 3600
    octets = accept.vsa(Vendor.CHILLISPOT, ChilliSpot.MAX_TOTAL_OCTETS)
    assert octets is not None
    assert parse_integer(octets) == GIB
    assert len(line.auth.replies) > 1
    assert len(set(line.auth.replies)) == 1
    assert line.daemon.counts("repeated")["auth",] == len(line.auth.replies) - 1
    assert len(province.sessions()) == 1


def test_what_the_proxy_signs_is_heard_and_what_it_does_not_sign_is_not(
    province: Province, lay: Lay, patron: PatronCard
) -> None:
    """The access server itself never signs; FreeRADIUS does on its behalf."""
    line = lay()
    ticket = province.ticket(patron, PHONE, branch=BRANCH)
    straight = RadiusPeer(PROXY, NAS_NAME, FRONT, line.daemon.auth, line.daemon.acct)
    with straight, line.peer() as peer:
        request = straight.sign_in(ticket, PHONE, "s1", message_authenticator=False)
        straight.send(request)
        until(lambda: unsigned(line.daemon), what="the request is dropped")
        request = peer.sign_in(ticket, PHONE, "s1", message_authenticator=False)

        accept = peer.answer_to(request)

    assert accept.code == Code.ACCESS_ACCEPT
    assert unsigned(line.daemon) == 1
    assert len(province.sessions()) == 1


def unsigned(daemon: Radiusd) -> float:
    return daemon.dropped("auth", "no_message_authenticator")


def test_a_nas_that_is_not_the_proxys_is_refused_beside_one_that_is(
    province: Province, lay: Lay, patron: PatronCard
) -> None:
    """Branch 1 is registered, with a client of its own, and not through the proxy."""
    line = lay()
    ticket, own = (
        province.ticket(patron, device, branch=branch)
        for device, branch in ((LAPTOP, 1), (PHONE, BRANCH))
    )
    with line.peer(1) as stray, line.peer() as peer:
        stray.send(stray.sign_in(ticket, LAPTOP, "s1"))
        stray.send(stray.report(START, LAPTOP, "s1", at=int(province.now.timestamp())))
        until(lambda: refused(line.daemon, "auth"), what="the sign-in is refused")
        until(lambda: refused(line.daemon, "acct"), what="the record is refused")

        accept = peer.ask(own, PHONE, "s1")

    assert accept.code == Code.ACCESS_ACCEPT
    assert line.acct.replies == []
    assert province.rows("accounting_record", "received_at") == []


def refused(daemon: Radiusd, port: str) -> float:
    return daemon.dropped(port, "unknown_nas")


# ------------------------------------------------------------------------ accounting


def test_a_session_is_booked_once_though_the_proxy_makes_new_packets_of_old_ones(
    province: Province, lay: Lay, patron: PatronCard
) -> None:
    """Acct-Delay-Time grows with each try: new identifiers, other authenticators."""
    line = lay(swallow=1)
    ticket = province.ticket(patron, PHONE, branch=BRANCH)
    with line.peer() as peer:
        value = class_of(peer.ask(ticket, PHONE, "s1"))
        at = int(province.now.timestamp())
        replies = []
        for status, seconds in ((START, 0), (INTERIM, 60), (STOP, 90)):
            record = peer.report(
                status,
                PHONE,
                "s1",
                at=at + seconds,
                class_value=value,
                seconds=seconds,
                down=seconds * 1000,
                up=seconds,
                extra=[
                    attribute(A.ACCT_DELAY_TIME, encode_integer(0)),
                    attribute(A.PROXY_STATE, b"of a proxy before"),
                ],
            )
            line.acct.lose_next()
            replies.append(peer.answer_to(record))

    told = [parse(octets) for octets in line.acct.requests]
    assert len(told) >= 6
    assert len({each.identifier for each in told}) == len(told)
    assert len({each.authenticator for each in told}) == len(told)
    assert {each.get(A.CLASS) for each in told} == {value}
    for forwarded, reply in zip(line.acct.requests, line.acct.replies, strict=True):
        genuine = parse(reply)
        states = parse(forwarded).all(A.PROXY_STATE)
        assert verify_reply(genuine, forwarded, FRONT)
        assert genuine.all(A.PROXY_STATE) == states
        assert len(states) == 2
    assert [reply.all(A.PROXY_STATE) for reply in replies] == [
        [b"of a proxy before"]
    ] * 3
    [session] = province.sessions()
    assert session.state is SessionState.STOPPED
    assert session.usage == Usage(90, 90_000, 90)
    assert len(province.rows("accounting_record", "received_at")) == 3
    assert list(province.days(patron).values()) == [Usage(90, 90_000, 90)]


def test_a_simulated_branch_is_served_and_steered_from_behind_the_proxy(
    province: Province, lay: Lay, patron: PatronCard
) -> None:
    """Radiusd's Disconnect goes to the access server itself, past the proxy."""
    line = lay()
    sim = NasSim.start(province, line.proxy, [Simulated(BRANCH, check_seconds=1)])
    try:
        phone = sim.phone(BRANCH)
        ref = phone.sign_in(patron)
        limits = phone.limits
        phone.use(down=GIB // 2)
        until(lambda: province.session(ref).usage.downloaded, what="an Interim")
        province.portal(
            "patron", "block", patron.patron.handle, "--for", "1d", "--note", "noise"
        )
        end = phone.wait_until_cut()
        session = until(lambda: stopped(province, ref), what="the Stop is booked")
    finally:
        sim.stop()

    assert limits["max_total"] == GIB
    assert session.usage.downloaded == GIB // 2
    assert end["cause"] == session.terminate_cause
    until(lambda: province.proof(ref)[0].state == "verified", what="it is proved")


def stopped(province: Province, ref: SessionRef) -> Session | None:
    session = province.session(ref)
    return session if session.state is SessionState.STOPPED else None


# ------------------------------------------------------------------- alive, and dead


def test_a_stopped_radiusd_is_dead_to_the_proxy_and_alive_again_when_it_answers(
    province: Province, patron: PatronCard
) -> None:
    """FreeRADIUS asks for its health with Status-Server, three answers in a row."""
    daemon = province.radiusd()
    home = Home(daemon.auth, daemon.acct, PROXY, secret_of("front"))
    ticket = province.ticket(patron, PHONE, branch=BRANCH)
    with proxied(home, patience=1) as proxy:
        log = proxy.program
        with RadiusPeer.of(daemon, BRANCH, auth=proxy.auth, acct=proxy.acct) as peer:
            assert daemon.stop() == 0
            peer.send(peer.sign_in(ticket, PHONE, "s1"))
            log.wait_for(f"port {daemon.auth_port} as dead")
            daemon.start()
            log.wait_for("(3 in current sequence)", within=40)

            accept = peer.ask(ticket, PHONE, "s1")

    assert accept.code == Code.ACCESS_ACCEPT
    assert daemon.counts("requests")[str(Code.STATUS_SERVER.value), "auth"] >= 3
