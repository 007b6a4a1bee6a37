"""The staff pages on a real socket, and a librarian's browser before them."""

from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright

from portal.storage.engine import open_store
from tests.stack import browser
from tests.stack.desks import PASSWORD, Province, served
from tests.stack.process import found

SIGN_IN = "/staff/sign-in"


@dataclass
class Office:
    """A province whose staff pages are being served."""

    province: Province
    url: str

    def sign_in(self, page: Page, username: str, language: str) -> None:
        page.goto(f"{self.url}{SIGN_IN}?lang={language}")
        page.fill("#username", username)
        page.fill("#password", PASSWORD)
        page.press("#password", "Enter")
        page.wait_for_url("**/staff/")


@pytest.fixture
def office(migrated_sqlite_url: str, tmp_path: Path) -> Generator[Office]:
    store = open_store(migrated_sqlite_url)
    province = Province(store, tmp_path)
    try:
        with served(province) as url:
            yield Office(province, url)
    finally:
        store.dispose()


@contextmanager
def window(
    playwright: Playwright, *, width: int = 1280, scripts: bool = False
) -> Generator[Page]:
    """One tab; a policy that was broken fails the test."""
    chromium = playwright.chromium.launch(
        executable_path=found("chromium"),
        args=["--disable-gpu", "--no-sandbox", "--font-render-hinting=none"],
    )
    context = chromium.new_context(
        viewport={"width": width, "height": 800},
        java_script_enabled=scripts,
        accept_downloads=True,
    )
    context.set_default_timeout(10_000)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    try:
        yield page
        assert [text for text in said if "Content Security Policy" in text] == []
    finally:
        context.close()
        chromium.close()


@pytest.fixture
def desk(playwright: Playwright) -> Generator[Callable[..., Page]]:
    """Give `desk(width=1280, scripts=False)`: a browser that keeps cookies."""
    assert browser.missing() is None
    with ExitStack() as opened:
        yield lambda **options: opened.enter_context(window(playwright, **options))


@pytest.fixture(params=["fa", "en"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)
