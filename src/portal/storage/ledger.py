"""Sessions, accounting records and bookings: a few statements whatever the batch.

Rows are written in the order of their keys, so that two servers never wait for each
other crosswise.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    Connection,
    Select,
    and_,
    bindparam,
    insert,
    select,
    update,
)

from portal.model.session import (
    Origin,
    Session,
    SessionRef,
    SessionState,
    StoredRecord,
)
from portal.model.usage import Usage, day_number
from portal.service.ids import new_id
from portal.storage.driver import Query, Values, fetch
from portal.storage.kept import Kept
from portal.storage.live_sessions import DUE, NEVER_STARTED, OF_NAS, STALE
from portal.storage.many import one_of
from portal.storage.sessions import ReadSession, row_of, session_of, state_is
from portal.storage.tables import (
    accounting_record,
    nas,
    nas_event,
    patron,
    quarantine,
    session,
    usage_day,
    usage_hour,
)
from portal.storage.types import stored, to_microseconds
from portal.storage.upsert import Upsert, added, larger, replaced

_SAME_EVENT = timedelta(seconds=60)
# What a session is written with once: no update need touch its indexes.
_FIXED = {
    *("month", "id", "branch_id", "nas_id", "patron_id", "plan_version_id"),
    *("grant_id", "user_name", "device", "language", "accepted_at"),
}
# One month at a time: a list of months would keep PostgreSQL from choosing a partition.
_OF_MONTH = and_(session.c.month == bindparam("month"), one_of(session.c.id, "ids"))
_BY_REF = Query(select(session).where(_OF_MONTH))
_BY_REF_LOCKED = Query(
    select(session).where(_OF_MONTH).order_by(session.c.id).with_for_update()
)
_BY_NUMBER = (
    select(session)
    .where(
        session.c.month >= bindparam("since"),
        one_of(session.c.nas_id, "servers"),
        one_of(session.c.acct_session_id, "numbers"),
    )
    .order_by(session.c.id.desc())
)
_ORIGINS = Query(
    select(session.c.id, session.c.patron_id, session.c.nas_id).where(_OF_MONTH)
)
_RECORDS = select(accounting_record).where(
    accounting_record.c.month == bindparam("month"),
    accounting_record.c.session_id == bindparam("id"),
)


def _saving(*left: str) -> Upsert:
    """Writes a session, but leaves these columns of one that is stored."""
    kept = _FIXED.union(left)
    merge = {c.name: replaced for c in session.columns if c.name not in kept}
    return Upsert(session, key=["month", "id"], merge=merge)


# SQLite writes an index anew as soon as one of its columns is named: half of what it
# takes to write the session of an Interim.
_SAVE = _saving()
# Two servers may draw one number: that is no reason to give one patron's session to
# another.
_ADD = Upsert(session, key=["month", "id"], merge={})
_SAVE_JUDGED = _saving("acct_session_id", "state")
_SAVE_GOING_ON = _saving("acct_session_id", "state", "judge_at")
_ADD_RECORD = Upsert(
    accounting_record,
    key=["month", "session_id", "status_type", "record_key"],
    merge={
        "session_time": replaced,
        "downloaded": replaced,
        "uploaded": replaced,
        "event_at": replaced,
        "terminate_cause": replaced,
        "flags": replaced,
    },
)
_AMOUNTS = {"session_time": added, "downloaded": added, "uploaded": added}
_BOOK_DAY = Upsert(usage_day, key=["patron_id", "day"], merge=_AMOUNTS)
_BOOK_HOUR = Upsert(
    usage_hour, key=["branch_id", "hour_at", "attributed"], merge=_AMOUNTS
)
_RESTARTED = (
    update(nas)
    .where(nas.c.id == bindparam("nas"))
    .values(restarted_at=larger(nas.c.restarted_at, bindparam("at")))
)


class LedgerTable:
    """The ledger inside one transaction."""

    def __init__(self, connection: Connection, kept: Kept) -> None:
        self._connection = connection
        self._kept = kept
        self._saved: dict[SessionRef, Origin] = {}

    def origins(self, refs: Iterable[SessionRef]) -> dict[SessionRef, Origin]:
        wanted = set(refs)
        kept = self._kept.origins
        known = {ref: kept[ref] for ref in wanted if ref in kept}
        missing = wanted - known.keys()
        if missing:
            for month, rows in self._of_months(missing, _ORIGINS):
                known.update((SessionRef(month, n), Origin(*o)) for n, *o in rows)
            self._kept.keep_origins(known)
        return known

    def sessions(
        self, refs: Iterable[SessionRef], *, lock: bool = False
    ) -> dict[SessionRef, Session]:
        wanted = set(refs)
        if not wanted:
            return {}
        query = _BY_REF_LOCKED if lock else _BY_REF
        found: dict[SessionRef, Session] = {}
        for _, rows in self._of_months(wanted, query):
            found.update((s.ref, s) for s in map(session_of, rows))
        return found

    def _of_months(
        self, refs: Iterable[SessionRef], query: Query
    ) -> Iterator[tuple[int, list[Values]]]:
        """Months in their order, each with what the query finds of its sessions."""
        months: dict[int, list[int]] = {}
        for month, number in sorted(refs):
            months.setdefault(month, []).append(number)
        for month, ids in months.items():
            given = {"month": month, "ids": ids}
            yield month, fetch(self._connection, given, query)[0]

    def by_nas_session(
        self, keys: Iterable[tuple[int, str]], since_month: int
    ) -> list[Session]:
        """Sessions by (nas id, Acct-Session-Id), newest first, closed ones too."""
        wanted = set(keys)
        given = {
            "since": since_month,
            "servers": sorted({nas_id for nas_id, _ in wanted}),
            "numbers": sorted({number for _, number in wanted}),
        }
        rows = self._connection.execute(_BY_NUMBER, given)
        found = (session_of(row) for row in rows)
        return [s for s in found if (s.nas_id, s.acct_session_id) in wanted]

    def save(self, sessions: Iterable[Session]) -> None:
        ordered = sorted(sessions, key=lambda s: s.ref.id)
        rows: dict[Upsert, list[Values]] = {}
        for each in ordered:
            rows.setdefault(_way_to_save(each), []).append(row_of(each))
        for upsert, some in rows.items():
            upsert.run(self._connection, some)
        # Its first record comes soon, and then asks whose it is.
        self._saved.update((s.ref, Origin(s.patron_id, s.nas_id)) for s in ordered)

    def committed(self) -> None:
        """What was written is so from now on, for whoever asks."""
        self._kept.keep_origins(self._saved)

    def records(self, ref: SessionRef) -> list[StoredRecord]:
        rows = self._connection.execute(_RECORDS, {"month": ref.month, "id": ref.id})
        return [
            StoredRecord(
                status_type=row.status_type,
                record_key=row.record_key,
                session_time=row.session_time,
                downloaded=row.downloaded,
                uploaded=row.uploaded,
                event_at=row.event_at,
                received_at=row.received_at,
                terminate_cause=row.terminate_cause,
                flags=row.flags,
                extra=row.extra,
            )
            for row in rows
        ]

    def add_records(self, records: Iterable[tuple[SessionRef, StoredRecord]]) -> None:
        # A record sent twice in one batch is one row; the later is the merged one.
        rows = {row[:4]: row for row in (_record_row(*some) for some in records)}
        _ADD_RECORD.run(self._connection, list(rows.values()))

    def book_days(self, deltas: Mapping[tuple[int, date], Usage]) -> None:
        rows = [
            (patron_id, day_number(day), *_amounts(usage))
            for (patron_id, day), usage in sorted(deltas.items(), key=_key)
        ]
        _BOOK_DAY.run(self._connection, rows)

    def book_hours(self, deltas: Mapping[tuple[int, datetime, bool], Usage]) -> None:
        rows = [
            (branch, to_microseconds(at), own, *_amounts(usage))
            for (branch, at, own), usage in sorted(deltas.items(), key=_key)
        ]
        _BOOK_HOUR.run(self._connection, rows)

    def due_for_judgement(self, now: datetime, limit: int) -> list[Session]:
        rows = self._connection.execute(DUE, {"now": now, "most": limit})
        return [session_of(row) for row in rows]

    def judge_soon(self, plan_id: int, now: datetime) -> None:
        """Have the scheduler look at every live session of a plan's patrons."""
        live = state_is(SessionState.PENDING, SessionState.OPEN)
        # Under the patrons' locks, as whoever else writes a session.
        whose = self._connection.scalars(
            select(patron.c.id)
            .where(
                patron.c.plan_id == plan_id,
                patron.c.id.in_(select(session.c.patron_id).where(live)),
            )
            .order_by(patron.c.id)
            .with_for_update(key_share=True)
        )
        self._connection.execute(
            update(session)
            .where(live, one_of(session.c.patron_id, "patrons"))
            .values(judge_at=now),
            {"patrons": [*whose]},
        )

    def live_of_nas(self, nas_id: int) -> list[Session]:
        return self._some(OF_NAS, {"nas": nas_id})

    def stale(self, up_since: datetime, now: datetime, limit: int) -> list[Session]:
        """Open sessions silent for three interims while their NAS was heard.

        A session's clock runs only while this server is up, only since its NAS is heard
        without a gap and only up to the moment it was last heard: an outage ends
        nobody. From a NAS that is no longer in use nothing can come.
        """
        given = {"up_since": stored(up_since), "now": stored(now), "most": limit}
        return self._some(STALE, given)

    def never_started(self, before: datetime, limit: int) -> list[Session]:
        return self._some(NEVER_STARTED, {"before": before, "most": limit})

    def restarted_at(self, nas_id: int) -> datetime | None:
        query = select(nas.c.restarted_at).where(nas.c.id == nas_id)
        return self._connection.scalar(query)

    def add_nas_event(
        self, nas_id: int, status_type: int, event_at: datetime, received_at: datetime
    ) -> bool:
        """False if the same event (same kind within 60 s) is already on record."""
        # Under the row's lock: a resend may reach two servers at once.
        self._connection.execute(_RESTARTED, {"nas": nas_id, "at": event_at})
        same = select(nas_event.c.id).where(
            nas_event.c.nas_id == nas_id,
            nas_event.c.status_type == status_type,
            nas_event.c.event_at.between(
                event_at - _SAME_EVENT, event_at + _SAME_EVENT
            ),
        )
        if self._connection.execute(same.limit(1)).first() is not None:
            return False
        self._connection.execute(
            insert(nas_event).values(
                id=new_id(received_at),
                nas_id=nas_id,
                status_type=status_type,
                event_at=event_at,
                received_at=received_at,
            )
        )
        return True

    def quarantine(
        self, *, received_at: datetime, nas_id: int | None, packet: bytes, reason: str
    ) -> None:
        self._connection.execute(
            insert(quarantine).values(
                id=new_id(received_at),
                received_at=received_at,
                nas_id=nas_id,
                packet=packet,
                reason=reason,
            )
        )

    def _some(
        self, query: Select[tuple[object, ...]], given: Mapping[str, Any]
    ) -> list[Session]:
        return [session_of(row) for row in self._connection.execute(query, given)]


def _way_to_save(session: Session) -> Upsert:
    if not isinstance(session, ReadSession):
        return _ADD
    before = session.indexed
    session.indexed = session.acct_session_id, session.state, session.judge_at
    if session.indexed[:2] != before[:2]:
        return _SAVE
    return _SAVE_JUDGED if session.judge_at != before[2] else _SAVE_GOING_ON


def _key(item: tuple[tuple[object, ...], Usage]) -> tuple[object, ...]:
    return item[0]


def _amounts(usage: Usage) -> tuple[int, int, int]:
    return usage.session_time, usage.downloaded, usage.uploaded


def _record_row(ref: SessionRef, record: StoredRecord) -> tuple[Any, ...]:
    return (
        ref.month,
        ref.id,
        record.status_type,
        record.record_key,
        record.session_time,
        record.downloaded,
        record.uploaded,
        to_microseconds(record.event_at),
        to_microseconds(record.received_at),
        record.terminate_cause,
        record.flags,
        record.extra,
    )
