"""The usage log of a branch: which sessions, how much, and the way out as a file.

Rows carry the pseudonym and the card's last digits. Revealing the name behind a row
and exporting rows are acts with an audit entry.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from portal.model.audit import Action
from portal.model.calendar import DayRange, instants
from portal.model.estate import Branch
from portal.model.patron import PatronCard
from portal.model.session import Session, SessionRef
from portal.model.staff import StaffMember
from portal.model.usage import Usage
from portal.service.audit import record
from portal.service.keys import KeyRing
from portal.service.ports import Clock
from portal.service.staff_ports import StaffStore, StaffUnitOfWork
from portal.service.staff_refusal import RefusalReason, Refused

ROWS_AT_ONCE = 30
_EXPORT_CHUNK = 500
LONGEST_EXPORT = timedelta(days=400)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRow:
    """One session of the log; it names nobody."""

    session: Session
    access_server: str
    handle: str | None
    card_last4: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPage:
    """A piece of a branch's log, newest first, and the totals of the whole range."""

    branch: Branch
    days: DayRange
    rows: tuple[LogRow, ...]
    older: SessionRef | None  # where the list goes on
    attributed: Usage
    unattributed: Usage


@dataclass(frozen=True, slots=True)
class Export:
    """A file on its way: its name (ASCII) and its octets, piece by piece."""

    filename: str
    chunks: Iterator[bytes]


CsvWriter = Callable[[Branch, Iterable[LogRow]], Iterator[bytes]]


@dataclass(frozen=True, slots=True)
class Revealed:
    """The person behind a row of the log."""

    card: PatronCard
    session: Session


class UsageLog:
    """Shows and exports the log of branches."""

    def __init__(
        self, *, store: StaffStore, keys: KeyRing, clock: Clock, csv: CsvWriter
    ) -> None:
        """`csv` turns rows into a file (`portal.reports.usage`)."""
        self._store = store
        self._keys = keys
        self._clock = clock
        self._csv = csv

    def branches(self, actor: StaffMember) -> list[Branch]:
        """The branches whose log the actor may read."""
        with self._store.read() as uow:
            return [b for b in uow.estate.branches() if actor.works_at(b.id)]

    def page(
        self,
        actor: StaffMember,
        branch_id: int,
        days: DayRange,
        before: SessionRef | None = None,
    ) -> LogPage | Refused:
        """Sessions of which any part lies in local days of the branch."""
        with self._store.read() as uow:
            branch = _branch(uow, actor, branch_id)
            if branch is None:
                return Refused(RefusalReason.OTHER_BRANCH)
            begin, end = instants(days, ZoneInfo(branch.time_zone))
            found = uow.usage_log.of_branch(
                branch.id, begin=begin, end=end, before=before, limit=ROWS_AT_ONCE + 1
            )
            shown = found[:ROWS_AT_ONCE]
            totals = uow.usage_log.totals(branch.id, begin=begin, end=end)
            return LogPage(
                branch=branch,
                days=days,
                rows=tuple(_rows(uow, shown)),
                older=shown[-1].ref if len(found) > ROWS_AT_ONCE else None,
                attributed=totals.get(True, Usage()),
                unattributed=totals.get(False, Usage()),
            )

    def reveal(self, actor: StaffMember, ref: SessionRef) -> Revealed | Refused:
        """Who a row of the log is; audited."""
        with self._store.write() as uow:
            session = uow.ledger.sessions([ref]).get(ref)
            if session is None:
                return Refused(RefusalReason.NOT_FOUND)
            if not actor.works_at(session.branch_id):
                return Refused(RefusalReason.OTHER_BRANCH)
            if session.patron_id is None:
                return Refused(RefusalReason.NOT_FOUND)
            card = uow.people.cards([session.patron_id])[session.patron_id]
            record(
                uow,
                self._keys,
                actor=actor.actor,
                action=Action.NAME_REVEALED,
                subject=f"patron:{card.patron.handle}",
                details={"session": f"{ref.month}-{ref.id}"},
                branch_id=session.branch_id,
                now=self._clock(),
            )
            return Revealed(card, session)

    def export(
        self, actor: StaffMember, branch_id: int, days: DayRange
    ) -> Export | Refused:
        """The same rows as a file; audited before the first octet leaves."""
        if days.until_day - days.from_day > LONGEST_EXPORT:
            return Refused(RefusalReason.TOO_LONG)
        with self._store.write() as uow:
            branch = _branch(uow, actor, branch_id)
            if branch is None:
                return Refused(RefusalReason.OTHER_BRANCH)
            record(
                uow,
                self._keys,
                actor=actor.actor,
                action=Action.LOG_EXPORTED,
                subject=f"branch:{branch.id}",
                details={
                    "from": days.from_day.isoformat(),
                    "until": days.until_day.isoformat(),
                },
                branch_id=branch.id,
                now=self._clock(),
            )
        begin, end = instants(days, ZoneInfo(branch.time_zone))
        name = f"usage-{branch.code}-{days.from_day}-{days.until_day}.csv"
        return Export(name, self._csv(branch, self._all(branch.id, begin, end)))

    def _all(self, branch_id: int, begin: datetime, end: datetime) -> Iterator[LogRow]:
        """Every row, in chunks with a transaction each: no reader holds back others."""
        before: SessionRef | None = None
        while True:
            with self._store.read() as uow:
                found = uow.usage_log.of_branch(
                    branch_id, begin=begin, end=end, before=before, limit=_EXPORT_CHUNK
                )
                rows = list(_rows(uow, found))
            yield from rows
            if len(found) < _EXPORT_CHUNK:
                return
            before = found[-1].ref


def _branch(uow: StaffUnitOfWork, actor: StaffMember, branch_id: int) -> Branch | None:
    """A branch that the actor may read; the unknown and the foreign are alike."""
    if not actor.works_at(branch_id):
        return None
    return next((b for b in uow.estate.branches() if b.id == branch_id), None)


def _rows(uow: StaffUnitOfWork, sessions: list[Session]) -> Iterator[LogRow]:
    names = {nas.id: nas.name for nas in uow.estate.access_servers()}
    cards = uow.people.cards({s.patron_id for s in sessions if s.patron_id is not None})
    for session in sessions:
        card = cards.get(session.patron_id) if session.patron_id is not None else None
        yield LogRow(
            session=session,
            access_server=names.get(session.nas_id, ""),
            handle=card.patron.handle if card else None,
            card_last4=card.card_last4 if card else "",
        )
