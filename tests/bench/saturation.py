"""Saturation: with 64 records in flight on SQLite, who still gets a turn.

Two questions: how long a sign-in waits to mint its ticket, and how long a record waits
for its answer while another process writes 10,000 rows the way this program does it.
"""

import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import insert

from portal.model.estate import Nas
from portal.service.admission import Claim, Minted, mint
from portal.service.ids import new_id
from portal.storage import tables
from tests.bench.daricheh import Daricheh, daricheh
from tests.bench.load.child import Generator
from tests.bench.load.job import Report

_SESSIONS = 3000
_MINTS = 200
_ROWS, _CHUNK = 10_000, 100
# Patrons that the load does not use.
_FIRST = 9_000


def saturation() -> Iterator[str]:
    """One line a question, as the answers come in."""
    with daricheh("radiusd + SQLite") as ours:
        with _under_load(ours) as reports:
            waits = [_mint(ours, number) for number in range(_MINTS)]
        yield (
            f"{len(waits)} tickets minted under load: p50 {_ms(waits, 50):.0f} ms,"
            f" p99 {_ms(waits, 99):.0f} ms; {_told(reports)}"
        )
        with _under_load(ours) as reports:
            seconds = _write_rows(ours)
        yield f"{_ROWS} rows written under load in {seconds:.1f} s; {_told(reports)}"


@contextmanager
def _under_load(ours: Daricheh) -> Iterator[list[Report]]:
    """A generator at work; its report is in the list afterwards."""
    generator = Generator.start(ours.job(_SESSIONS))
    reports: list[Report] = []
    yield reports
    if not generator.busy:
        print("the load ended early: more sessions are needed", file=sys.stderr)
    reports.append(generator.report())


def _told(reports: list[Report]) -> str:
    """What the load saw; asked for once the block has ended."""
    acct = reports[0].acct
    return (
        f"{acct.rate:.0f} accounting/s, p99 {acct.p99:.0f} ms, worst {acct.worst:.0f}"
        f" ms, {acct.lost} lost, {acct.wrong} wrong"
    )


def _mint(ours: Daricheh, number: int) -> float:
    services, began = ours.province.services, time.perf_counter()
    claim = _claim(ours.province.nas, number)
    with services.store.write() as uow:
        outcome = mint(uow, services.keys, claim, services.clock())
    assert isinstance(outcome, Minted), outcome
    return time.perf_counter() - began


def _claim(nas: Nas, number: int) -> Claim:
    return Claim(
        patron_id=_FIRST + number,
        nas=nas,
        device=f"02-00-00-00-{number >> 8:02X}-{number & 255:02X}",
        challenge=None,
        language="fa",
    )


def _write_rows(ours: Daricheh) -> float:
    """Rows of a table that nothing waits for, a chunk a transaction."""
    services, began = ours.province.services, time.perf_counter()
    for _ in range(_ROWS // _CHUNK):
        now = services.clock()
        rows = [
            {"id": new_id(now), "at": now, "outcome": "bench"} for _ in range(_CHUNK)
        ]
        with services.store.write() as uow:
            uow.connection.execute(insert(tables.sign_in_attempt), rows)
        time.sleep(0.001)
    return time.perf_counter() - began


def _ms(waits: list[float], percent: int) -> float:
    return statistics.quantiles(waits, n=100)[percent - 1] * 1000
