"""Nothing is acknowledged that is not on disk, as the kernel saw it."""

import re
from collections.abc import Generator
from pathlib import Path

import pytest

from portal.radius.codes import AcctStatusType, Code
from tests.conftest import need
from tests.stack import postgresql
from tests.stack.daemon import Radiusd
from tests.stack.process import found
from tests.stack.province import Province, province
from tests.stack.radius_peer import RadiusPeer, class_of
from tests.stack.world import migrate

PHONE = "02-4C-52-00-00-01"
ROUNDS = 15
REFUSED = 3
# strace splits a call that another thread's call comes in between of.
_SYNCED = re.compile(r"(?:fdatasync|fsync)(?:\(\d+| resumed>)\)\s+= 0$")


@pytest.fixture
def traced(sqlite_province: Province, tmp_path: Path) -> Generator[Radiusd]:
    """Give a radiusd whose syncs and datagrams are written to `tmp_path`/calls."""
    need(None if found("strace") else "strace (apt: strace)")
    daemon = sqlite_province.cold_radiusd()
    daemon.tracer = [
        *("strace", "-D", "-f", "-qq", "-s", "1", "-e", "signal=none"),
        *("-e", "trace=fdatasync,fsync,recvfrom,sendto", "-o", tmp_path / "calls"),
    ]
    daemon.start()
    yield daemon
    daemon.stop()


@pytest.mark.alone
def test_between_a_request_and_its_reply_the_disk_is_synced(
    sqlite_province: Province, traced: Radiusd, tmp_path: Path
) -> None:
    here = sqlite_province
    ticket = here.ticket(here.add_patron(here.add_plan()), PHONE)
    with RadiusPeer.of(traced) as peer:
        # A request that came twice would have its reply from memory.
        peer.again_after = 20
        class_value = class_of(peer.ask(ticket, PHONE, "s1"))
        for step in range(ROUNDS):
            report = peer.report(
                AcctStatusType.INTERIM_UPDATE if step else AcctStatusType.START,
                PHONE,
                "s1",
                at=int(here.now.timestamp()),
                class_value=class_value,
                seconds=step,
                down=step * 1000,
            )
            assert peer.answer_to(report).code == Code.ACCOUNTING_RESPONSE
        port = peer.port.getsockname()[1]
        batches = sum(traced.counts("batch_size_count").values())
    traced.stop()

    events = list(told(tmp_path / "calls", port))
    replies = "".join(events).split("reply")[:-1]
    assert len(replies) == ROUNDS + 1
    for before in replies:
        since = before.rpartition("request")[2]
        assert "sync" in since, events
    assert batches == ROUNDS + 1
    assert events.count("sync") >= batches


def test_a_database_that_does_not_sync_is_refused(tmp_path: Path) -> None:
    need(postgresql.missing())
    with (
        postgresql.cluster(fsync="off") as careless,
        careless.database() as url,
        province(url, tmp_path) as installation,
    ):
        migrate(url)
        daemon = installation.cold_radiusd()
        daemon.spawn()
        code = daemon.program.wait(within=30)

        assert code == REFUSED
        last = daemon.program.output.splitlines()[-1]
        assert "not on disk" in last
        assert "fsync is off" in last


def told(calls: Path, port: int) -> Generator[str]:
    """`request`, `sync` and `reply`, as they came; the port is that of the asker."""
    for line in calls.read_text().splitlines():
        if _SYNCED.search(line):
            yield "sync"
        elif f"htons({port})" in line:
            yield "reply" if "sendto(" in line else "request"
