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
from portal.radius.codes import AcctStatusType
from portal.service.authorize import new_session_ref
from portal.service.estate_view import EstateView
from portal.service.ports import UnitOfWork

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
    origins = uow.ledger.origins(set(refs.values()))
    # A Class that was given to another access server names nothing here.
    refs = {
        i: ref
        for i, ref in refs.items()
        if ref in origins and origins[ref].nas_id == reports[i].nas_id
    }
    loose = {
        (r.nas_id, r.acct_session_id) for i, r in enumerate(reports) if i not in refs
    }
    by_nas = _by_nas_session(uow, loose, now) if loose else {}
    whose = {origins[ref].patron_id for ref in refs.values()}
    whose.update(s.patron_id for group in by_nas.values() for s in group)
    patron_ids = {patron_id for patron_id in whose if patron_id is not None}
    accounts = uow.patrons.accounts(patron_ids, now, lock=True) if patron_ids else {}
    current = _Current(uow, refs.values(), by_nas, accounts)
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
            return self._by_ref.get(ref)
        key = (report.nas_id, report.acct_session_id, report.device)
        group = self._by_nas.get(key, [])
        possible = [s for s in group if not _began_after(report, s)]
        for session in possible:
            if report.happened_at >= session.began_at - _REUSED_AFTER:
                return session
        return possible[0] if possible else None

    def take(self, session: Session) -> None:
        key = (session.nas_id, session.acct_session_id, session.device)
        self._by_nas.setdefault(key, []).insert(0, session)


def _began_after(report: AccountingReport, session: Session) -> bool:
    """Whether a record speaks of a later session under a number used before."""
    latest = session.ended_at or session.point_at
    if latest is None or not _tells_its_start(report):
        return False
    if session.state is not SessionState.RESTARTED:
        latest += _REUSED_AFTER
    return report.happened_at - timedelta(seconds=report.session_time) > latest


def _tells_its_start(report: AccountingReport) -> bool:
    return report.session_time > 0 or report.status_type == AcctStatusType.START


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
        state=SessionState.OPEN,
        heard_at=report.received_at,
    )
