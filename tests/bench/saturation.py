"""SQLite while radiusd writes as fast as it can: whether others get their turn.

64 accounting requests are in flight all the time. Beside them tickets are minted, as the
patrons' pages do, and ten thousand old rows are forgotten in the worker's chunks.
"""

import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count

from sqlalchemy import func, insert, select

from portal.service.admission import Claim, Minted, mint
from portal.service.ids import new_id
from portal.service.upkeep import Upkeep
from portal.storage.tables import accounting_record, sign_in_attempt
from tests.bench.daricheh import Daricheh, daricheh
from tests.bench.load.child import Generator
from tests.bench.load.job import Report
from tests.bench.peer import device
from tests.bench.province import PATRONS, Province
from tests.stack.wait import until

MINT_WANTED = 250.0  # milliseconds, p99
ANSWER_WANTED = 1000.0  # milliseconds, the latest Accounting-Response
ROWS = 10_000
_SESSIONS = 6_000
_EVERY = 0.05  # seconds from one sign-in to the next
_BEFORE_AND_AFTER = 2.0


@dataclass(slots=True)
class Findings:
    """What was seen; times in milliseconds."""

    mints: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    forgetting: float = 0.0
    """Seconds that the ten thousand rows took."""
    report: Report | None = None
    faults: list[str] = field(default_factory=list)

    @property
    def mint_p99(self) -> float:
        return statistics.quantiles(self.mints, n=100)[98]

    @property
    def good(self) -> bool:
        assert self.report is not None, "it has come to its end"
        acct = self.report.acct
        return (
            self.mint_p99 <= MINT_WANTED
            and acct.worst <= ANSWER_WANTED
            and not (self.errors or self.faults or acct.lost)
        )

    def lines(self) -> Iterator[str]:
        assert self.report is not None, "it has come to its end"
        acct = self.report.acct
        yield (
            f"accounting: {acct.rate:.0f}/s, p99 {acct.p99:.0f} ms, latest"
            f" {acct.worst:.0f} ms (wanted: {ANSWER_WANTED:.0f}), lost {acct.lost}"
        )
        yield (
            f"tickets: {len(self.mints)} minted, p50"
            f" {statistics.median(self.mints):.0f} ms, p99 {self.mint_p99:.0f} ms"
            f" (wanted: {MINT_WANTED:.0f}), errors {len(self.errors)}"
        )
        yield f"{ROWS} rows forgotten meanwhile in {self.forgetting:.1f} s"
        yield from self.errors
        yield from self.faults


def saturation() -> Findings:
    found = Findings()
    with daricheh("radiusd + SQLite") as peer:
        _leave_old_rows(peer.province)
        job = peer.job(_SESSIONS)
        generator = Generator.start(job)
        until(lambda: _accounting(peer), what="accounting has begun", within=60)
        with _minting(peer.province, found):
            pause = threading.Event()
            pause.wait(_BEFORE_AND_AFTER)
            began = time.perf_counter()
            _forget_old_rows(peer.province)
            found.forgetting = time.perf_counter() - began
            pause.wait(_BEFORE_AND_AFTER)
            if not generator.busy:
                found.errors.append("the load was over before the sign-ins were")
        found.report = generator.report()
        found.faults = peer.faults(job, found.report)
    return found


def _accounting(peer: Daricheh) -> bool:
    with peer.province.services.store.read() as uow:
        query = select(func.count()).select_from(accounting_record)
        return bool(uow.connection.scalar(query))


@contextmanager
def _minting(province: Province, found: Findings) -> Iterator[None]:
    """Sign patrons in all the while, at their own pace, as one web process would."""
    over = threading.Event()
    thread = threading.Thread(target=_mint, args=(province, found, over))
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _mint(province: Province, found: Findings, over: threading.Event) -> None:
    services = province.services
    for number in count():
        patron_id = PATRONS - number % PATRONS
        claim = Claim(
            patron_id=patron_id,
            nas=province.nas,
            device=device(PATRONS + number),
            challenge=f"{number:032x}",
            language="fa",
        )
        began = time.perf_counter()
        try:
            with services.store.write() as uow:
                outcome = mint(uow, services.keys, claim, services.clock())
            if not isinstance(outcome, Minted):
                found.errors.append(f"not minted: {outcome}")
        except Exception as error:  # noqa: BLE001 - whatever it is, it is an error
            found.errors.append(f"not minted: {error!r}")
        took = time.perf_counter() - began
        found.mints.append(took * 1000)
        if over.wait(max(0.0, _EVERY - took)):
            return


def _leave_old_rows(province: Province) -> None:
    """Sign-in attempts from beyond the time that they are kept."""
    settings = province.services.settings
    at = province.services.clock() - timedelta(days=settings.retention_days + 62)
    rows = [
        {
            "id": new_id(at),
            "at": at,
            "branch_id": province.nas.branch_id,
            "nas_id": province.nas.id,
            "outcome": "not_known",
        }
        for _ in range(ROWS)
    ]
    with province.services.store.write() as uow:
        uow.connection.execute(insert(sign_in_attempt), rows)


def _forget_old_rows(province: Province) -> None:
    services = province.services
    upkeep = Upkeep(
        store=services.store,
        keys=services.keys,
        clock=services.clock,
        head_file=province.folder / "audit-head",
        retention=timedelta(days=services.settings.retention_days),
        instance="bench",
    )
    tasks = {task.name: task for task in upkeep.tasks()}
    tasks["forget_use"].run()
    with services.store.read() as uow:
        query = select(func.count()).select_from(sign_in_attempt)
        left = uow.connection.scalar(query)
    assert left == 0, f"{left} old rows were kept"
