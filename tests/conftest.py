"""What every test may ask for: databases, Redis, ports, a browser.

A server that this machine lacks skips its tests, except in CI, where a skip is a failure.
"""

import os
import shutil
from collections.abc import Callable, Generator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import (
    BrowserContext,
    Playwright,
    ViewportSize,
    sync_playwright,
)

from tests.stack import browser, ports, postgresql, redis
from tests.stack import world as worlds

IN_CI = os.environ.get("CI") == "true"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[
    None, pytest.TestReport, pytest.TestReport
]:
    report = yield
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        fail(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[
    None, pytest.CollectReport, pytest.CollectReport
]:
    report = yield
    if IN_CI and report.skipped:
        fail(report)
    return report


def fail(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn a skip into a failure that says why it was skipped."""
    report.outcome = "failed"
    report.longrepr = f"skipped, which fails in CI: {report.longreprtext}"


def need(missing: str | None) -> None:
    if missing is not None:
        pytest.skip(f"{missing} is not installed")


@pytest.fixture
def free_port() -> Callable[[], int]:
    return ports.free_port


@pytest.fixture(scope="session")
def postgresql_cluster() -> Generator[postgresql.Cluster]:
    need(postgresql.missing())
    with postgresql.cluster() as running:
        yield running


@pytest.fixture
def postgresql_url(postgresql_cluster: postgresql.Cluster) -> Generator[str]:
    """Give a fresh, empty PostgreSQL database."""
    with postgresql_cluster.database() as url:
        yield url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """Give a fresh SQLite database: the file does not exist yet."""
    return f"sqlite:///{tmp_path}/portal.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Give a fresh, empty database; the test runs once on each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "portal.db"
    worlds.migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def _postgresql_template(postgresql_cluster: postgresql.Cluster) -> Generator[str]:
    with postgresql_cluster.database() as url:
        worlds.migrate(url)
        yield url.rpartition("/")[2]


@pytest.fixture
def migrated_sqlite_url(sqlite_url: str, _sqlite_template: Path) -> str:
    """Give a SQLite database with the schema and no row."""
    shutil.copy(_sqlite_template, sqlite_url.removeprefix("sqlite:///"))
    return sqlite_url


@pytest.fixture
def migrated_postgresql_url(
    postgresql_cluster: postgresql.Cluster, _postgresql_template: str
) -> Generator[str]:
    """Give a PostgreSQL database with the schema and no row."""
    with postgresql_cluster.database(template=_postgresql_template) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def migrated_url(request: pytest.FixtureRequest) -> str:
    """Give a database with the schema and no row; once on each kind."""
    url: str = request.getfixturevalue(f"migrated_{request.param}_url")
    return url


@pytest.fixture
def world(migrated_url: str) -> Generator[worlds.World]:
    """Give a small province in a database, on a clock that the test holds."""
    with worlds.world(migrated_url) as one:
        yield one


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Generator[redis.Server]:
    need(redis.missing())
    with redis.server(tmp_path_factory.mktemp("redis")) as running:
        yield running


@pytest.fixture
def redis_url(redis_server: redis.Server) -> str:
    """Give an empty Redis database."""
    redis_server.empty()
    return redis_server.url


# Not for the whole session: Playwright keeps an event loop running in this thread, and
# tests of other modules start their own.
@pytest.fixture(scope="module")
def playwright() -> Generator[Playwright]:
    need(browser.missing())
    with sync_playwright() as driver:
        yield driver


@pytest.fixture
def open_window(
    playwright: Playwright, tmp_path_factory: pytest.TempPathFactory
) -> Generator[browser.OpenWindow]:
    """Give `open_window(language="fa", viewport=NARROW, strict=True)`.

    Strict is a phone's captive browser: scripts off, cookies refused.
    """
    with ExitStack() as opened:

        def open_one(
            *,
            language: str = "fa",
            viewport: ViewportSize = browser.NARROW,
            strict: bool = True,
        ) -> BrowserContext:
            profile = tmp_path_factory.mktemp("browser")
            one = browser.window(
                playwright,
                profile,
                language=language,
                viewport=viewport,
                strict=strict,
            )
            return opened.enter_context(one)

        yield open_one
