"""A small province on a real database, once on each kind."""

from collections.abc import Generator
from pathlib import Path

import pytest

from portal.storage.engine import SqlStore, open_store
from tests.stack.desks import Province


@pytest.fixture
def store(migrated_url: str) -> Generator[SqlStore]:
    """Give a database with the schema and nothing in it."""
    opened = open_store(migrated_url)
    try:
        yield opened
    finally:
        opened.dispose()


@pytest.fixture
def province(store: SqlStore, tmp_path: Path) -> Province:
    return Province(store, tmp_path)
