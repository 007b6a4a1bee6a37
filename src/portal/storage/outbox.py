"""The outbox of dynamic authorization: one open request a session, kept as proof."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Connection,
    Select,
    bindparam,
    case,
    cast,
    literal_column,
    or_,
    select,
    update,
)

from portal.model.outcome import DynauthRequest, Limits, RequestKind, RequestState
from portal.model.session import SessionRef
from portal.service.ids import new_id
from portal.service.ports import NewRequest, Progress
from portal.storage.driver import Query, fetch
from portal.storage.many import one_of
from portal.storage.tables import dynauth_request, nas, plan_version, session
from portal.storage.types import counted, instant, stored
from portal.storage.upsert import larger

# Not compared with 1, as a Boolean would be: SQLite's indexes of open requests serve
# only their own words.
_OPEN: ColumnElement[Any] = literal_column("dynauth_request.open")
_WITH_SESSION = (
    select(
        dynauth_request,
        session.c.user_name,
        session.c.acct_session_id,
        session.c.device,
        session.c.framed_ip,
        plan_version.c.idle_timeout,
        plan_version.c.speed_down,
        plan_version.c.speed_up,
    )
    .join(
        session,
        (session.c.month == dynauth_request.c.session_month)
        & (session.c.id == dynauth_request.c.session_id),
    )
    .outerjoin(plan_version, plan_version.c.id == session.c.plan_version_id)
    .where(_OPEN)
)
_OPEN_FOR = _WITH_SESSION.where(one_of(dynauth_request.c.session_id, "ids"))
_ANY_OPEN = Query(
    select(dynauth_request.c.session_id).where(
        _OPEN, one_of(dynauth_request.c.session_id, "ids")
    )
)
_NOW: BindParameter[Any] = bindparam("now")
_AT_HAND = (
    _OPEN,
    dynauth_request.c.state != RequestState.ACKNOWLEDGED.value,
    or_(
        dynauth_request.c.claimed_until.is_(None),
        dynauth_request.c.claimed_until <= _NOW,
    ),
)
_IS_DUE = (*_AT_HAND, dynauth_request.c.due_at <= _NOW)
_ANY_DUE = select(dynauth_request.c.id).where(*_IS_DUE).limit(1)
_WITHDRAW = (
    update(dynauth_request)
    .where(
        *_AT_HAND,
        one_of(dynauth_request.c.session_id, "ids"),
        dynauth_request.c.kind == RequestKind.DISCONNECT.value,
        one_of(dynauth_request.c.reason, "reasons"),
    )
    .values(state=RequestState.SUPERSEDED.value, open=False)
)
_heard_until = case((nas.c.enabled, counted(nas.c.heard_at)), else_=instant("now"))
_quiet = _heard_until - larger(
    counted(dynauth_request.c.answered_at), counted(nas.c.heard_since)
)
_PROVABLE = (
    _WITH_SESSION.join(nas, nas.c.id == dynauth_request.c.nas_id)
    .where(
        dynauth_request.c.state == RequestState.ACKNOWLEDGED.value,
        _quiet >= cast(nas.c.interim_interval, BigInteger) * 2_000_000,
    )
    .limit(bindparam("most"))
)


class OutboxTable:
    """Requests inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, requests: Iterable[NewRequest]) -> int:
        """Add decisions; the caller has seen that no other is open for the session."""
        rows = [
            {
                "id": new_id(new.decided_at),
                "session_month": new.session.month,
                "session_id": new.session.id,
                "nas_id": new.nas_id,
                "kind": str(new.kind),
                "reason": str(new.reason),
                "facts": json.dumps(dict(new.facts), sort_keys=True),
                "state": RequestState.WAITING.value,
                "open": True,
                "decided_at": new.decided_at,
                "due_at": new.decided_at,
                "attempts": 0,
                "timeout": new.timeout,
                "octets": new.octets,
            }
            for new in requests
        ]
        if rows:
            self._connection.execute(dynauth_request.insert(), rows)
        return len(rows)

    def open_for(self, refs: Iterable[SessionRef]) -> dict[SessionRef, DynauthRequest]:
        ids = [ref.id for ref in refs]
        # Mostly none is open, and asking for that alone is cheap.
        if not ids or not fetch(self._connection, {"ids": ids}, _ANY_OPEN)[0]:
            return {}
        return {r.session: r for r in self._some(_OPEN_FOR, {"ids": ids})}

    def any_due(self, now: datetime) -> bool:
        return self._connection.execute(_ANY_DUE, {"now": now}).first() is not None

    def claim(self, now: datetime, until: datetime, limit: int) -> list[DynauthRequest]:
        """Take due requests for this process; another may have them after `until`."""
        due = (
            select(dynauth_request.c.id)
            .where(*_IS_DUE)
            .order_by(dynauth_request.c.due_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        ids = self._connection.execute(due, {"now": now}).scalars().all()
        if not ids:
            return []
        self._connection.execute(
            update(dynauth_request)
            .where(dynauth_request.c.id.in_(ids))
            .values(claimed_until=until, attempts=dynauth_request.c.attempts + 1)
        )
        return self._some(_WITH_SESSION.where(dynauth_request.c.id.in_(ids)), {})

    def update(self, request_id: int, progress: Progress) -> None:
        """Write how far an open request has come; any answer frees the claim."""
        values = {
            name: value for name, value in asdict(progress).items() if value is not None
        }
        values["state"] = progress.state.value
        if progress.state is not RequestState.SENT:
            values["claimed_until"] = None
        self._connection.execute(
            update(dynauth_request)
            .where(dynauth_request.c.id == request_id, _OPEN)
            .values(values)
        )

    def withdraw(
        self, refs: Iterable[SessionRef], reasons: Iterable[str], now: datetime
    ) -> int:
        """Take back disconnects for these reasons that are not on their way now."""
        given = {"ids": [ref.id for ref in refs], "reasons": [*reasons], "now": now}
        return self._connection.execute(_WITHDRAW, given).rowcount

    def provable(self, now: datetime, limit: int) -> list[DynauthRequest]:
        """Acknowledged requests whose NAS was heard for two interims since.

        Of a NAS no longer in use, those acknowledged two interims ago.
        """
        return self._some(_PROVABLE, {"now": stored(now), "most": limit})

    def _some(self, query: Select[Any], given: dict[str, Any]) -> list[DynauthRequest]:
        return [_request(row) for row in self._connection.execute(query, given)]


def _request(row: Any) -> DynauthRequest:
    kind = RequestKind(row.kind)
    limits = None
    if kind is RequestKind.CHANGE:
        limits = Limits(
            timeout=row.timeout,
            octets=row.octets,
            ends_at=None,
            ends_by=None,
            judge_at=None,
            idle_timeout=row.idle_timeout,
            speed_down=row.speed_down,
            speed_up=row.speed_up,
        )
    return DynauthRequest(
        id=row.id,
        session=SessionRef(row.session_month, row.session_id),
        nas_id=row.nas_id,
        kind=kind,
        reason=row.reason,
        state=RequestState(row.state),
        decided_at=row.decided_at,
        attempts=row.attempts,
        user_name=row.user_name,
        acct_session_id=row.acct_session_id,
        device=row.device,
        framed_ip=row.framed_ip,
        limits=limits,
        sent_at=row.sent_at,
        answered_at=row.answered_at,
    )
