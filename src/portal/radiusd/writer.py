"""The writer: the one thread that uses the database, committing what arrived meanwhile.

Group commit without a timer: a batch is whatever came in while the previous one was
being committed, and its members are answered together after it. A database that is busy
or away delays a batch; it never fails it and never turns into a reject.
"""

import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import TypeAlias, cast

from portal.model.session import AccessRequest, AccountingReport
from portal.radiusd.backlog import Backlog, Errand
from portal.radiusd.batch_size import BatchSize
from portal.radiusd.chores import Chores
from portal.radiusd.exchange import Outcome, Work
from portal.radiusd.intake import Drop, Role
from portal.radiusd.metrics import Metrics
from portal.radiusd.options import Backend, Options
from portal.service.ports import StoreBusyError, StoreUnavailableError

log = logging.getLogger(__name__)

# CoovaChilli gives up after 12 s, RFC 5080's client after 30: by then an Accept opens
# nothing any more. An accounting record is wanted however late it is.
_ACCESS_PATIENCE = 10.0
_AWAY_PAUSE = 0.25

Answers: TypeAlias = list[tuple[Work, Outcome]]
Commit: TypeAlias = Callable[[Sequence[Work]], Sequence[Outcome]]


class Writer:
    """Decides and books in batches, and does the periodic work in between."""

    def __init__(
        self,
        *,
        options: Options,
        backend: Backend,
        backlog: Backlog,
        chores: Chores,
        metrics: Metrics,
        deliver: Callable[[Answers], None],
    ) -> None:
        self._options = options
        self._backend = backend
        self._backlog = backlog
        self._chores = chores
        self._metrics = metrics
        self._deliver = deliver
        self._sizes = {
            role: BatchSize(options.batch_limit, options.batch_seconds) for role in Role
        }
        self._errands: deque[Errand] = deque()
        self._give_up_at = float("inf")
        self._stopping = threading.Event()

    def stop(self, within: float) -> None:
        """Finish what the backlog holds, but not later than this many seconds."""
        self._give_up_at = time.monotonic() + within
        self._stopping.set()
        self._backlog.close()

    def prepare(self) -> str | None:
        """Look whether this store may be written to: None, or why not, in one line.

        Raises StoreUnavailableError or StoreBusyError; then ask again later.
        """
        refusal = self._backend.refusal()
        self._metrics.database.answered()
        return refusal

    def run(self) -> None:
        """Work until `stop`; the backlog is empty then, or time is up."""
        while not self._out_of_time():
            batch = self._backlog.take(
                self._sizes[Role.AUTH].most, self._sizes[Role.ACCT].most, self._wait()
            )
            if batch is None:
                return
            # First what was sent to a NAS: its Stop may be in this very batch.
            self._errands.extend(batch.errands)
            self._run_errands()
            if batch.access:
                self._process(Role.AUTH, batch.access, self._decide)
            if batch.accounting:
                self._process(Role.ACCT, batch.accounting, self._book)
            if not self._stopping.is_set():
                self._chores.run_due()

    def _wait(self) -> float:
        wait = self._chores.next_in()
        return min(wait, _AWAY_PAUSE) if self._errands else wait

    def _decide(self, works: Sequence[Work]) -> Sequence[Outcome]:
        requests = [cast("AccessRequest", work.request) for work in works]
        return self._backend.authorizer.decide(requests)

    def _book(self, works: Sequence[Work]) -> Sequence[Outcome]:
        reports = [cast("AccountingReport", work.request) for work in works]
        if self._backend.accounting.book(reports):
            self._chores.hurry("claim")
        return [None] * len(works)

    def _process(self, role: Role, works: Sequence[Work], commit: Commit) -> None:
        """Commit and answer; a batch that fails for a reason of ours is halved."""
        todo = [list(works)]
        while todo:
            part = todo.pop()
            self._metrics.batch_size.labels(role.value).observe(len(part))
            began, worked = time.perf_counter(), time.thread_time()
            part, outcomes = self._persist(part, commit)
            self._sizes[role].learn(len(part), time.thread_time() - worked)
            self._metrics.batch_seconds.labels(role.value).observe(
                time.perf_counter() - began
            )
            if outcomes is not None:
                self._deliver(list(zip(part, outcomes, strict=True)))
            elif len(part) == 1:
                self._deliver([(part[0], Drop.FAILED)])
            else:
                half = len(part) // 2
                todo += [part[half:], part[:half]]
            self._breathe()

    def _persist(
        self, works: list[Work], commit: Commit
    ) -> tuple[list[Work], Sequence[Outcome] | None]:
        """Commit for as long as it takes; what is answered and how, None: it failed."""
        while True:
            works = self._still_wanted(works)
            if not works:
                return [], []
            try:
                outcomes = commit(works)
            except StoreBusyError:
                self._metrics.retried["busy"] += 1
                time.sleep(random.uniform(0.001, 0.01))
            except StoreUnavailableError:
                self._away()
            except Exception:
                log.exception("batch.failed", extra={"size": len(works)})
                return works, None
            else:
                self._metrics.database.answered()
                return works, outcomes
            if self._out_of_time():
                return works, [Drop.DATABASE_AWAY] * len(works)

    def _still_wanted(self, works: list[Work]) -> list[Work]:
        """Without the sign-ins that nobody waits for any more."""
        if works[0].role is not Role.AUTH:
            return works
        oldest = time.monotonic() - _ACCESS_PATIENCE
        late = [work for work in works if work.arrived < oldest]
        if not late:
            return works
        self._deliver([(work, Drop.TOO_LATE) for work in late])
        return [work for work in works if work.arrived >= oldest]

    def _run_errands(self) -> None:
        while self._errands and not self._out_of_time():
            try:
                self._errands[0]()
            except StoreBusyError:
                time.sleep(random.uniform(0.001, 0.01))
                continue
            except StoreUnavailableError:
                self._away()
                return
            except Exception:
                log.exception("errand.failed")
            else:
                self._metrics.database.answered()
            self._errands.popleft()
            self._breathe()

    def _away(self) -> None:
        self._metrics.database.failed()
        self._metrics.retried["away"] += 1
        time.sleep(_AWAY_PAUSE)

    def _breathe(self) -> None:
        """Leave SQLite's write lock to others for a moment: its waiting is unfair."""
        if self._options.pause:
            time.sleep(self._options.pause)

    def _out_of_time(self) -> bool:
        return time.monotonic() > self._give_up_at
