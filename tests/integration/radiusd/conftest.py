"""An installation with one branch, on each database."""

from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from tests.integration.radiusd.installation import (
    AccessServer,
    Installation,
    installation,
)


@pytest.fixture
def nas() -> Generator[AccessServer]:
    with AccessServer() as one:
        yield one


def _one(
    url: str, tmp_path: Path, free_port: Callable[[], int]
) -> Generator[Installation]:
    with installation(url, tmp_path, free_port) as made:
        made.add_branch(dynauth_port=free_port())
        made.add_plan(time_per_day=3600, data_per_day=1_000_000_000)
        yield made


@pytest.fixture
def sqlite_centre(
    migrated_sqlite_url: str, tmp_path: Path, free_port: Callable[[], int]
) -> Generator[Installation]:
    yield from _one(migrated_sqlite_url, tmp_path, free_port)


@pytest.fixture
def postgresql_centre(
    migrated_postgresql_url: str, tmp_path: Path, free_port: Callable[[], int]
) -> Generator[Installation]:
    yield from _one(migrated_postgresql_url, tmp_path, free_port)


@pytest.fixture
def centre(
    migrated_url: str, tmp_path: Path, free_port: Callable[[], int]
) -> Generator[Installation]:
    """Give an installation with a branch and a plan of an hour and a gigabyte."""
    yield from _one(migrated_url, tmp_path, free_port)
