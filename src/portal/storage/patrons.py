"""Patrons' accounts: candidates for a sign-in, and all that judging one rests on.

`accounts` is on the path of every packet: four queries in one round trip.
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

from portal.model.estate import PlanTerms
from portal.model.patron import Candidate, Patron
from portal.model.session import Session
from portal.model.usage import Extra, Usage, day_number, day_of
from portal.policy.judgement import Account
from portal.storage.driver import Query, fetch
from portal.storage.estate import EstateTable
from portal.storage.kept import Kept
from portal.storage.many import one_of
from portal.storage.sessions import IS_LIVE_OF_PATRON, session_of
from portal.storage.tables import (
    allowance_grant,
    branch,
    patron,
    patron_identifier,
    plan_version,
    session,
    usage_day,
)

_SINCE: BindParameter[Any] = bindparam("since")
# What a Patron is made of.
_WHO = (
    patron.c.id,
    patron.c.handle,
    patron.c.home_branch_id,
    patron.c.plan_id,
    patron.c.blocked_until,
    patron.c.valid_until,
    branch.c.time_zone,
)
_ROWS_PLAIN = (
    select(*_WHO)
    .join(branch, branch.c.id == patron.c.home_branch_id)
    .where(one_of(patron.c.id, "ids"), patron.c.erased_at.is_(None))
)
# Keys never change: rows that refer to a patron can be added meanwhile.
_ROWS_LOCKED = Query(
    _ROWS_PLAIN.order_by(patron.c.id).with_for_update(of=patron, key_share=True)
)
_ROWS = Query(_ROWS_PLAIN)
_LOCK = (
    select(patron.c.id)
    .where(one_of(patron.c.id, "ids"))
    .order_by(patron.c.id)
    .with_for_update(key_share=True)
)
_USED = Query(
    select(usage_day).where(
        one_of(usage_day.c.patron_id, "ids"), usage_day.c.day >= _SINCE
    )
)
_EXTRA = Query(
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
_LIVE = Query(
    select(session).where(
        # PostgreSQL has partitions for months to come: they need not be looked into.
        session.c.month <= bindparam("latest"),
        one_of(session.c.patron_id, "ids"),
        IS_LIVE_OF_PATRON,
    )
)
# Not asked for with the rows that are locked: it would be counted before the wait.
_VERSIONS = Query(select(func.count()).select_from(plan_version))


class PatronTable:
    """Accounts, read (and locked) inside one transaction."""

    def __init__(self, connection: Connection, kept: Kept) -> None:
        self._connection = connection
        self._kept = kept

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
                patron=_patron(row),
                pin_hash=row.pin_hash,
                card_last4=row.last4 or "",
            )
            for row in rows
        ]

    def lock(self, patron_ids: Iterable[int]) -> None:
        """Hold these rows until the commit, in the order of ids."""
        ids = sorted(set(patron_ids))
        if ids:
            self._connection.execute(_LOCK, {"ids": ids}).all()

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
        tomorrow = now + timedelta(days=1)  # another server's clock may be ahead
        latest = tomorrow.year * 100 + tomorrow.month
        given = {"ids": ids, "since": since, "latest": latest}
        people, uses, extras, sessions, versions = fetch(
            self._connection,
            given,
            _ROWS_LOCKED if lock else _ROWS,
            _USED,
            _EXTRA,
            _LIVE,
            _VERSIONS,
        )
        used: dict[int, dict[date, Usage]] = defaultdict(dict)
        for whose, day, *amounts in uses:
            used[whose][day_of(day)] = Usage(*amounts)
        extra: dict[int, dict[date, Extra]] = defaultdict(dict)
        for whose, day, seconds, octets in extras:
            extra[whose][day_of(day)] = Extra(int(seconds), int(octets))
        live: dict[int | None, list[Session]] = defaultdict(list)
        for session_ in map(session_of, sessions):
            live[session_.patron_id].append(session_)
        terms = self._terms(versions[0][0])
        return {
            person.id: Account(
                patron=person,
                terms=terms[person.plan_id],
                used=used.get(person.id, {}),
                extra=extra.get(person.id, {}),
                sessions=tuple(live.get(person.id, ())),
            )
            for person in map(_patron, people)
        }

    def _terms(self, versions: int) -> dict[int, PlanTerms]:
        """The newest terms of each plan, where there are so many versions."""
        count, terms = self._kept.terms
        if count != versions:
            current = EstateTable(self._connection).current_terms()
            terms = {each.plan_id: each for each in current}
            self._kept.terms = versions, terms
        return terms


def _candidate_rows(found: Select[tuple[int]], limit: int) -> Select[tuple[object]]:
    card = and_(
        patron_identifier.c.patron_id == patron.c.id,
        patron_identifier.c.kind == "card",
    )
    return (
        select(*_WHO, patron.c.pin_hash, patron_identifier.c.last4)
        .join(branch, branch.c.id == patron.c.home_branch_id)
        .outerjoin(patron_identifier, card)
        .where(patron.c.id.in_(found), patron.c.erased_at.is_(None))
        .order_by(patron.c.id)
        .limit(limit)
    )


def _patron(row: Sequence[Any]) -> Patron:
    """Of a row that begins with the columns of `_WHO`."""
    number, handle, home_branch_id, plan_id, blocked_until, valid_until, zone, *_ = row
    return Patron(
        id=number,
        handle=handle,
        home_branch_id=home_branch_id,
        plan_id=plan_id,
        blocked_until=blocked_until,
        valid_until=valid_until,
        time_zone=zone,
    )
