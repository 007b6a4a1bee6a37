from collections.abc import Generator
from pathlib import Path

import pytest

from tests.stack import province as provinces


@pytest.fixture
def province(migrated_url: str, tmp_path: Path) -> Generator[provinces.Province]:
    """Give a province with branches 1 and 2, at noon; once on each database."""
    with provinces.province(migrated_url, tmp_path) as one:
        one.add_branch(1)
        one.add_branch(2)
        yield one
