"""Every acknowledged record is in the ledger exactly once, whatever dies."""

import time
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.integration.processes.evening import (
    EVENING,
    Acknowledged,
    Evening,
    later_radiusd,
    signed_in,
)
from tests.stack import province as provinces
from tests.stack import world as worlds
from tests.stack.daemon import Radiusd
from tests.stack.postgresql import Cluster
from tests.stack.province import Province

KILLS, STOPS, CRASHES = 10, 2, 3


@pytest.fixture
def evening(migrated_url: str, tmp_path: Path) -> Generator[Province]:
    with provinces.province(migrated_url, tmp_path, starts_at=EVENING) as one:
        one.add_branch(1)
        yield one


class Kills(Acknowledged):
    """Kills the daemons in turn; each is started again at once."""

    def __init__(self, daemons: list[Radiusd], times: int, every: int) -> None:
        super().__init__(times, every)
        self._daemons = daemons

    def strike(self) -> None:
        daemon = self._daemons[self.done % len(self._daemons)]
        daemon.program.fail_if_gone()
        daemon.kill()
        daemon.spawn()


@pytest.mark.alone
def test_ten_kills_under_load_lose_nothing_and_invent_nothing(
    evening: Province,
) -> None:
    """On PostgreSQL the records find their way to two servers."""
    told = Evening(evening, signed_in(evening))
    daemons = [later_radiusd(evening)]
    if evening.services.settings.database_file is None:
        daemons.append(later_radiusd(evening))
    kills = Kills(daemons, KILLS, told.records // (KILLS + 1))

    told.tell(daemons, kills)

    assert kills.done == KILLS
    assert told.resent >= KILLS
    told.check_totals()


class Stops(Kills):
    """Stops the daemons in turn, in good order; each is started again at once."""

    def strike(self) -> None:
        daemon = self._daemons[self.done % len(self._daemons)]
        began = time.monotonic()
        code = daemon.stop(within=10)
        took = time.monotonic() - began
        assert code == 0, daemon.program.output
        assert took < 5, f"it took {took:.1f} s"
        daemon.spawn()


@pytest.mark.alone
def test_stops_under_load_are_quick_and_lose_nothing(evening: Province) -> None:
    told = Evening(evening, signed_in(evening))
    daemon = later_radiusd(evening)
    stops = Stops([daemon], STOPS, told.records // (STOPS + 1))

    told.tell([daemon], stops)

    assert stops.done == STOPS
    told.check_totals()


class Crashes(Acknowledged):
    """Crashes the database and starts it again."""

    def __init__(self, cluster: Cluster, times: int, every: int) -> None:
        super().__init__(times, every)
        self._cluster = cluster

    def strike(self) -> None:
        self._cluster.crash()
        self._cluster.start()


@pytest.mark.alone
def test_crashes_of_the_database_under_load_lose_nothing_and_invent_nothing(
    own_cluster: Cluster, tmp_path: Path
) -> None:
    with (
        own_cluster.database() as url,
        provinces.province(url, tmp_path, starts_at=EVENING) as province,
    ):
        worlds.migrate(url)
        province.add_branch(1)
        told = Evening(province, signed_in(province))
        daemons = [later_radiusd(province), later_radiusd(province)]
        crashes = Crashes(own_cluster, CRASHES, told.records // (CRASHES + 1))

        told.tell(daemons, crashes)

        assert crashes.done == CRASHES
        for daemon in daemons:
            daemon.program.fail_if_gone()
            daemon.wait_until_healthy()
        told.check_totals()
        for daemon in daemons:
            daemon.stop()
