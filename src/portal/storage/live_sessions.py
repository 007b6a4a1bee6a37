"""How the scheduler and the sweep look for live sessions: always by an index of them.

SQLite uses such an index only for the very words it was made with, so a query that asks
for one state asks for all of the index's first.
"""

from datetime import timedelta

from sqlalchemy import BigInteger, bindparam, case, cast, select

from portal.model.session import SessionState
from portal.storage.sessions import state_is
from portal.storage.tables import nas, session
from portal.storage.types import counted, instant
from portal.storage.upsert import larger

_STALE_LEAST = timedelta(minutes=15)
_IS_LIVE = state_is(SessionState.PENDING, SessionState.OPEN)

DUE = (
    select(session)
    .where(_IS_LIVE, session.c.judge_at <= bindparam("now"))
    .order_by(session.c.judge_at)
    .limit(bindparam("most"))
)
OF_NAS = select(session).where(
    session.c.nas_id == bindparam("nas"),
    state_is(SessionState.PENDING, SessionState.OPEN, SessionState.LOST),
)

_heard_until = case((nas.c.enabled, counted(nas.c.heard_at)), else_=instant("now"))
_clock_from = larger(
    larger(counted(session.c.heard_at), instant("up_since")), counted(nas.c.heard_since)
)
_silent = _heard_until - _clock_from
STALE = (
    select(session)
    .join(nas, nas.c.id == session.c.nas_id)
    .where(
        _IS_LIVE,
        session.c.state == SessionState.OPEN.value,
        _silent > _STALE_LEAST // timedelta(microseconds=1),
        _silent > cast(nas.c.interim_interval, BigInteger) * 3_000_000,
    )
    .order_by(session.c.id)
    .limit(bindparam("most"))
)
NEVER_STARTED = (
    select(session)
    .where(
        _IS_LIVE,
        session.c.state == SessionState.PENDING.value,
        session.c.accepted_at < bindparam("before"),
    )
    .order_by(session.c.id)
    .limit(bindparam("most"))
)
