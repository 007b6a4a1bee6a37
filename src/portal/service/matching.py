"""Which session a report belongs to: Class, then ticket name, then the NAS's own id.

RFC 2866 promises no unique Acct-Session-Id, so the NAS's id alone is only the last
resort and only together with the device; what matches nothing becomes an unattributed
session of its branch.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from portal.model.estate import RecordFlag
from portal.model.session import (
    AccountingReport,
    Session,
    SessionRef,
    SessionState,
    Ticket,
)
from portal.policy.judgement import Account
from portal.service.authorize import new_session_ref
from portal.service.estate_view import EstateView
from portal.service.ports import UnitOfWork

_ENDED = (SessionState.STOPPED, SessionState.RESTARTED)
# A record this much later than a session's end tells of another session that was given
# the same number: cheap gear counts from 1 after each start.
_REUSED_AFTER = timedelta(seconds=60)


def match_sessions(
    uow: UnitOfWork,
    reports: Sequence[AccountingReport],
    estate: EstateView,
    now: datetime,
) -> tuple[list[Session], dict[int, Account]]:
    """A session for each report, in order, and the locked accounts concerned.

    Sessions are shared objects: two reports of one session get the same one.
    """
    refs = _claimed_refs(uow, reports)
    owners = uow.ledger.owners(set(refs.values()))
    loose = {
        (r.nas_id, r.acct_session_id)
        for i, r in enumerate(reports)
        if i not in refs or refs[i] not in owners
    }
    by_nas = _by_nas_session(uow, loose, now) if loose else {}
    patron_ids = {patron_id for patron_id in owners.values() if patron_id is not None}
    patron_ids.update(
        s.patron_id for g in by_nas.values() for s in g if s.patron_id is not None
    )
    accounts = uow.patrons.accounts(patron_ids, now, lock=True) if patron_ids else {}
    current = _Current(uow, owners, by_nas, accounts)
    found = []
    for i, report in enumerate(reports):
        session = current.of(report, refs.get(i))
        if session is None:
            session = _unattributed(report, estate)
            current.take(session)
        if report.false_class or report.session not in (None, session.ref):
            session.flags |= RecordFlag.FALSE_CLASS
        found.append(session)
    return found, accounts


def _claimed_refs(
    uow: UnitOfWork, reports: Sequence[AccountingReport]
) -> dict[int, SessionRef]:
    """By position: the session that a Class or a ticket's name points at."""
    refs = {i: r.session for i, r in enumerate(reports) if r.session is not None}
    names = {r.user_name for i, r in enumerate(reports) if i not in refs}
    tickets = uow.tickets.find(names, lock=False) if names else {}
    for i, report in enumerate(reports):
        if i in refs:
            continue
        ticket = tickets.get(report.user_name)
        if ticket is not None and _is_of(report, ticket):
            assert ticket.session is not None  # noqa: S101 - _is_of saw to it
            refs[i] = ticket.session
    return refs


def _is_of(report: AccountingReport, ticket: Ticket) -> bool:
    return (
        ticket.session is not None
        and ticket.nas_id == report.nas_id
        and ticket.device == report.device
        and (ticket.acct_session_id or report.acct_session_id) == report.acct_session_id
    )


def _by_nas_session(
    uow: UnitOfWork, keys: Collection[tuple[int, str]], now: datetime
) -> dict[tuple[int, str, str], list[Session]]:
    # Two servers may hear of the same unknown session at once.
    uow.estate.lock_access_servers({nas_id for nas_id, _ in keys})
    since = now - timedelta(days=31)
    groups: dict[tuple[int, str, str], list[Session]] = {}
    for session in uow.ledger.by_nas_session(keys, since.year * 100 + since.month):
        key = (session.nas_id, session.acct_session_id, session.device)
        groups.setdefault(key, []).append(session)
    return groups


class _Current:
    """The batch's sessions as they are under the lock.

    A patron's live sessions came with the account; closed and unattributed ones are
    read (and locked) here.
    """

    def __init__(
        self,
        uow: UnitOfWork,
        refs: Iterable[SessionRef],
        by_nas: Mapping[tuple[int, str, str], list[Session]],
        accounts: Mapping[int, Account],
    ) -> None:
        self._by_ref = {s.ref: s for a in accounts.values() for s in a.sessions}
        wanted = {*refs, *(s.ref for group in by_nas.values() for s in group)}
        missing = wanted - self._by_ref.keys()
        if missing:
            self._by_ref.update(uow.ledger.sessions(missing, lock=True))
        self._by_nas = {
            key: [self._by_ref.get(s.ref, s) for s in group]
            for key, group in by_nas.items()
        }

    def of(self, report: AccountingReport, ref: SessionRef | None) -> Session | None:
        if ref is not None:
            session = self._by_ref.get(ref)
            if session is not None and session.nas_id == report.nas_id:
                return session
        key = (report.nas_id, report.acct_session_id, report.device)
        group = self._by_nas.get(key, [])
        for session in group:
            if session.state not in _ENDED:
                return session
        for session in group:
            if not _is_reuse(report, session):
                return session
        return None

    def take(self, session: Session) -> None:
        key = (session.nas_id, session.acct_session_id, session.device)
        self._by_nas.setdefault(key, []).insert(0, session)


def _is_reuse(report: AccountingReport, session: Session) -> bool:
    """Whether a record speaks of a later session under a number used before."""
    at = report.event_at or report.received_at
    return (
        session.ended_at is not None
        and at > session.ended_at + _REUSED_AFTER
        and report.session_time < session.usage.session_time
    )


def _unattributed(report: AccountingReport, estate: EstateView) -> Session:
    nas = estate.nas(report.nas_id)
    return Session(
        ref=new_session_ref(report.received_at),
        branch_id=nas.branch_id,
        nas_id=nas.id,
        patron_id=None,
        plan_version_id=None,
        grant_id=None,
        user_name=report.user_name,
        acct_session_id=report.acct_session_id,
        device=report.device,
        framed_ip=report.framed_ip,
        heard_at=report.received_at,
    )
