"""A session between its row and the model, in one place."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, literal_column

from portal.model.session import Session, SessionRef, SessionState
from portal.model.usage import Usage
from portal.storage.tables import session
from portal.storage.types import stored

_STATES = {state.value: state for state in SessionState}


def state_is(*states: SessionState) -> ColumnElement[bool]:
    """Written out, not bound: an index of live sessions serves only such a text."""
    return session.c.state.in_([literal_column(f"'{state.value}'") for state in states])


# The index of patrons' live sessions has these words and no list of states: PostgreSQL
# would take any index made with such a list for as good, as long as it has not seen how
# many sessions are live, and read them all.
IS_LIVE_OF_PATRON = and_(
    session.c.state >= literal_column(f"'{SessionState.OPEN.value}'"),
    session.c.state <= literal_column(f"'{SessionState.PENDING.value}'"),
)


class ReadSession(Session):
    """A session as it was read, which remembers what the indexes hold of it."""

    __slots__ = ("indexed",)

    indexed: tuple[str, SessionState, datetime | None]
    """Acct-Session-Id, state and the instant of judging."""


def session_of(row: Sequence[Any]) -> ReadSession:
    """Of a row with all columns of the table, in its order.

    By position: this is done for every packet, and a look-up by name costs three times
    as much.
    """
    (
        month,
        number,
        branch_id,
        nas_id,
        patron_id,
        plan_version_id,
        grant_id,
        user_name,
        acct_session_id,
        device,
        framed_ip,
        language,
        state,
        flags,
        accepted_at,
        started_at,
        heard_at,
        ended_at,
        terminate_cause,
        point_at,
        session_time,
        downloaded,
        uploaded,
        told_timeout,
        told_octets,
        ends_at,
        ends_by,
        judge_at,
    ) = row
    read = ReadSession(
        ref=SessionRef(month, number),
        branch_id=branch_id,
        nas_id=nas_id,
        patron_id=patron_id,
        plan_version_id=plan_version_id,
        grant_id=grant_id,
        user_name=user_name,
        acct_session_id=acct_session_id,
        device=device,
        framed_ip=framed_ip,
        language=language,
        state=_STATES[state],
        flags=flags,
        accepted_at=accepted_at,
        started_at=started_at,
        heard_at=heard_at,
        ended_at=ended_at,
        terminate_cause=terminate_cause,
        point_at=point_at,
        usage=Usage(session_time, downloaded, uploaded),
        told_timeout=told_timeout,
        told_octets=told_octets,
        ends_at=ends_at,
        ends_by=ends_by,
        judge_at=judge_at,
    )
    read.indexed = acct_session_id, read.state, judge_at
    return read


def row_of(session: Session) -> tuple[Any, ...]:
    """The column values of a session, in the order of its table."""
    usage = session.usage
    return (
        session.ref.month,
        session.ref.id,
        session.branch_id,
        session.nas_id,
        session.patron_id,
        session.plan_version_id,
        session.grant_id,
        session.user_name,
        session.acct_session_id,
        session.device,
        session.framed_ip,
        session.language,
        session.state.value,
        int(session.flags),
        stored(session.accepted_at),
        stored(session.started_at),
        stored(session.heard_at),
        stored(session.ended_at),
        session.terminate_cause,
        stored(session.point_at),
        usage.session_time,
        usage.downloaded,
        usage.uploaded,
        session.told_timeout,
        session.told_octets,
        stored(session.ends_at),
        session.ends_by,
        stored(session.judge_at),
    )
