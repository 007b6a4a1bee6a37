"""`make screenshots`: the picture of every page, fa and en, narrow and wide, light, dark.

They land in var/screenshots; look at them.
"""

import logging
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, ViewportSize, sync_playwright

from tests.e2e.screenshots import captive
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
    for size in SIZES:
        for scheme in ("light", "dark"):
            context = browser.new_context(
                viewport=size,
                color_scheme="dark" if scheme == "dark" else "light",
                java_script_enabled=False,
            )
            page = context.new_page()
            for name, url in pages.items():
                page.goto(url)
                file = f"{prefix}-{name}-{size['width']}-{scheme}.png"
                page.screenshot(path=FOLDER / file, full_page=True)
            context.close()


if __name__ == "__main__":
    main(sys.argv[1:])
