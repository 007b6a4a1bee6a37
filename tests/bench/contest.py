"""Interleaved rounds: everybody takes turns, so that a noisy minute hits them alike."""

import os
import statistics
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from tests.bench import freeradius
from tests.bench.daricheh import daricheh
from tests.bench.load.child import generate
from tests.bench.load.job import Figures, Report
from tests.bench.peer import Peer
from tests.stack import postgresql

Say = Callable[[str], None]

_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Standing:
    """One contestant's rounds."""

    name: str
    reports: list[Report] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    """Seconds of processor time its own processes took, round by round."""

    def median(self, of: Callable[[Report], float]) -> float:
        return statistics.median(of(report) for report in self.reports)

    def rate(self, kind: str) -> float:
        return self.median(lambda report: _figures(report, kind).rate)

    def latency(self, kind: str, percentile: str) -> float:
        """`p50` or `p99`, in milliseconds."""
        return self.median(
            lambda report: float(getattr(_figures(report, kind), percentile))
        )

    def total(self, kind: str, figure: str) -> int:
        return sum(getattr(_figures(r, kind), figure) for r in self.reports)

    @property
    def cpu_per_request(self) -> float:
        """Microseconds, over accounting and sign-ins together."""
        requests = sum(r.auth.requests + r.acct.requests for r in self.reports)
        return sum(self.cpu) / requests * 1e6


def contest(*, rounds: int, sessions: int, say: Say) -> list[Standing]:
    """Medians of so many rounds of so many sessions each; FreeRADIUS stands first."""
    if missing := freeradius.missing() or postgresql.missing():
        raise SystemExit(f"bench: {missing} is missing")
    with ExitStack() as stack:
        cluster = stack.enter_context(postgresql.cluster())
        urls = [stack.enter_context(cluster.database()) for _ in range(2)]
        peers: list[Peer] = [
            stack.enter_context(freeradius.freeradius(urls[0])),
            stack.enter_context(daricheh("radiusd + PostgreSQL", urls[1])),
            stack.enter_context(daricheh("radiusd + SQLite")),
        ]
        for peer in peers:
            # Connections open, plans and caches fill: not counted.
            _turn(peer, max(100, sessions // 10))
        for url in urls:
            _settle(url)
        return _rounds(peers, rounds, sessions, say)


def _settle(database_url: str) -> None:
    """What PostgreSQL does by itself within minutes of a table's first rows."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def _rounds(
    peers: Sequence[Peer], rounds: int, sessions: int, say: Say
) -> list[Standing]:
    standings = [Standing(peer.name) for peer in peers]
    for number in range(1, rounds + 1):
        for peer, standing in zip(peers, standings, strict=True):
            before = _cpu(peer.pids)
            report, faults = _turn(peer, sessions)
            standing.cpu.append(_cpu(peer.pids) - before)
            standing.reports.append(report)
            standing.faults += faults
            say(
                f"round {number}: {peer.name}: {report.auth.rate:.0f} auth/s,"
                f" {report.acct.rate:.0f} accounting/s"
            )
    return standings


def _turn(peer: Peer, sessions: int) -> tuple[Report, list[str]]:
    job = peer.job(sessions)
    report = generate(job)
    return report, peer.faults(job, report)


def _figures(report: Report, kind: str) -> Figures:
    return report.auth if kind == "auth" else report.acct


def _cpu(pids: Sequence[int]) -> float:
    """Processor time of these processes so far, user and system (proc(5))."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / _TICK
