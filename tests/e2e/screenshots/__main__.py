"""`make screenshots`: the picture of every page, fa and en, narrow and wide, light, dark.

They land in var/screenshots; look at them.
"""

import logging
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from tests.e2e.screenshots import captive, staff
from tests.stack import world as worlds
from tests.stack.branch import branch
from tests.stack.process import found

FOLDER = Path("var/screenshots")
SIZES = (ViewportSize(width=360, height=800), ViewportSize(width=1280, height=800))


def main(wanted: list[str]) -> None:
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, _browser() as browser:
        url = f"sqlite:///{name}/portal.db"
        worlds.migrate(url)
        with branch(url, Path(name)) as one:
            captive.furnish(one.library)
            for language in ("fa", "en"):
                pages = captive.addresses(one, language)
                chosen = {n: u for n, u in pages.items() if not wanted or n in wanted}
                _take(browser, f"captive-{language}", chosen)
        with staff.office(Path(name)) as (address, province):
            pages = staff.furnish(province)
            for language in ("fa", "en"):
                _walk(browser, address, pages, language, wanted)
    print(f"{len(list(FOLDER.glob('*.png')))} pictures in {FOLDER}")


@contextmanager
def _browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found("chromium"),
            args=["--disable-gpu", "--no-sandbox", "--font-render-hinting=none"],
        )
        yield browser
        browser.close()


def _take(browser: Browser, prefix: str, pages: Mapping[str, str]) -> None:
    for page, look in _looks(browser):
        for name, url in pages.items():
            page.goto(url)
            page.screenshot(path=FOLDER / f"{prefix}-{name}-{look}", full_page=True)


def _walk(
    browser: Browser,
    address: str,
    pages: Mapping[str, str],
    language: str,
    wanted: list[str],
) -> None:
    for page, look in _looks(browser):
        for name in staff.picture(page, address, pages, language):
            if not wanted or name in wanted:
                file = f"staff-{language}-{name}-{look}"
                page.screenshot(path=FOLDER / file, full_page=True)


def _looks(browser: Browser) -> Iterator[tuple[Page, str]]:
    """A tab of every size and scheme, with the end of its pictures' names."""
    for size in SIZES:
        for scheme in ("light", "dark"):
            context = browser.new_context(
                viewport=size,
                color_scheme="dark" if scheme == "dark" else "light",
                java_script_enabled=False,
            )
            yield context.new_page(), f"{size['width']}-{scheme}.png"
            context.close()


if __name__ == "__main__":
    main(sys.argv[1:])
