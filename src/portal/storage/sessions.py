"""A session between its row and the model, in one place."""

from typing import Any

from sqlalchemy import Row

from portal.model.session import Session, SessionRef, SessionState
from portal.model.usage import Usage


def session_of(row: Row[Any]) -> Session:
    return Session(
        ref=SessionRef(row.month, row.id),
        branch_id=row.branch_id,
        nas_id=row.nas_id,
        patron_id=row.patron_id,
        plan_version_id=row.plan_version_id,
        grant_id=row.grant_id,
        user_name=row.user_name,
        acct_session_id=row.acct_session_id,
        device=row.device,
        framed_ip=row.framed_ip,
        language=row.language,
        state=SessionState(row.state),
        flags=row.flags,
        accepted_at=row.accepted_at,
        started_at=row.started_at,
        heard_at=row.heard_at,
        ended_at=row.ended_at,
        terminate_cause=row.terminate_cause,
        point_at=row.point_at,
        usage=Usage(row.session_time, row.downloaded, row.uploaded),
        told_timeout=row.told_timeout,
        told_octets=row.told_octets,
        ends_at=row.ends_at,
        ends_by=row.ends_by,
        judge_at=row.judge_at,
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
