"""The periodic work: room for the months ahead, forgetting, the head of the chain.

Each task is short transactions, may run on several machines at once, and when it fails
is simply run again.
"""

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from portal.model.audit import Broken
from portal.service.audit import write_head
from portal.service.keys import KeyRing
from portal.service.ports import Clock, UnitOfWork
from portal.service.staff_ports import AuditUnitOfWork

log = logging.getLogger(__name__)

_LOOK = 20_000
_CHUNK = 500
# A late record may name its session by the ticket alone, and a session may be long.
_TICKETS_KEPT = timedelta(days=62)
_BROWSERS_KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class OldRows:
    """Rows of one table by their primary keys."""

    table: str
    keys: Sequence[tuple[Any, ...]]


class Housekeeping(Protocol):
    """Old rows of every table, and partitions, inside one transaction."""

    def make_room(self, now: datetime) -> int: ...
    def old_tickets(self, before: datetime, limit: int) -> list[OldRows]: ...
    def old_browsers(self, before: datetime, limit: int) -> list[OldRows]: ...
    def old_use(self, before: datetime, limit: int) -> list[OldRows]: ...
    def forget(self, rows: OldRows) -> None: ...
    def forget_months(self, before: datetime) -> int: ...


class UpkeepUnitOfWork(UnitOfWork, AuditUnitOfWork, Protocol):
    """One transaction of upkeep."""

    @property
    def housekeeping(self) -> Housekeeping: ...


class UpkeepStore(Protocol):
    """The store, as upkeep needs it."""

    def write(self) -> AbstractContextManager[UpkeepUnitOfWork]: ...
    def read(self) -> AbstractContextManager[UpkeepUnitOfWork]: ...


@dataclass(frozen=True, slots=True)
class Task:
    """Something to be done again and again."""

    name: str
    every: timedelta
    run: Callable[[], None]


class Upkeep:
    """The periodic work of one installation."""

    def __init__(
        self,
        *,
        store: UpkeepStore,
        keys: KeyRing,
        clock: Clock,
        head_file: Path,
        retention: timedelta,
        instance: str,
    ) -> None:
        self._store = store
        self._keys = keys
        self._clock = clock
        self._head_file = head_file
        self._retention = retention
        self._instance = instance
        self._up_since = clock()

    def tasks(self) -> list[Task]:
        """All of them, to be run at the start and then each in its time."""
        return [
            Task("beat", timedelta(seconds=30), self._beat),
            Task("make_room", timedelta(hours=6), self._make_room),
            Task("keep_audit_head", timedelta(days=1), self._keep_audit_head),
            Task("forget_short_lived", timedelta(hours=1), self._forget_short_lived),
            Task("forget_use", timedelta(hours=6), self._forget_use),
        ]

    def _beat(self) -> None:
        with self._store.write() as uow:
            uow.estate.beat("worker", self._instance, self._up_since, self._clock())

    def _make_room(self) -> None:
        with self._store.write() as uow:
            created = uow.housekeeping.make_room(self._clock())
        if created:
            log.info("upkeep.partitions_created", extra={"partitions": created})

    def _keep_audit_head(self) -> None:
        outcome = write_head(self._store, self._keys, self._head_file)
        if isinstance(outcome, Broken):
            facts = {"entry": outcome.seq, "why": outcome.why.value}
            log.error("audit.broken", extra=facts)

    def _forget_short_lived(self) -> None:
        now = self._clock()
        tickets, browsers = now - _TICKETS_KEPT, now - _BROWSERS_KEPT
        self._drain(lambda uow: uow.housekeeping.old_tickets(tickets, _LOOK))
        self._drain(lambda uow: uow.housekeeping.old_browsers(browsers, _LOOK))

    def _forget_use(self) -> None:
        before = self._clock() - self._retention
        with self._store.write() as uow:
            dropped = uow.housekeeping.forget_months(before)
        rows = self._drain(lambda uow: uow.housekeeping.old_use(before, _LOOK))
        if dropped or rows:
            facts = {"partitions": dropped, "rows": rows}
            log.info("upkeep.use_forgotten", extra=facts)

    def _drain(self, look: Callable[[UpkeepUnitOfWork], list[OldRows]]) -> int:
        """Look and forget, until nothing old is left; how many rows went."""
        total = 0
        while True:
            with self._store.read() as uow:
                found = look(uow)
            if not found:
                return total
            for rows in found:
                self._forget(rows)
                total += len(rows.keys)

    def _forget(self, rows: OldRows) -> None:
        """A few rows a transaction."""
        for start in range(0, len(rows.keys), _CHUNK):
            chunk = OldRows(rows.table, rows.keys[start : start + _CHUNK])
            with self._store.write() as uow:
                uow.housekeeping.forget(chunk)
