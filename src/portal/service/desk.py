"""What a desk does to one patron: grant, undo, block, unblock, end a session.

Each act is one transaction: the patron's lock, the change, the judgement of live
sessions and, last, the audit entry. A desk steers the sessions of its own branch only;
it may grant to any member of the province, who may be its visitor today, and block
those its branch has to do with.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.model.audit import Action, Detail
from portal.model.estate import PlanTerms
from portal.model.outcome import EndReason
from portal.model.patron import PatronCard
from portal.model.persian import normalise
from portal.model.session import Session, SessionRef
from portal.model.staff import (
    CEILINGS,
    UNDO_WITHIN,
    AllowanceGrant,
    GrantReason,
    StaffMember,
)
from portal.model.usage import Extra, day_number
from portal.policy.judgement import Account
from portal.service.audit import record
from portal.service.keys import KeyRing
from portal.service.ports import Clock
from portal.service.staff_ports import Judging, StaffStore, StaffUnitOfWork
from portal.service.staff_refusal import RefusalReason, Refused

LONGEST_TEXT = 300
# A visitor is this branch's business as long as a day after the last visit.
_VISIT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Granted:
    """The grant; `repeated` when this very form had made it before."""

    grant: AllowanceGrant
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """It is as was asked; `requests` went to access servers because of it."""

    handle: str
    requests: int = 0


class Desk:
    """Acts on one patron on behalf of a staff member."""

    def __init__(
        self, *, store: StaffStore, keys: KeyRing, clock: Clock, judge: Judging
    ) -> None:
        self._store = store
        self._keys = keys
        self._clock = clock
        self._judge = judge

    def grant(
        self,
        actor: StaffMember,
        handle: str,
        extra: Extra,
        *,
        reason: str,
        request_key: str,
    ) -> Granted | Refused:
        """Give time or data for the patron's present local day.

        `reason` is a GrantReason or the giver's own words; `request_key` is new for
        every form shown: one form makes one grant however often it arrives, and with
        other values it is refused as stale.
        """
        reason = normalise(reason)[:LONGEST_TEXT]
        if extra.seconds < 0 or extra.octets < 0 or not (extra.seconds or extra.octets):
            return Refused(RefusalReason.NOTHING_ASKED)
        if not reason:
            return Refused(RefusalReason.REASON_MISSING)
        key = f"{actor.id}:{request_key}"
        now = self._clock()
        with self._store.write() as uow:
            card = uow.people.by_handle(handle)
            if card is None:
                return Refused(RefusalReason.NOT_FOUND)
            account = self._locked(uow, card, now)
            if account is None:
                return Refused(RefusalReason.NOT_FOUND)
            made = uow.grants.by_request(key)
            if made is not None:
                return _repeated(made, card, extra, reason)
            day = day_number(account.today(now).window.day)
            given = uow.grants.total(card.patron.id, day)
            refused = _may_give(actor, account.terms, given, extra)
            if refused is not None:
                return refused
            grant = AllowanceGrant(
                id=secrets.randbits(62),
                patron_id=card.patron.id,
                day=day,
                extra=extra,
                reason=reason,
                staff_id=actor.id or None,
                created_at=now,
            )
            uow.grants.add(grant, key)
            self._judge.run(uow, [card.patron.id], now)
            self._record(
                uow,
                Action.ALLOWANCE_GRANTED,
                actor,
                card,
                _grant_details(grant),
                personal=None if _is_code(reason) else {"reason": reason},
            )
            return Granted(grant)

    def undo_grant(self, actor: StaffMember, grant_id: int) -> Done | Refused:
        """Take a grant back soon after it was given, one's own or as administrator."""
        now = self._clock()
        with self._store.write() as uow:
            grant = uow.grants.find(grant_id)
            if grant is None:
                return Refused(RefusalReason.NOT_FOUND)
            card = uow.people.cards([grant.patron_id])[grant.patron_id]
            if self._locked(uow, card, now) is None:
                return Refused(RefusalReason.NOT_FOUND)
            # Read anew: the other press of the same button may have come first.
            grant = uow.grants.find(grant_id) or grant
            reason = undo_refusal(actor, grant, now)
            if reason is not None:
                return Refused(reason)
            uow.grants.undo(grant_id, now)
            requests = self._judge.run(uow, [card.patron.id], now)
            details = {"grant": str(grant.id), **_amounts(grant.extra)}
            self._record(uow, Action.GRANT_UNDONE, actor, card, details)
            return Done(card.patron.handle, requests)

    def block(
        self, actor: StaffMember, handle: str, until: datetime, note: str
    ) -> Done | Refused:
        """Refuse a patron everywhere until an instant, and end what is running."""
        note = normalise(note)[:LONGEST_TEXT]
        if not note:
            return Refused(RefusalReason.REASON_MISSING)
        now = self._clock()
        if until <= now:
            return Refused(RefusalReason.IN_THE_PAST)
        furthest = now + CEILINGS[actor.role].block
        if until > furthest:
            return Refused(RefusalReason.TOO_LONG, until=furthest)
        with self._store.write() as uow:
            card = uow.people.by_handle(handle)
            if card is None:
                return Refused(RefusalReason.NOT_FOUND)
            if not concerns(uow, actor, card, now):
                return Refused(RefusalReason.OTHER_BRANCH)
            if self._locked(uow, card, now) is None:
                return Refused(RefusalReason.NOT_FOUND)
            uow.people.block(card.patron.id, until, note)
            requests = self._judge.run(uow, [card.patron.id], now)
            details = {"until": until.isoformat(timespec="seconds")}
            self._record(
                uow,
                Action.PATRON_BLOCKED,
                actor,
                card,
                details,
                personal={"note": note},
            )
            return Done(handle, requests)

    def unblock(self, actor: StaffMember, handle: str) -> Done | Refused:
        """Let a blocked patron in again."""
        now = self._clock()
        with self._store.write() as uow:
            card = uow.people.by_handle(handle)
            if card is None:
                return Refused(RefusalReason.NOT_FOUND)
            if not concerns(uow, actor, card, now):
                return Refused(RefusalReason.OTHER_BRANCH)
            account = self._locked(uow, card, now)
            blocked = account.patron.blocked_until if account else None
            if blocked is None or blocked <= now:
                return Refused(RefusalReason.NOT_BLOCKED)
            uow.people.block(card.patron.id, None, None)
            self._judge.run(uow, [card.patron.id], now)
            self._record(uow, Action.PATRON_UNBLOCKED, actor, card, {})
            return Done(handle)

    def disconnect(self, actor: StaffMember, ref: SessionRef) -> Done | Refused:
        """End one live session of a branch of this actor's.

        A second press while the first request is on its way changes nothing.
        """
        now = self._clock()
        with self._store.write() as uow:
            session = uow.ledger.sessions([ref]).get(ref)
            if session is None:
                return Refused(RefusalReason.NOT_FOUND)
            if not actor.works_at(session.branch_id):
                return Refused(RefusalReason.OTHER_BRANCH)
            card = _card_of(uow, session)
            if card is not None:
                self._locked(uow, card, now)
            # Read anew under the lock: it may have ended meanwhile.
            session = uow.ledger.sessions([ref], lock=True)[ref]
            if not session.state.live:
                return Refused(RefusalReason.ALREADY_ENDED)
            facts = {"actor": actor.actor}
            requests = self._judge.end(uow, session, EndReason.STAFF, facts, now)
            if requests:
                self._record_end(uow, actor, session, card)
            return Done(card.patron.handle if card else "", requests)

    def _locked(
        self, uow: StaffUnitOfWork, card: PatronCard, now: datetime
    ) -> Account | None:
        """The account under its lock; None if it was erased."""
        accounts = uow.patrons.accounts([card.patron.id], now, lock=True)
        return accounts.get(card.patron.id)

    def _record(
        self,
        uow: StaffUnitOfWork,
        action: Action,
        actor: StaffMember,
        card: PatronCard,
        details: Mapping[str, Detail],
        *,
        personal: Mapping[str, str] | None = None,
    ) -> None:
        record(
            uow,
            self._keys,
            actor=actor.actor,
            action=action,
            subject=f"patron:{card.patron.handle}",
            details=details,
            branch_id=actor.branch_id,
            personal=personal,
            now=self._clock(),
        )

    def _record_end(
        self,
        uow: StaffUnitOfWork,
        actor: StaffMember,
        session: Session,
        card: PatronCard | None,
    ) -> None:
        record(
            uow,
            self._keys,
            actor=actor.actor,
            action=Action.SESSION_ENDED,
            subject=f"session:{session.ref.month}-{session.ref.id}",
            details={"patron": card.patron.handle if card else None},
            branch_id=session.branch_id,
            now=self._clock(),
        )


def concerns(
    uow: StaffUnitOfWork, actor: StaffMember, card: PatronCard, now: datetime
) -> bool:
    """Whether a patron is a member or a recent visitor of the actor's branch."""
    if actor.works_at(card.patron.home_branch_id):
        return True
    latest = uow.usage_log.of_patron(
        card.patron.id, branch_id=actor.scope, before=None, limit=1
    )
    return any(s.state.live or s.heard_at > now - _VISIT for s in latest)


def undo_refusal(
    actor: StaffMember, grant: AllowanceGrant, now: datetime
) -> RefusalReason | None:
    """Why a grant cannot be undone by this actor now; None: it can."""
    if grant.staff_id != (actor.id or None) and not actor.is_administrator:
        return RefusalReason.NOT_YOURS
    if grant.undone_at is not None:
        return RefusalReason.ALREADY_UNDONE
    if now - grant.created_at > UNDO_WITHIN:
        return RefusalReason.TOO_LATE
    return None


def room(actor: StaffMember, given: Extra) -> Extra:
    """What this role may still give on a day on which `given` was given already."""
    most = CEILINGS[actor.role].per_day
    return Extra(
        seconds=max(0, most.seconds - given.seconds),
        octets=max(0, most.octets - given.octets),
    )


def _may_give(
    actor: StaffMember, terms: PlanTerms, given: Extra, extra: Extra
) -> Refused | None:
    in_vain_time = terms.time_per_day is None or not extra.seconds
    in_vain_data = terms.data_per_day is None or not extra.octets
    if in_vain_time and in_vain_data:
        return Refused(RefusalReason.UNLIMITED_ALREADY)
    left = room(actor, given)
    if extra.seconds > left.seconds or extra.octets > left.octets:
        return Refused(RefusalReason.CEILING, room=left)
    return None


def _repeated(
    made: AllowanceGrant, card: PatronCard, extra: Extra, reason: str
) -> Granted | Refused:
    """The same press once more; nothing is said to be given that is not."""
    asked = (card.patron.id, extra, reason)
    if asked != (made.patron_id, made.extra, made.reason) or made.undone_at is not None:
        return Refused(RefusalReason.STALE_FORM)
    return Granted(made, repeated=True)


def _card_of(uow: StaffUnitOfWork, session: Session) -> PatronCard | None:
    if session.patron_id is None:
        return None
    return uow.people.cards([session.patron_id]).get(session.patron_id)


def _is_code(reason: str) -> bool:
    return reason in set(GrantReason)


def _amounts(extra: Extra) -> dict[str, Detail]:
    return {"seconds": extra.seconds, "octets": extra.octets}


def _grant_details(grant: AllowanceGrant) -> dict[str, Detail]:
    return {
        "grant": str(grant.id),
        "day": grant.day,
        "reason": grant.reason if _is_code(grant.reason) else "other",
        **_amounts(grant.extra),
    }
