"""The core over real databases, on a clock the tests hold."""

from collections.abc import Generator

import pytest

from tests.stack import world as worlds


@pytest.fixture
def world(database_url: str) -> Generator[worlds.World]:
    with worlds.world(database_url) as one:
        yield one
