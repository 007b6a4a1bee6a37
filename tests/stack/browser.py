"""The phone's captive browser: Debian's Chromium, scripts off, cookies refused.

A captive portal's assistant on a phone may do neither, so the patrons' pages must not
need them; a desk's browser (`strict=False`) may do both.
"""

import json
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from playwright.sync_api import BrowserContext, Page, Playwright, ViewportSize

from tests.stack.process import found

NARROW = ViewportSize(width=360, height=740)
WIDE = ViewportSize(width=1280, height=800)

# Chromium's content setting: 1 allow, 2 block.
_BLOCK = 2


def missing() -> str | None:
    """Say what is missing to open a browser, or None."""
    return None if found("chromium") else "Chromium (apt: chromium)"


class OpenWindow(Protocol):
    """Open a window that closes with the test; the fixture `open_window` is one."""

    def __call__(
        self,
        *,
        language: str = "fa",
        viewport: ViewportSize = NARROW,
        strict: bool = True,
    ) -> BrowserContext: ...


@contextmanager
def window(
    playwright: Playwright,
    profile: Path,
    *,
    language: str,
    viewport: ViewportSize,
    strict: bool,
) -> Generator[BrowserContext]:
    """Open a browser with an empty `profile` directory of its own.

    `strict` switches scripts off and refuses every cookie, as some captive browsers do.
    Content security policies are obeyed; certificates of the tests' own are accepted.
    """
    if strict:
        _refuse_cookies(profile)
    context = playwright.chromium.launch_persistent_context(
        profile,
        executable_path=found("chromium"),
        # Chromium's sandbox refuses root.
        chromium_sandbox=os.geteuid() != 0,
        args=["--disable-gpu", "--font-render-hinting=none"],
        java_script_enabled=not strict,
        ignore_https_errors=True,
        locale={"fa": "fa-IR", "en": "en-GB"}[language],
        timezone_id="Asia/Tehran",
        viewport=viewport,
    )
    context.set_default_timeout(10_000)
    try:
        yield context
    finally:
        context.close()


def _refuse_cookies(profile: Path) -> None:
    preferences = {
        "profile": {"default_content_setting_values": {"cookies": _BLOCK}},
    }
    default = profile / "Default"
    default.mkdir(parents=True)
    (default / "Preferences").write_text(json.dumps(preferences))


def is_cut_off(page: Page) -> bool:
    """Whether letters of twice the size make a page wider than its window.

    WCAG 2.2, 1.4.4 and 1.4.10; a table may be wider, in a region that scrolls.
    """
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    return bool(
        page.evaluate(
            "document.documentElement.scrollWidth"
            " > document.documentElement.clientWidth"
        )
    )
