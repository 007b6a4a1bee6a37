"""A session between its row and the model, in one place."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, literal_column

from portal.model.session import Session, SessionRef, SessionState
from portal.model.usage import Usage
from portal.storage.tables import session

_STATES = {state.value: state for state in SessionState}


def state_is(*states: SessionState) -> ColumnElement[bool]:
    """Written out, not bound: an index of live sessions serves only such a text."""
    return session.c.state.in_([literal_column(f"'{state.value}'") for state in states])


def session_of(row: Sequence[Any]) -> Session:
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
    return Session(
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


def row_of(session: Session) -> dict[str, Any]:
    """The column values of a session."""
    return {
        "month": session.ref.month,
        "id": session.ref.id,
        "branch_id": session.branch_id,
        "nas_id": session.nas_id,
        "patron_id": session.patron_id,
        "plan_version_id": session.plan_version_id,
        "grant_id": session.grant_id,
        "user_name": session.user_name,
        "acct_session_id": session.acct_session_id,
        "device": session.device,
        "framed_ip": session.framed_ip,
        "language": session.language,
        "state": session.state.value,
        "flags": int(session.flags),
        "accepted_at": session.accepted_at,
        "started_at": session.started_at,
        "heard_at": session.heard_at,
        "ended_at": session.ended_at,
        "terminate_cause": session.terminate_cause,
        "point_at": session.point_at,
        "session_time": session.usage.session_time,
        "downloaded": session.usage.downloaded,
        "uploaded": session.usage.uploaded,
        "told_timeout": session.told_timeout,
        "told_octets": session.told_octets,
        "ends_at": session.ends_at,
        "ends_by": session.ends_by,
        "judge_at": session.judge_at,
    }
