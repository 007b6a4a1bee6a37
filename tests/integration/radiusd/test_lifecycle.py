"""Starting, stopping, and a database that comes and goes."""

import signal
import socket
import sqlite3
import time
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from portal.radius.attributes import AttributeType as A
from portal.radius.codes import AcctStatusType, Code
from portal.radius.packet import parse
from portal.radius.values import attribute
from tests.integration.radiusd.installation import (
    SECRET,
    AccessServer,
    Daemon,
    Installation,
    installation,
)
from tests.stack.cuttable_line import Line, cuttable_line
from tests.stack.postgresql import Cluster
from tests.stack.wait import until
from tests.unit.radiusd.province import (
    access_request,
    accounting_request,
    status_server,
    text,
)

REFUSED = 3


def report(session: str, status: AcctStatusType = AcctStatusType.START) -> bytes:
    attributes = [text(A.NAS_IDENTIFIER, "branch-1"), text(A.ACCT_SESSION_ID, session)]
    return accounting_request(status=status, secret=SECRET, attributes=attributes)


def known_sessions(centre: Installation) -> set[str]:
    return {row["acct_session_id"] for row in centre.rows("session")}


def refusal(daemon: Daemon) -> str:
    """The one line with which a start is refused."""
    code = daemon.program.wait(within=30)
    lines = [
        line for line in daemon.program.output.splitlines() if not line.startswith("{")
    ]
    assert code == REFUSED, daemon.program.output
    assert len(lines) == 1, daemon.program.output
    return lines[0]


# ---------------------------------------------------------------------------- starts


@pytest.mark.parametrize(
    ("setting", "kind"),
    [
        ("radius_auth_port", socket.SOCK_DGRAM),
        ("radius_acct_port", socket.SOCK_DGRAM),
        ("radius_status_bind", socket.SOCK_STREAM),
    ],
)
def test_a_taken_port_is_one_line_that_names_the_setting(
    sqlite_centre: Installation, setting: str, kind: socket.SocketKind
) -> None:
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", 0))
        if kind is socket.SOCK_STREAM:
            taken.listen()
        port = taken.getsockname()[1]
        value = f"127.0.0.1:{port}" if setting.endswith("bind") else str(port)

        line = refusal(sqlite_centre.launch(**{setting: value}))

    assert f"PORTAL_{setting.upper()}" in line
    assert str(port) in line


def test_a_second_radiusd_on_an_sqlite_database_is_refused(
    sqlite_centre: Installation,
) -> None:
    with sqlite_centre.radiusd() as first:
        line = refusal(sqlite_centre.launch())

        assert "another radiusd" in line
        assert first.is_healthy()


def test_a_second_radiusd_on_postgresql_is_welcome(
    postgresql_centre: Installation,
) -> None:
    with postgresql_centre.radiusd() as one, postgresql_centre.radiusd() as two:
        assert one.is_healthy()
        assert two.is_healthy()


def test_another_schema_is_refused_with_the_command_to_run(
    centre: Installation,
) -> None:
    with centre.services.store.write() as uow:
        uow.connection.exec_driver_sql("UPDATE alembic_version SET version_num='0000'")

    line = refusal(centre.launch())

    assert "portal db upgrade" in line


def test_a_database_set_to_acknowledge_too_early_is_told_to_wait_for_its_disk(
    postgresql_centre: Installation,
) -> None:
    url = postgresql_centre.environment["PORTAL_DATABASE_URL"]
    name = url.rpartition("/")[2]
    with postgresql_centre.services.store.write() as uow:
        uow.connection.exec_driver_sql(
            f"ALTER DATABASE {name} SET synchronous_commit = off"
        )

    with postgresql_centre.radiusd() as radiusd:
        assert radiusd.is_healthy()


# ----------------------------------------------------------------------------- stops


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_after_everything_read_is_committed_and_answered(
    centre: Installation, nas: AccessServer, number: signal.Signals
) -> None:
    with centre.radiusd() as radiusd:
        for session in range(250):
            nas.send(report(f"s{session}"), radiusd.acct)
        nas.receive()
        began = time.monotonic()
        code = radiusd.program.stop(with_signal=number)
        took = time.monotonic() - began

    answered = 1
    while nas.receive_now() is not None:
        answered += 1
    assert code == 0
    assert took < 5
    assert len(known_sessions(centre)) == answered


def test_a_killed_daemon_has_kept_every_record_it_acknowledged(
    centre: Installation, nas: AccessServer
) -> None:
    sent = {(datagram := report(f"s{n}"))[1]: (f"s{n}", datagram) for n in range(250)}
    acknowledged = set()
    with centre.radiusd() as radiusd:
        for _, datagram in sent.values():
            nas.send(datagram, radiusd.acct)
        acknowledged.add(nas.receive()[1])
        radiusd.program.kill()
    while (reply := nas.receive_now()) is not None:
        acknowledged.add(reply[1])

    assert {sent[identifier][0] for identifier in acknowledged} <= known_sessions(
        centre
    )


# ------------------------------------------------------------------- database away


@pytest.fixture
def cut(
    postgresql_cluster: Cluster,
) -> Generator[Line]:
    with cuttable_line(("127.0.0.1", postgresql_cluster.port)) as between:
        yield between


@pytest.fixture
def remote(
    migrated_postgresql_url: str,
    cut: Line,
    tmp_path: Path,
    free_port: Callable[[], int],
) -> Generator[Installation]:
    """An installation whose radiusd reaches the database over a line to cut."""
    with installation(migrated_postgresql_url, tmp_path, free_port) as made:
        made.add_branch(dynauth_port=free_port())
        made.add_plan(time_per_day=3600)
        name = migrated_postgresql_url.rpartition("/")[2]
        made.environment["PORTAL_DATABASE_URL"] = (
            f"postgresql://portal@127.0.0.1:{cut.port}/{name}"
        )
        yield made


def test_while_the_database_is_away_there_is_silence_and_then_service_again(
    remote: Installation, nas: AccessServer, cut: Line
) -> None:
    patron = remote.add_patron()
    ticket = remote.mint(patron)
    sign_in = access_request(
        secret=SECRET,
        password=ticket.password.encode(),
        attributes=[
            text(A.USER_NAME, ticket.grant_id),
            text(A.CALLING_STATION_ID, "02-4C-52-00-00-01"),
            text(A.NAS_IDENTIFIER, "branch-1"),
            text(A.ACCT_SESSION_ID, "s1"),
        ],
    )
    with remote.radiusd() as radiusd:
        before = nas.ask(report("before"), radiusd.acct).code
        cut.cut()
        nas.send(report("during"), radiusd.acct)
        nas.send(sign_in, radiusd.auth)
        until(lambda: radiusd.get("/healthz")[0] == 503, what="it is unwell")
        nas.send(status_server(SECRET), radiusd.auth)
        nas.send(status_server(SECRET), radiusd.acct)
        silence = nas.hears_nothing(0.5)
        cut.mend()
        answers = {parse(nas.receive(10)).code for _ in range(2)}
        until(radiusd.is_healthy, what="it is well again")
        status = nas.ask(status_server(SECRET), radiusd.auth).code

    assert before == Code.ACCOUNTING_RESPONSE
    assert silence
    assert answers == {Code.ACCOUNTING_RESPONSE, Code.ACCESS_ACCEPT}
    assert status == Code.ACCESS_ACCEPT
    assert {"before", "during"} <= known_sessions(remote)


def test_it_starts_while_the_database_is_away_and_serves_when_it_comes(
    remote: Installation, nas: AccessServer, cut: Line
) -> None:
    cut.cut()
    with remote.radiusd() as radiusd:
        nas.send(report("early"), radiusd.acct)
        silence = nas.hears_nothing()
        unwell = radiusd.get("/healthz")[0]
        cut.mend()
        answer = nas.insist(report("late"), radiusd.acct)

    assert silence
    assert unwell == 503
    assert answer.code == Code.ACCOUNTING_RESPONSE


def test_it_stops_in_time_although_the_database_is_away(
    remote: Installation, nas: AccessServer, cut: Line
) -> None:
    with remote.radiusd() as radiusd:
        cut.cut()
        nas.send(report("lost"), radiusd.acct)
        until(lambda: radiusd.get("/healthz")[0] == 503, what="it is unwell")
        began = time.monotonic()
        code = radiusd.program.stop()
        took = time.monotonic() - began

    assert code == 0
    assert took < 5
    assert nas.hears_nothing(0.1)


def test_a_database_that_says_nothing_is_silence_and_then_an_answer(
    remote: Installation, nas: AccessServer, cut: Line
) -> None:
    with remote.radiusd() as radiusd:
        cut.stall()
        nas.send(report("during"), radiusd.acct)
        until(lambda: radiusd.get("/healthz")[0] == 503, what="it is unwell")
        silence = nas.hears_nothing()
        cut.flow()
        answer = parse(nas.receive(5))

    assert silence
    assert answer.code == Code.ACCOUNTING_RESPONSE


def test_it_stops_in_time_although_the_database_says_nothing(
    remote: Installation, nas: AccessServer, cut: Line
) -> None:
    with remote.radiusd() as radiusd:
        cut.stall()
        nas.send(report("lost"), radiusd.acct)
        until(lambda: radiusd.get("/healthz")[0] == 503, what="it is unwell")
        began = time.monotonic()
        code = radiusd.program.stop()
        took = time.monotonic() - began

    assert code == 0
    assert took < 5


def test_a_start_that_waits_for_its_database_can_be_stopped(
    remote: Installation, cut: Line
) -> None:
    cut.stall()
    daemon = remote.launch()
    until(lambda: daemon.get("/healthz")[0] == 503, what="it is there")
    began = time.monotonic()
    code = daemon.program.stop()
    took = time.monotonic() - began

    assert code == 0
    assert took < 5


def test_a_busy_database_delays_an_answer_and_nothing_more(
    sqlite_centre: Installation, nas: AccessServer
) -> None:
    url = sqlite_centre.environment["PORTAL_DATABASE_URL"]
    with sqlite_centre.radiusd() as radiusd:
        other = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        nas.send(report("delayed"), radiusd.acct)
        silence = nas.hears_nothing(1.0)
        other.execute("COMMIT")
        other.close()
        answer = parse(nas.receive(5))

    assert silence
    assert answer.code == Code.ACCOUNTING_RESPONSE
    assert "delayed" in known_sessions(sqlite_centre)


def test_one_record_that_the_database_refuses_is_set_aside_and_answered(
    centre: Installation, nas: AccessServer
) -> None:
    hostile = attribute(A.USER_NAME, b"\x00\xff\xfe")
    poison = accounting_request(
        hostile,
        secret=SECRET,
        attributes=[
            text(A.NAS_IDENTIFIER, "branch-1"),
            attribute(A.ACCT_SESSION_ID, b"\x00\xff"),
            attribute(A.CALLING_STATION_ID, b"\x00" * 253),
        ],
    )
    with centre.radiusd() as radiusd:
        for number in range(63):
            nas.send(report(f"s{number}"), radiusd.acct)
        nas.send(poison, radiusd.acct)
        codes = [nas.receive()[0] for _ in range(64)]

    assert codes == [Code.ACCOUNTING_RESPONSE] * 64
    assert len(known_sessions(centre)) == 64
