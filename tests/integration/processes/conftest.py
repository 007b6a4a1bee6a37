from collections.abc import Generator
from pathlib import Path

import pytest

from tests.conftest import need
from tests.stack import postgresql
from tests.stack import province as provinces
from tests.stack.province import Province


@pytest.fixture(scope="module")
def own_cluster() -> Generator[postgresql.Cluster]:
    """Give a PostgreSQL that this module may stop and start."""
    need(postgresql.missing())
    with postgresql.cluster() as running:
        yield running


@pytest.fixture
def province(migrated_url: str, tmp_path: Path) -> Generator[Province]:
    """Give a province with branches 1 and 2, at noon; once on each database."""
    with provinces.province(migrated_url, tmp_path) as one:
        _set_up(one)
        yield one


@pytest.fixture
def sqlite_province(migrated_sqlite_url: str, tmp_path: Path) -> Generator[Province]:
    """Give the same on SQLite."""
    with provinces.province(migrated_sqlite_url, tmp_path) as one:
        _set_up(one)
        yield one


@pytest.fixture
def postgresql_province(
    migrated_postgresql_url: str, tmp_path: Path
) -> Generator[Province]:
    """Give the same on PostgreSQL."""
    with provinces.province(migrated_postgresql_url, tmp_path) as one:
        _set_up(one)
        yield one


def _set_up(province: Province) -> None:
    province.add_branch(1)
    province.add_branch(2)
