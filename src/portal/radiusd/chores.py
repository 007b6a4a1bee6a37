"""Periodic work on the writer's thread: scheduler, outbox, proof, sweep, estate.

Each chore is a transaction of its own, between two batches. One that fails is tried
again at its next turn.
"""

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from portal.model.outcome import DynauthRequest
from portal.radiusd.clients import EstateReader, Snapshot
from portal.radiusd.exchange import Exchange
from portal.radiusd.metrics import Metrics
from portal.radiusd.options import Enforcement
from portal.service.ports import StoreBusyError, StoreUnavailableError

log = logging.getLogger(__name__)

_AGAIN_IF_BUSY = 0.05
_AGAIN_IF_AWAY = 0.5
_CLAIMS = 64


@dataclass(slots=True)
class Chore:
    """Something to do every so many seconds."""

    name: str
    every: float
    run: Callable[[], object]
    due_at: float = 0.0


class Chores:
    """Runs each chore when it is due."""

    def __init__(
        self,
        *,
        metrics: Metrics,
        pause: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._chores: dict[str, Chore] = {}
        self._metrics = metrics
        self._pause = pause
        self._clock = clock

    def plan(self, chores: Iterable[Chore]) -> None:
        self._chores.update((chore.name, chore) for chore in chores)

    def next_in(self) -> float:
        """Seconds until the next chore is due; 0 if one is."""
        due_at = min(chore.due_at for chore in self._chores.values())
        return max(0.0, due_at - self._clock())

    def hurry(self, name: str) -> None:
        """Have this chore done at the next opportunity."""
        self._chores[name].due_at = 0.0

    def run_due(self) -> None:
        for chore in self._chores.values():
            if chore.due_at <= self._clock() and not self._run(chore):
                return

    def _run(self, chore: Chore) -> bool:
        """False if the database is away: the others need not try."""
        # Before it runs: a chore may hurry itself.
        chore.due_at = self._clock() + chore.every
        outcome = "done"
        try:
            chore.run()
        except StoreBusyError:
            outcome = "busy"
            chore.due_at = self._clock() + _AGAIN_IF_BUSY
        except StoreUnavailableError:
            outcome = "away"
            self._away()
        except Exception:
            outcome = "failed"
            log.exception("chore.failed", extra={"chore": chore.name})
        else:
            self._metrics.database.answered()
        self._metrics.chores[chore.name, outcome] += 1
        if self._pause:
            time.sleep(self._pause)
        return outcome != "away"

    def _away(self) -> None:
        self._metrics.database.failed()
        later = self._clock() + _AGAIN_IF_AWAY
        for chore in self._chores.values():
            chore.due_at = max(chore.due_at, later)


class Hearsay:
    """Tells the database that we live, and when each NAS was last heard."""

    def __init__(self, enforcement: Enforcement, exchanges: Sequence[Exchange]) -> None:
        self._enforcement = enforcement
        self._exchanges = exchanges
        self._untold: dict[int, datetime] = {}

    def tell(self) -> None:
        for exchange in self._exchanges:
            for nas_id, at in exchange.take_heard().items():
                self._untold[nas_id] = max(at, self._untold.get(nas_id, at))
        self._enforcement.heartbeat(self._untold)
        self._untold = {}


def periodic_work(
    *,
    enforcement: Enforcement,
    estate: EstateReader,
    hearsay: Hearsay,
    publish: Callable[[Snapshot], None],
    send: Callable[[Sequence[DynauthRequest]], None],
    hurry: Callable[[str], None],
) -> list[Chore]:
    """Every chore of radiusd with its period in seconds."""

    def reload() -> None:
        snapshot = estate.read()
        if snapshot is not None:
            publish(snapshot)

    def claim() -> None:
        requests = enforcement.claim(_CLAIMS)
        if requests:
            send(requests)
        if len(requests) == _CLAIMS:
            hurry("claim")

    return [
        Chore("estate", 2.0, reload),
        Chore("tick", 0.5, partial(_tick, enforcement, hurry)),
        # Decisions of other processes, a block at the desk, are found by asking.
        Chore("claim", 0.25, claim),
        Chore("prove", 2.0, enforcement.prove),
        Chore("sweep", 10.0, enforcement.sweep),
        Chore("heartbeat", 2.0, hearsay.tell),
    ]


def _tick(enforcement: Enforcement, hurry: Callable[[str], None]) -> None:
    if enforcement.tick():
        hurry("claim")
    if enforcement.behind:
        hurry("tick")
