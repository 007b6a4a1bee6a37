"""While the database is away radiusd is silent; when it is back, so is the service."""

import os
import signal
import sqlite3
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from portal.radius.codes import AcctStatusType, Code
from tests.stack import province as provinces
from tests.stack import world as worlds
from tests.stack.daemon import Radiusd
from tests.stack.postgresql import Cluster
from tests.stack.province import Province
from tests.stack.radius_peer import RadiusPeer, class_of
from tests.stack.wait import until

PHONE = "02-4C-52-00-00-01"
START = AcctStatusType.START
QUIET = 1.5  # seconds that a silence is listened to


@pytest.fixture
def remote(own_cluster: Cluster, tmp_path: Path) -> Generator[Province]:
    """Give a province in a database that may be stopped."""
    with own_cluster.database() as url, provinces.province(url, tmp_path) as one:
        worlds.migrate(url)
        one.add_branch(1)
        yield one


def report(province: Province, peer: RadiusPeer, number: str) -> bytes:
    return peer.report(START, PHONE, number, at=int(province.now.timestamp()))


def assert_silent(daemon: Radiusd, peer: RadiusPeer, *requests: bytes) -> None:
    """No answer to these, nor to Status-Server at either port."""
    for request in requests:
        peer.send(request)
    for port in (daemon.auth, daemon.acct):
        assert peer.exchange(peer.status_server(), within=QUIET / 2, to=port) is None
    for request in requests:
        assert peer.receive(request, within=QUIET / 2) is None


def assert_served(daemon: Radiusd, peer: RadiusPeer) -> None:
    daemon.wait_until_healthy()
    for port in (daemon.auth, daemon.acct):
        answer = peer.exchange(peer.status_server(), within=20, to=port)
        assert answer is not None


@pytest.mark.parametrize("how", ["stopped", "frozen"])
def test_a_database_that_goes_and_comes_back_costs_no_record_and_no_restart(
    own_cluster: Cluster, remote: Province, how: str
) -> None:
    daemon = remote.radiusd()
    patron = remote.add_patron(remote.add_plan())
    ticket = remote.ticket(patron, PHONE)
    with RadiusPeer.of(daemon) as peer:
        peer.answer_to(report(remote, peer, "before"))
        during = report(remote, peer, "during")
        sign_in = peer.sign_in(ticket, PHONE, "s1")
        with away(own_cluster, how):
            peer.send(during)
            until(lambda: not daemon.is_healthy(), what="it is unwell", within=20)
            assert_silent(daemon, peer, during)
        assert_served(daemon, peer)
        booked = peer.answer_to(during)
        accept = peer.answer_to(sign_in)

    assert booked.code == Code.ACCOUNTING_RESPONSE
    assert class_of(accept)
    assert {s.acct_session_id for s in remote.sessions()} == {"before", "during", "s1"}
    assert daemon.counts("rejects") == {}
    daemon.program.fail_if_gone()


def test_it_ends_in_time_though_the_database_does_not_answer(
    own_cluster: Cluster, remote: Province
) -> None:
    daemon = remote.radiusd()
    with RadiusPeer.of(daemon) as peer:
        lost = report(remote, peer, "lost")
        with away(own_cluster, "frozen"):
            peer.send(lost)
            until(lambda: not daemon.is_healthy(), what="it is unwell", within=20)
            began = time.monotonic()
            code = daemon.stop()
            took = time.monotonic() - began
        heard = peer.receive(lost, within=0.2)

    assert code == 0
    assert took < 5.5
    assert heard is None


def test_a_locked_sqlite_database_is_silence_until_the_lock_goes(
    sqlite_province: Province,
) -> None:
    province = sqlite_province
    daemon = province.radiusd()
    file = province.services.settings.database_file
    assert file is not None
    patron = province.add_patron(province.add_plan())
    ticket = province.ticket(patron, PHONE)
    with RadiusPeer.of(daemon) as peer:
        during = report(province, peer, "during")
        sign_in = peer.sign_in(ticket, PHONE, "s1")
        with locked(file):
            peer.send(during)
            until(lambda: not daemon.is_healthy(), what="it is unwell", within=20)
            assert_silent(daemon, peer, during)
        assert_served(daemon, peer)
        booked = peer.answer_to(during)
        accept = peer.answer_to(sign_in)

    assert booked.code == Code.ACCOUNTING_RESPONSE
    assert class_of(accept)
    assert daemon.counts("rejects") == {}
    assert len(province.rows("accounting_record", "received_at")) == 1


@contextmanager
def away(cluster: Cluster, how: str) -> Iterator[None]:
    """The whole PostgreSQL stopped and started again, or frozen as it stands."""
    if how == "stopped":
        cluster.crash()
        yield
        cluster.start()
        return
    children = Path(f"/proc/{cluster.program.pid}/task/{cluster.program.pid}/children")
    pids = [cluster.program.pid, *map(int, children.read_text().split())]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Another program writes, and takes its time."""
    other = sqlite3.connect(file, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
    finally:
        other.close()
