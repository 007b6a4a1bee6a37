"""Access-Requests: a ticket opens one session, decided under the patron's lock.

The rules are section 6.1 of the design: the first use stores NAS, device and
Acct-Session-Id; the same three again get the same answer (a lost reply, a second
server, a NAS that authenticates anew), anything else is rejected.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from portal.model.outcome import (
    Accept,
    Deny,
    Limits,
    Reject,
    RejectReason,
)
from portal.model.session import (
    AccessRequest,
    Session,
    SessionRef,
    SessionState,
    Ticket,
)
from portal.policy.admission import admit
from portal.policy.judgement import Account, limits
from portal.service.estate_view import EstateView
from portal.service.ids import new_id
from portal.service.keys import KeyRing, same
from portal.service.ports import BadRecordError, Clock, Store, UnitOfWork
from portal.service.tickets import class_value, ticket_password

# Without an Acct-Session-Id a retry can only be told by its haste.
_RETRY_WITHOUT_SESSION_ID = timedelta(seconds=30)


def new_session_ref(now: datetime) -> SessionRef:
    """A place in the ledger for a session first heard of now."""
    return SessionRef(now.year * 100 + now.month, new_id(now))


class Authorizer:
    """Answers Access-Requests in batches, one transaction each."""

    def __init__(
        self,
        *,
        store: Store,
        keys: KeyRing,
        clock: Clock,
        estate: EstateView,
    ) -> None:
        self._store = store
        self._keys = keys
        self._clock = clock
        self._estate = estate

    def decide(self, batch: Sequence[AccessRequest]) -> list[Accept | Reject]:
        """One answer a request, in order; committed when this returns.

        Raises StoreUnavailableError or StoreBusyError: then nobody may be answered.
        """
        try:
            with self._store.write() as uow:
                return self.decide_in(uow, batch)
        except BadRecordError:
            # Another server drew a session's number in the same millisecond.
            with self._store.write() as uow:
                return self.decide_in(uow, batch)

    def decide_in(
        self, uow: UnitOfWork, batch: Sequence[AccessRequest]
    ) -> list[Accept | Reject]:
        now = self._clock()
        self._estate.refresh(uow, now, {r.nas_id for r in batch})
        tickets = uow.tickets.find({r.user_name for r in batch}, lock=True)
        accounts = uow.patrons.accounts(
            {t.patron_id for t in tickets.values()}, now, lock=True
        )
        opened = {t.session for t in tickets.values() if t.session is not None}
        desk = _Desk(uow.ledger.sessions(opened) if opened else {}, accounts)
        answers = [self._answer(request, tickets, desk, now) for request in batch]
        desk.write(uow)
        return answers

    def _answer(
        self,
        request: AccessRequest,
        tickets: Mapping[str, Ticket],
        desk: "_Desk",
        now: datetime,
    ) -> Accept | Reject:
        ticket = tickets.get(request.user_name)
        if ticket is None:
            return Reject(RejectReason.UNKNOWN_TICKET)
        if not self._knows_password(request):
            return Reject(RejectReason.WRONG_PASSWORD)
        if (request.nas_id, request.device) != (ticket.nas_id, ticket.device):
            return Reject(RejectReason.OTHER_SESSION)
        if ticket.used_at is not None:
            return self._again(request, ticket, desk, now)
        if now > ticket.expires_at:
            return Reject(RejectReason.EXPIRED)
        if not desk.knows(ticket.patron_id):
            return Reject(RejectReason.REFUSED)  # erased since the ticket was minted
        return self._first(request, ticket, desk, now)

    def _knows_password(self, request: AccessRequest) -> bool:
        password = ticket_password(self._keys, request.user_name)
        if password is None:
            return False
        expected = password.encode()
        if request.chap is not None:
            ident, response, challenge = request.chap
            # RFC 2865 5.3: MD5 over ident, password, challenge.
            data = bytes([ident]) + expected + challenge
            digest = hashlib.md5(data, usedforsecurity=False).digest()
            return same(digest, response)
        return request.password is not None and same(expected, request.password)

    def _first(
        self, request: AccessRequest, ticket: Ticket, desk: "_Desk", now: datetime
    ) -> Accept | Reject:
        account = desk.account(ticket.patron_id)
        outcome = admit(account, device=ticket.device, reserved=(), now=now)
        if isinstance(outcome, Deny):
            return Reject(RejectReason.REFUSED, outcome)
        session = self._new_session(request, ticket, account, outcome, now)
        ticket.used_at = now
        ticket.acct_session_id = request.acct_session_id
        ticket.session = session.ref
        desk.open(ticket, session)
        return self._accept(session, outcome)

    def _new_session(
        self,
        request: AccessRequest,
        ticket: Ticket,
        account: Account,
        bounds: Limits,
        now: datetime,
    ) -> Session:
        session = Session(
            ref=new_session_ref(now),
            branch_id=self._estate.nas(ticket.nas_id).branch_id,
            nas_id=ticket.nas_id,
            patron_id=ticket.patron_id,
            plan_version_id=account.terms.id,
            grant_id=ticket.grant_id,
            user_name=ticket.grant_id,
            acct_session_id=request.acct_session_id or "",
            device=ticket.device,
            framed_ip=request.framed_ip,
            language=ticket.language,
            accepted_at=now,
            heard_at=now,
        )
        _tell(session, bounds)
        return session

    def _again(
        self, request: AccessRequest, ticket: Ticket, desk: "_Desk", now: datetime
    ) -> Accept | Reject:
        session = desk.session(ticket.session)
        if session is None or not _same_attempt(request, ticket, session, now):
            return Reject(RejectReason.OTHER_SESSION)
        if not desk.knows(ticket.patron_id):
            return Reject(RejectReason.REFUSED)
        account = desk.account(ticket.patron_id)
        left = account.today(now)
        if left.spent is not None or _blocked(account, now):
            # Its first answer may be lost, but what it allowed is used up by now.
            return Reject(RejectReason.REFUSED)
        bounds = limits(account, left, session, now)
        if bounds.ends_at is not None and bounds.ends_at <= now:
            return Reject(RejectReason.REFUSED)
        _tell(session, bounds)
        desk.touch(session)
        return self._accept(session, bounds)

    def _accept(self, session: Session, bounds: Limits) -> Accept:
        return Accept(
            session=session.ref,
            class_value=class_value(self._keys, session.ref),
            limits=bounds,
            interim_interval=self._estate.nas(session.nas_id).interim_interval,
            nas_id=session.nas_id,
        )


def _blocked(account: Account, now: datetime) -> bool:
    until = account.patron.blocked_until
    return until is not None and until > now


def _same_attempt(
    request: AccessRequest, ticket: Ticket, session: Session, now: datetime
) -> bool:
    if request.acct_session_id and ticket.acct_session_id:
        if request.acct_session_id != ticket.acct_session_id:
            return False
        # After its Stop counters would begin anew under the same Class.
        return session.state.live or (
            now <= ticket.expires_at and session.state is not SessionState.STOPPED
        )
    if request.acct_session_id or ticket.acct_session_id or ticket.used_at is None:
        return False
    return (
        session.state is SessionState.PENDING
        and now - ticket.used_at <= _RETRY_WITHOUT_SESSION_ID
    )


def _tell(session: Session, bounds: Limits) -> None:
    session.told_timeout = bounds.timeout
    session.told_octets = bounds.octets
    session.ends_at = bounds.ends_at
    session.ends_by = bounds.ends_by.value if bounds.ends_by else None
    session.judge_at = bounds.judge_at


class _Desk:
    """The batch's working copy: later requests see what earlier ones did."""

    def __init__(
        self,
        sessions: Mapping[SessionRef, Session],
        accounts: Mapping[int, Account],
    ) -> None:
        self._accounts = dict(accounts)
        self._sessions = dict(sessions)
        for account in accounts.values():
            self._sessions.update({s.ref: s for s in account.sessions})
        self._changed: dict[SessionRef, Session] = {}
        self._tickets: list[Ticket] = []

    def account(self, patron_id: int) -> Account:
        return self._accounts[patron_id]

    def knows(self, patron_id: int) -> bool:
        return patron_id in self._accounts

    def session(self, ref: SessionRef | None) -> Session | None:
        return None if ref is None else self._sessions.get(ref)

    def touch(self, session: Session) -> None:
        self._changed[session.ref] = session

    def open(self, ticket: Ticket, session: Session) -> None:
        """Take the session in; the device's earlier ones are over, it signed in anew.

        They are only presumed lost: a record of theirs revives them.
        """
        account = self._accounts[ticket.patron_id]
        staying = []
        for other in account.sessions:
            if other.device == session.device:
                other.state = SessionState.LOST
                other.ended_at = other.point_at or other.accepted_at
                other.judge_at = None
                self.touch(other)
            else:
                staying.append(other)
        self._accounts[ticket.patron_id] = account.with_sessions((*staying, session))
        self._sessions[session.ref] = session
        self._tickets.append(ticket)
        self.touch(session)

    def write(self, uow: UnitOfWork) -> None:
        with uow.together():
            uow.ledger.save(self._changed.values())
            uow.tickets.save(self._tickets)
