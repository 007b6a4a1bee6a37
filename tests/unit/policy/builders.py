"""Accounts, sessions and records with sane defaults."""

from collections.abc import Iterable
from datetime import UTC, date, datetime

from portal.model.estate import PlanTerms
from portal.model.patron import Patron
from portal.model.session import Session, SessionRef, SessionState, StoredRecord
from portal.model.usage import Extra, Usage
from portal.policy.judgement import Account

NOON = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)  # 12:00 in Tehran
TODAY = date(2026, 11, 21)
MIDNIGHT = datetime(2026, 11, 21, 20, 30, tzinfo=UTC)


def terms(
    *,
    time: int | None = None,
    data: int | None = None,
    devices: int | None = None,
    longest: int | None = None,
) -> PlanTerms:
    return PlanTerms(
        id=1,
        plan_id=1,
        code="plain",
        version=1,
        name_fa="عادی",
        name_en="Plain",
        time_per_day=time,
        data_per_day=data,
        speed_down=None,
        speed_up=None,
        devices=devices,
        idle_timeout=None,
        longest_session=longest,
    )


def a_session(
    number: int = 1,
    *,
    state: SessionState = SessionState.OPEN,
    started_at: datetime = NOON,
    point_at: datetime | None = NOON,
    device: str = "02-4C-52-00-00-01",
    told_timeout: int | None = None,
    usage: Usage | None = None,
) -> Session:
    return Session(
        ref=SessionRef(202611, number),
        branch_id=1,
        nas_id=1,
        patron_id=1,
        plan_version_id=1,
        grant_id="g1-x",
        user_name="g1-x",
        acct_session_id=f"s{number}",
        device=device,
        state=state,
        accepted_at=started_at,
        started_at=started_at,
        heard_at=started_at,
        point_at=point_at,
        told_timeout=told_timeout,
        usage=usage or Usage(),
    )


def an_account(
    plan: PlanTerms,
    *,
    used: Usage | None = None,
    extra: Extra | None = None,
    sessions: Iterable[Session] = (),
    blocked_until: datetime | None = None,
    valid_until: datetime | None = None,
) -> Account:
    return Account(
        patron=Patron(
            id=1,
            handle="p1",
            home_branch_id=1,
            plan_id=1,
            time_zone="Asia/Tehran",
            blocked_until=blocked_until,
            valid_until=valid_until,
        ),
        terms=plan,
        used={TODAY: used} if used else {},
        extra={TODAY: extra} if extra else {},
        sessions=tuple(sessions),
    )


def a_record(
    seconds: int,
    down: int = 0,
    up: int = 0,
    *,
    status: int = 3,
    event_at: datetime = NOON,
    key: int | None = None,
) -> StoredRecord:
    return StoredRecord(
        status_type=status,
        record_key=hash((seconds, down, up)) if key is None else key,
        session_time=seconds,
        downloaded=down,
        uploaded=up,
        event_at=event_at,
        received_at=event_at,
        terminate_cause=None,
        flags=0,
    )
