"""A patron as the desk sees one: state, what is left, sessions with proof, grants.

Opening a person is an act and leaves an audit entry. A desk sees the sessions of its
own branch; that a patron is online elsewhere it learns only as a number.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from portal.model.audit import Action
from portal.model.estate import PlanTerms
from portal.model.identifiers import IdentifierKind
from portal.model.outcome import EndReason
from portal.model.patron import PatronCard
from portal.model.session import Session, SessionRef
from portal.model.staff import AllowanceGrant, StaffMember
from portal.model.usage import Extra, day_number
from portal.policy.allowance import Allowance
from portal.policy.judgement import Account
from portal.service.audit import record
from portal.service.desk import concerns, room, undo_refusal
from portal.service.keys import KeyRing
from portal.service.ports import Clock
from portal.service.staff_ports import ProofStep, StaffStore, StaffUnitOfWork
from portal.service.staff_refusal import RefusalReason, Refused

SESSIONS_AT_ONCE = 10
_GRANTS_SHOWN = 10


class PatronStateKind(StrEnum):
    """Where a patron stands, the strongest fact first."""

    BLOCKED = "blocked"
    MEMBERSHIP_ENDED = "membership_ended"
    ONLINE = "online"
    TIME_USED = "time_used"
    DATA_USED = "data_used"
    READY = "ready"


@dataclass(frozen=True, slots=True)
class PatronState:
    """One sentence's worth: the kind, and the instant that belongs to it."""

    kind: PatronStateKind
    at: datetime | None = None  # until when, or since when online
    sessions: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionView:
    """A session with what was asked of its access server, and whose it is."""

    session: Session
    access_server: str
    card: PatronCard | None = None
    proof: tuple[ProofStep, ...] = ()

    @property
    def may_end(self) -> bool:
        """Whether asking the access server to end it makes sense."""
        return self.session.state.live and not self.is_ending

    @property
    def is_ending(self) -> bool:
        """Whether a request to end it is on its way."""
        on_its_way = ("waiting", "sent", "acknowledged", "unknown")
        return self.session.state.live and any(
            step.kind == "disconnect" and step.state in on_its_way
            for step in self.proof
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantView:
    """A grant, who gave it, and whether the one who looks may undo it now."""

    grant: AllowanceGrant
    by: str | None
    may_undo: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PatronPage:
    """Everything the desk sees of one patron at one moment."""

    card: PatronCard
    last4: dict[IdentifierKind, str]
    state: PatronState
    terms: PlanTerms
    today: Allowance
    extra: Extra  # granted for today
    room: Extra  # what this role may still grant today
    may_block: bool
    sessions: tuple[SessionView, ...]
    older: SessionRef | None  # where the list goes on
    elsewhere: int  # live sessions at branches that this desk does not see
    grants: tuple[GrantView, ...]


class PatronPages:
    """Opens patrons for staff."""

    def __init__(self, *, store: StaffStore, keys: KeyRing, clock: Clock) -> None:
        self._store = store
        self._keys = keys
        self._clock = clock

    def open(
        self,
        actor: StaffMember,
        handle: str,
        *,
        before: SessionRef | None = None,
        purpose: str = "page",
    ) -> PatronPage | Refused:
        """A patron with sessions from `before` on; audited with its purpose."""
        now = self._clock()
        with self._store.read() as uow:
            card = uow.people.by_handle(handle)
            if card is None:
                return Refused(RefusalReason.NOT_FOUND)
            page = self._page(uow, actor, card, before, now)
        # The write lock is held for the entry alone; without it nothing is shown.
        with self._store.write() as uow:
            record(
                uow,
                self._keys,
                actor=actor.actor,
                action=Action.PATRON_OPENED,
                subject=f"patron:{handle}",
                details={"purpose": purpose},
                branch_id=actor.branch_id,
                now=now,
            )
        return page

    def online(
        self, actor: StaffMember, branch_id: int | None, limit: int
    ) -> list[SessionView] | Refused:
        """Who is online at a branch (None: at all that the actor sees) now."""
        if branch_id is not None and not actor.works_at(branch_id):
            return Refused(RefusalReason.OTHER_BRANCH)
        wanted = actor.scope if branch_id is None else branch_id
        with self._store.read() as uow:
            return views(uow, uow.usage_log.online(wanted, limit))

    def session(self, actor: StaffMember, ref: SessionRef) -> SessionView | Refused:
        """One session of a branch of the actor's, with its proof."""
        with self._store.read() as uow:
            session = uow.ledger.sessions([ref]).get(ref)
            if session is None:
                return Refused(RefusalReason.NOT_FOUND)
            if not actor.works_at(session.branch_id):
                return Refused(RefusalReason.OTHER_BRANCH)
            return views(uow, [session])[0]

    def _page(
        self,
        uow: StaffUnitOfWork,
        actor: StaffMember,
        card: PatronCard,
        before: SessionRef | None,
        now: datetime,
    ) -> PatronPage:
        patron_id = card.patron.id
        account = uow.patrons.accounts([patron_id], now, lock=False)[patron_id]
        today = account.today(now)
        given = uow.grants.total(patron_id, day_number(today.window.day))
        rows = uow.usage_log.of_patron(
            patron_id,
            branch_id=actor.scope,
            before=before,
            limit=SESSIONS_AT_ONCE + 1,
        )
        shown = rows[:SESSIONS_AT_ONCE]
        return PatronPage(
            card=card,
            last4={one.kind: one.last4 for one in uow.people.identifiers(patron_id)},
            state=state_of(account, today, now),
            terms=account.terms,
            today=today,
            extra=given,
            room=room(actor, given),
            may_block=concerns(uow, actor, card, now),
            sessions=tuple(views(uow, shown)),
            older=shown[-1].ref if len(rows) > SESSIONS_AT_ONCE else None,
            elsewhere=sum(not actor.works_at(s.branch_id) for s in account.sessions),
            grants=_grant_views(uow, actor, patron_id, now),
        )


def state_of(account: Account, today: Allowance, now: datetime) -> PatronState:
    """The one fact that a person at the desk needs first."""
    patron = account.patron
    if patron.blocked_until is not None and patron.blocked_until > now:
        return PatronState(PatronStateKind.BLOCKED, patron.blocked_until)
    if patron.valid_until is not None and patron.valid_until <= now:
        return PatronState(PatronStateKind.MEMBERSHIP_ENDED, patron.valid_until)
    began = [session.began_at for session in account.sessions]
    if began:
        return PatronState(PatronStateKind.ONLINE, min(began), len(began))
    if today.spent is EndReason.DATA_QUOTA:
        return PatronState(PatronStateKind.DATA_USED, today.window.ends_at)
    if today.spent is EndReason.TIME_QUOTA:
        return PatronState(PatronStateKind.TIME_USED, today.window.ends_at)
    return PatronState(PatronStateKind.READY)


def views(uow: StaffUnitOfWork, sessions: list[Session]) -> list[SessionView]:
    """Sessions with their access server's name, their patron and their proof."""
    names = {nas.id: nas.name for nas in uow.estate.access_servers()}
    cards = uow.people.cards({s.patron_id for s in sessions if s.patron_id is not None})
    proof = uow.usage_log.proof([s.ref for s in sessions])
    return [
        SessionView(
            session=s,
            access_server=names.get(s.nas_id, ""),
            card=None if s.patron_id is None else cards.get(s.patron_id),
            proof=tuple(proof.get(s.ref, ())),
        )
        for s in sessions
    ]


def _grant_views(
    uow: StaffUnitOfWork, actor: StaffMember, patron_id: int, now: datetime
) -> tuple[GrantView, ...]:
    grants = uow.grants.of_patron(patron_id, _GRANTS_SHOWN)
    givers = uow.staff.find({g.staff_id for g in grants if g.staff_id is not None})
    return tuple(
        GrantView(
            grant=grant,
            by=givers[grant.staff_id].name if grant.staff_id in givers else None,
            may_undo=undo_refusal(actor, grant, now) is None,
        )
        for grant in grants
    )
