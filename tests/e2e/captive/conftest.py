"""A branch on real sockets and a phone's browser before it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.stack import branch as branches
from tests.stack.branch import Branch
from tests.stack.browser import OpenWindow


@pytest.fixture
def branch(
    request: pytest.FixtureRequest, migrated_sqlite_url: str, tmp_path: Path
) -> Iterator[Branch]:
    """A branch whose portal is behind http, or what a test says indirectly."""
    scheme = str(getattr(request, "param", "http"))
    with branches.branch(migrated_sqlite_url, tmp_path, scheme=scheme) as one:
        yield one


@pytest.fixture(params=["fa", "en"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def phone(open_window: OpenWindow) -> Iterator[Page]:
    """One tab without scripts and cookies; a policy that was broken fails the test."""
    window: BrowserContext = open_window()
    page = window.pages[0] if window.pages else window.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    yield page
    assert [text for text in said if "Content Security Policy" in text] == []
