"""Patrons' accounts: candidates for a sign-in, and all that judging one rests on.

`accounts` is on the path of every packet: four statements, whatever the batch.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BindParameter,
    Connection,
    Select,
    and_,
    bindparam,
    func,
    or_,
    select,
)

from portal.model.patron import Candidate, Patron
from portal.model.session import Session, SessionState
from portal.model.usage import Extra, Usage, day_number, day_of
from portal.policy.judgement import Account
from portal.storage.estate import EstateTable
from portal.storage.many import one_of
from portal.storage.sessions import session_of, state_is
from portal.storage.tables import (
    allowance_grant,
    branch,
    patron,
    patron_identifier,
    session,
    usage_day,
)

_SINCE: BindParameter[Any] = bindparam("since")
_ROWS = (
    select(
        patron.c.id,
        patron.c.handle,
        patron.c.home_branch_id,
        patron.c.plan_id,
        patron.c.blocked_until,
        patron.c.valid_until,
        branch.c.time_zone,
    )
    .join(branch, branch.c.id == patron.c.home_branch_id)
    .where(one_of(patron.c.id, "ids"), patron.c.erased_at.is_(None))
)
_ROWS_LOCKED = _ROWS.order_by(patron.c.id).with_for_update(of=patron)
_USED = select(usage_day).where(
    one_of(usage_day.c.patron_id, "ids"), usage_day.c.day >= _SINCE
)
_EXTRA = (
    select(
        allowance_grant.c.patron_id,
        allowance_grant.c.day,
        func.sum(allowance_grant.c.seconds).label("seconds"),
        func.sum(allowance_grant.c.octets).label("octets"),
    )
    .where(
        one_of(allowance_grant.c.patron_id, "ids"),
        allowance_grant.c.day >= _SINCE,
        allowance_grant.c.undone_at.is_(None),
    )
    .group_by(allowance_grant.c.patron_id, allowance_grant.c.day)
)
_LIVE = select(session).where(
    one_of(session.c.patron_id, "ids"),
    state_is(SessionState.PENDING, SessionState.OPEN),
)


class PatronTable:
    """Accounts, read (and locked) inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def candidates(
        self, digests: Mapping[str, Sequence[bytes]], limit: int
    ) -> list[Candidate]:
        """Accounts that a typed number may mean: keyed hashes by identifier kind."""
        matches = [
            and_(
                patron_identifier.c.kind == kind, patron_identifier.c.digest.in_(hashes)
            )
            for kind, hashes in digests.items()
            if hashes
        ]
        if not matches:
            return []
        found = select(patron_identifier.c.patron_id).where(or_(*matches)).distinct()
        rows = self._connection.execute(_candidate_rows(found, limit))
        return [
            Candidate(
                patron=_patron(row), pin_hash=row.pin_hash, card_last4=row.last4 or ""
            )
            for row in rows
        ]

    def accounts(
        self, patron_ids: Iterable[int], now: datetime, *, lock: bool
    ) -> dict[int, Account]:
        """Terms, use of recent days, grants and live sessions of each patron.

        With `lock`, their rows are locked in the order of ids until the commit.
        """
        ids = sorted(set(patron_ids))
        if not ids:
            return {}
        since = day_number((now - timedelta(days=2)).date())
        given = {"ids": ids, "since": since}
        rows = self._connection.execute(_ROWS_LOCKED if lock else _ROWS, given).all()
        used: dict[int, dict[date, Usage]] = defaultdict(dict)
        for u in self._connection.execute(_USED, given):
            used[u.patron_id][day_of(u.day)] = Usage(
                u.session_time, u.downloaded, u.uploaded
            )
        extra: dict[int, dict[date, Extra]] = defaultdict(dict)
        for e in self._connection.execute(_EXTRA, given):
            extra[e.patron_id][day_of(e.day)] = Extra(int(e.seconds), int(e.octets))
        live: dict[int, list[Session]] = defaultdict(list)
        for s in self._connection.execute(_LIVE, given):
            live[s.patron_id].append(session_of(s))
        terms = {t.plan_id: t for t in EstateTable(self._connection).current_terms()}
        return {
            row.id: Account(
                patron=_patron(row),
                terms=terms[row.plan_id],
                used=used.get(row.id, {}),
                extra=extra.get(row.id, {}),
                sessions=tuple(live.get(row.id, ())),
            )
            for row in rows
        }


def _candidate_rows(found: Select[tuple[int]], limit: int) -> Select[tuple[object]]:
    card = and_(
        patron_identifier.c.patron_id == patron.c.id,
        patron_identifier.c.kind == "card",
    )
    return (
        select(patron, branch.c.time_zone, patron_identifier.c.last4)
        .join(branch, branch.c.id == patron.c.home_branch_id)
        .outerjoin(patron_identifier, card)
        .where(patron.c.id.in_(found), patron.c.erased_at.is_(None))
        .order_by(patron.c.id)
        .limit(limit)
    )


def _patron(row: Any) -> Patron:
    return Patron(
        id=row.id,
        handle=row.handle,
        home_branch_id=row.home_branch_id,
        plan_id=row.plan_id,
        time_zone=row.time_zone,
        blocked_until=row.blocked_until,
        valid_until=row.valid_until,
    )
