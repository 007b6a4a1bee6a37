"""Who waits for SQLite's write lock gets it, however busy another writer is."""

import sqlite3
import threading
import time
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from portal.service.ports import StoreBusyError
from portal.storage import engine
from portal.storage.engine import SqlStore, open_store

HOLD, GAP = 0.02, 0.001  # seconds; what radiusd does at its busiest


@pytest.fixture
def store(migrated_sqlite_url: str) -> Generator[SqlStore]:
    made = open_store(migrated_sqlite_url)
    yield made
    made.dispose()


@pytest.fixture
def path(migrated_sqlite_url: str) -> Path:
    return Path(migrated_sqlite_url.removeprefix("sqlite:///"))


def writes(store: SqlStore) -> float:
    """Seconds until a transaction has the lock."""
    began = time.monotonic()
    with store.write():
        return time.monotonic() - began


@pytest.mark.alone
def test_a_writer_that_hardly_ever_pauses_starves_nobody(
    store: SqlStore, path: Path
) -> None:
    over = threading.Event()
    hog = threading.Thread(target=_write_all_the_time, args=[path, over.is_set])
    hog.start()
    try:
        waits = sorted(writes(store) for _ in range(60))
    finally:
        over.set()
        hog.join()

    assert waits[-1] < 0.5
    assert waits[len(waits) * 95 // 100] < 0.25


def _write_all_the_time(path: Path, over: Callable[[], bool]) -> None:
    pause = threading.Event()
    connection = sqlite3.connect(path, isolation_level=None)
    while not over():
        connection.execute("BEGIN IMMEDIATE")
        pause.wait(HOLD)
        connection.execute("COMMIT")
        pause.wait(GAP)
    connection.close()


def test_a_lock_that_is_never_free_is_a_busy_store(
    store: SqlStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_BUSY_TIMEOUT_MS", 50)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreBusyError):
        writes(store)

    holder.execute("COMMIT")
    holder.close()
    assert writes(store) < 5
