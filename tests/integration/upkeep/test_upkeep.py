from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, insert, inspect, select

from portal.service.keys import KeyRing
from portal.service.upkeep import Upkeep
from portal.storage import schema, tables
from portal.storage.engine import SqlStore, open_store

NOW = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
RETENTION = timedelta(days=180)
KEYS = KeyRing({1: bytes(32)})


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Installation:
    """A database, a clock, and the upkeep of both."""

    store: SqlStore
    head_file: Path
    clock: Clock = field(default_factory=Clock)

    def run(self, name: str) -> None:
        upkeep = Upkeep(
            store=self.store,
            keys=KEYS,
            clock=self.clock,
            head_file=self.head_file,
            retention=RETENTION,
            instance="here",
        )
        next(task for task in upkeep.tasks() if task.name == name).run()

    def count(self, name: str) -> int:
        table = tables.metadata.tables[name]
        with self.store.read() as uow:
            found = uow.connection.scalar(select(func.count()).select_from(table))
        return found or 0

    def add(self, name: str, *rows: dict[str, object]) -> None:
        table = tables.metadata.tables[name]
        with self.store.write() as uow:
            uow.connection.execute(insert(table), list(rows))


@pytest.fixture
def here(database_url: str, tmp_path: Path) -> Generator[Installation]:
    store = open_store(database_url)
    with store.write() as uow:
        # As if it had been set up a year ago.
        schema.upgrade(uow.connection, NOW - timedelta(days=365))
    yield Installation(store, tmp_path / "audit-head")
    store.dispose()


def a_session(month: int, number: int) -> dict[str, object]:
    return {
        "month": month,
        "id": number,
        "branch_id": 1,
        "nas_id": 1,
        "user_name": "",
        "acct_session_id": "",
        "device": "",
        "state": "stopped",
        "flags": 0,
        "heard_at": NOW,
        "session_time": 0,
        "downloaded": 0,
        "uploaded": 0,
    }


def test_use_is_kept_for_the_retention_time_and_then_forgotten(
    here: Installation,
) -> None:
    edge = NOW - RETENTION  # 2026-05-25
    old, kept = edge - timedelta(days=1), edge + timedelta(days=1)
    here.add("session", a_session(202604, 1), a_session(202605, 2))
    usage = {"session_time": 1, "downloaded": 1, "uploaded": 1}
    here.add(
        "usage_day",
        {"patron_id": 1, "day": 20260524, **usage},
        {"patron_id": 1, "day": 20260526, **usage},
    )
    here.add(
        "usage_hour",
        {"branch_id": 1, "hour_at": old, "attributed": True, **usage},
        {"branch_id": 1, "hour_at": kept, "attributed": True, **usage},
    )
    here.add(
        "quarantine",
        {"id": 1, "received_at": old, "packet": b"x", "reason": "x"},
        {"id": 2, "received_at": kept, "packet": b"x", "reason": "x"},
    )

    here.run("forget_use")

    for name in ("session", "usage_day", "usage_hour", "quarantine"):
        assert here.count(name) == 1, name


def test_more_than_one_chunk_is_forgotten(here: Installation) -> None:
    old = NOW - RETENTION - timedelta(days=1)
    rows: list[dict[str, object]] = [
        {"id": n, "at": old, "outcome": "not_known", "branch_id": None}
        for n in range(1201)
    ]
    here.add("sign_in_attempt", *rows)

    here.run("forget_use")

    assert here.count("sign_in_attempt") == 0


def test_an_open_request_is_never_forgotten(here: Installation) -> None:
    request = {
        "session_month": 202511,
        "nas_id": 1,
        "kind": "disconnect",
        "reason": "staff",
        "facts": "{}",
        "state": "unknown",
        "decided_at": NOW - timedelta(days=400),
        "due_at": NOW,
        "attempts": 1,
    }
    here.add(
        "dynauth_request",
        {"id": 1, "session_id": 1, "open": True, **request},
        {"id": 2, "session_id": 2, "open": False, **request},
    )

    here.run("forget_use")

    assert here.count("dynauth_request") == 1


def test_postgresql_forgets_by_the_partition_and_makes_new_ones(
    here: Installation,
) -> None:
    if here.store.engine.dialect.name != "postgresql":
        return
    here.run("forget_use")
    here.run("make_room")

    names = set(inspect(here.store.engine).get_table_names())
    assert "session_202604" not in names
    assert {"session_202605", "session_202811", "session_default"} <= names


def test_the_worker_shows_that_it_is_alive(here: Installation) -> None:
    here.run("beat")
    here.clock.now += timedelta(seconds=30)
    here.run("beat")

    with here.store.read() as uow:
        beats = uow.estate.heartbeats()
    assert [(beat.process, beat.seen_at) for beat in beats] == [
        ("worker", NOW + timedelta(seconds=30))
    ]


def test_the_head_of_the_chain_is_kept_outside(here: Installation) -> None:
    here.run("keep_audit_head")

    assert here.head_file.read_text().startswith("0 ")


def test_short_lived_rows_go_when_nobody_can_need_them(here: Installation) -> None:
    with here.store.write() as uow:
        branch = uow.estate.add_branch(
            code="b", name_fa="b", name_en="b", time_zone="UTC", now=NOW
        )
    here.add(
        "staff",
        {
            "id": 1,
            "username": "u",
            "name": "n",
            "role": "desk",
            "branch_id": branch.id,
            "password_hash": "",
            "created_at": NOW,
        },
    )
    times = {"staff_id": 1, "created_at": NOW, "seen_at": NOW}
    here.add(
        "browser_session",
        {"digest": b"1", "expires_at": NOW - timedelta(days=31), **times},
        {"digest": b"2", "expires_at": NOW - timedelta(days=29), **times},
    )

    here.run("forget_short_lived")

    assert here.count("browser_session") == 1
