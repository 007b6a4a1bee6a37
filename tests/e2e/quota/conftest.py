from collections.abc import Callable, Generator
from contextlib import ExitStack
from dataclasses import replace
from datetime import time
from pathlib import Path

import pytest

from tests.stack import province as provinces
from tests.stack.daemon import Radiusd
from tests.stack.nas_sim import NasSim, Simulated
from tests.stack.province import Province

NOON, LATE, EARLY = time(12), time(23, 59, 30), time(0, 0, 30)
# Enough for 5 GiB within a second.
LINE_RATE = 100_000_000_000

Simulate = Callable[..., NasSim]


@pytest.fixture(params=[NOON, LATE, EARLY], ids=["noon", "late", "early"])
def moment(request: pytest.FixtureRequest) -> time:
    """Give what the clocks show in Tehran when the test begins."""
    shown: time = request.param
    return shown


@pytest.fixture
def province(migrated_url: str, tmp_path: Path, moment: time) -> Generator[Province]:
    """Give a province with two branches that report every second."""
    with provinces.province(migrated_url, tmp_path, starts_at=moment) as one:
        for number in (1, 2):
            one.add_branch(number, interim=1, line_rate=LINE_RATE)
        yield one


@pytest.fixture
def daemon(province: Province) -> Radiusd:
    return province.radiusd()


@pytest.fixture
def simulate(province: Province, daemon: Radiusd, moment: time) -> Generator[Simulate]:
    """Give `simulate(Simulated(1), ..., behind=0)`, which starts the simulator."""
    with ExitStack() as stack:

        def start(*branches: Simulated, behind: float = 0) -> NasSim:
            if moment != NOON:
                # Around midnight there is no time to lose.
                branches = tuple(replace(each, check_seconds=1) for each in branches)
            sim = NasSim.start(province, daemon, branches, behind=behind)
            stack.callback(sim.stop)
            return sim

        yield start
