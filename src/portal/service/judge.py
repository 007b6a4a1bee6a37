"""Judging: decides in mid-session, in the transaction that changed the facts.

Called with a patron's lock held: by the ledger after each batch, by the scheduler when
an instant is due, and by every staff act that changes what a patron may do.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.model.outcome import DynauthRequest, EndReason, RequestKind, RequestState
from portal.model.session import Session, SessionRef
from portal.policy.judgement import Account, End, Keep, judge
from portal.service.estate_view import EstateView
from portal.service.ports import NewRequest, Progress, UnitOfWork

# What a patron or staff said stands; what was judged may be judged anew.
_STEPS_BACK = (
    EndReason.TIME_QUOTA,
    EndReason.DATA_QUOTA,
    EndReason.BLOCKED,
    EndReason.MEMBERSHIP_ENDED,
    EndReason.LONGEST_SESSION,
)


@dataclass(frozen=True, slots=True)
class Judgement:
    """Sessions whose ends have moved, those that go on, requests that are wanted."""

    changed: Sequence[Session]
    kept: Sequence[SessionRef]
    wanted: Sequence[NewRequest]


class Judge:
    """Puts decisions about live sessions into the outbox."""

    def __init__(self, estate: EstateView) -> None:
        self._estate = estate

    def run(self, uow: UnitOfWork, patron_ids: Iterable[int], now: datetime) -> int:
        """Judge every live session of these patrons; the number of new requests.

        A disconnect that is no longer wanted is taken back unless it is on its way: the
        quota of a new day, or what staff gave, lets the session go on.
        """
        self._estate.refresh(uow, now)
        accounts = uow.patrons.accounts(patron_ids, now, lock=True)
        judgement = self.weigh(accounts.values(), now)
        uow.ledger.save(judgement.changed)
        if judgement.kept:
            uow.outbox.withdraw(judgement.kept, _STEPS_BACK, now)
        return self.post(uow, judgement.wanted)

    def weigh(self, accounts: Iterable[Account], now: datetime) -> Judgement:
        """Judge every live session of these accounts; nothing is written."""
        changed: list[Session] = []
        kept: list[SessionRef] = []
        wanted: list[NewRequest] = []
        for account in accounts:
            for session in account.sessions:
                verdict = judge(
                    account, session, self._check_interval(session.nas_id), now
                )
                if _apply(session, verdict):
                    changed.append(session)
                if isinstance(verdict, Keep):
                    kept.append(session.ref)
                request = self._request(account, session, verdict, now)
                if request is not None:
                    wanted.append(request)
        return Judgement(changed, kept, wanted)

    def end(
        self,
        uow: UnitOfWork,
        session: Session,
        reason: EndReason,
        facts: Mapping[str, object],
        now: datetime,
    ) -> int:
        """End one session because a person said so."""
        request = NewRequest(
            session=session.ref,
            nas_id=session.nas_id,
            kind=RequestKind.DISCONNECT,
            reason=reason,
            facts=facts,
            decided_at=now,
        )
        return self.post(uow, [request])

    def _check_interval(self, nas_id: int) -> int:
        profile = self._estate.profile(nas_id)
        return profile.check_interval if profile else 0

    def _request(
        self, account: Account, session: Session, verdict: Keep | End, now: datetime
    ) -> NewRequest | None:
        if isinstance(verdict, End):
            if not session.state.live or session.started_at is None:
                # Nothing to disconnect before the Start; it is judged when it comes.
                return None
            return NewRequest(
                session=session.ref,
                nas_id=session.nas_id,
                kind=RequestKind.DISCONNECT,
                reason=verdict.reason,
                facts=_facts(account, session, now),
                decided_at=now,
            )
        profile = self._estate.profile(session.nas_id)
        if not verdict.tell or profile is None or not profile.can_change:
            return None
        return NewRequest(
            session=session.ref,
            nas_id=session.nas_id,
            kind=RequestKind.CHANGE,
            reason="limits",
            facts=_facts(account, session, now),
            decided_at=now,
            timeout=verdict.limits.timeout,
            octets=verdict.limits.octets,
        )

    def post(self, uow: UnitOfWork, wanted: Sequence[NewRequest]) -> int:
        """One open request a session; a disconnect outranks a change on its way."""
        if not wanted:
            return 0
        open_ = uow.outbox.open_for([request.session for request in wanted])
        fresh = []
        for request in wanted:
            before = open_.get(request.session)
            if before is None:
                fresh.append(request)
            elif _outranks(request, before):
                uow.outbox.update(
                    before.id, Progress(state=RequestState.SUPERSEDED, open=False)
                )
                fresh.append(request)
        return uow.outbox.add(fresh)


def _outranks(new: NewRequest, old: DynauthRequest) -> bool:
    return _rank(new) > _rank(old) and old.state is not RequestState.ACKNOWLEDGED


def _rank(request: NewRequest | DynauthRequest) -> int:
    """A disconnect before a change, a person's word before what may be taken back."""
    if request.kind != RequestKind.DISCONNECT:
        return 0
    return 1 if request.reason in _STEPS_BACK else 2


def _apply(session: Session, verdict: Keep | End) -> bool:
    """Write the verdict's instants into the session; whether anything changed."""
    limits = verdict.limits
    ends_by = limits.ends_by.value if limits.ends_by else None
    before = (session.ends_at, session.ends_by, session.judge_at)
    after = (limits.ends_at, ends_by, verdict.judge_at)
    session.ends_at, session.ends_by, session.judge_at = after
    return before != after


def _facts(account: Account, session: Session, now: datetime) -> dict[str, object]:
    """What the decision rested on, for the proof: amounts, never a name."""
    left = account.today(now)
    return {
        "used_seconds": left.used.session_time,
        "used_octets": left.used.octets,
        "time_left": left.time_left,
        "octets_left": left.octets_left,
        "plan": account.terms.code,
        "plan_version": account.terms.version,
        "live_sessions": len(account.sessions),
        "session_seconds": session.usage.session_time,
        "session_octets": session.usage.octets,
    }
