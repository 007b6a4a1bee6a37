"""A library, an access server before one phone, and the phone's browser."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urlsplit

import pytest
from werkzeug.test import TestResponse

from tests.stack import world as worlds
from tests.stack.library import Chilli, Library
from tests.stack.world import World

_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
_ACTION = re.compile(r'<form[^>]* action="([^"]+)"')
_TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)


@dataclass
class Page:
    """What the browser shows, and how it came there."""

    response: TestResponse
    path: list[str]

    @property
    def html(self) -> str:
        return self.response.text

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def title(self) -> str:
        found = _TITLE.search(self.html)
        assert found is not None, self.html
        return unescape(found[1])

    @property
    def hidden(self) -> dict[str, str]:
        return {name: unescape(value) for name, value in _HIDDEN.findall(self.html)}

    @property
    def action(self) -> str:
        found = _ACTION.search(self.html)
        assert found is not None, self.html
        return unescape(found[1])

    def link(self, text: str) -> str:
        """Where the link or button of this text leads."""
        found = re.search(rf'<a [^>]*href="([^"]+)"[^>]*>{re.escape(text)}', self.html)
        assert found is not None, f"no {text!r} in {self.html}"
        return unescape(found[1])


@dataclass
class Phone:
    """A browser without scripts and cookies behind one access server."""

    library: Library
    chilli: Chilli
    path: list[str] = field(default_factory=list)

    def open(self, url: str) -> Page:
        """GET, and follow wherever that leads."""
        return self._follow("GET", url, None)

    def arrive(self) -> Page:
        """Open any page while not signed in."""
        return self.open(self.chilli.not_yet())

    def submit(self, page: Page, **fields: str) -> Page:
        """Fill in the page's form and send it."""
        return self._follow("POST", page.action, page.hidden | fields)

    def sign_in(self, number: str, pin: str) -> Page:
        return self.submit(self.arrive(), number=number, pin=pin)

    def _follow(self, method: str, url: str, data: dict[str, str] | None) -> Page:
        path = []
        for _ in range(8):
            path.append(f"{method} {url}")
            if url.startswith(self.chilli.origin):
                url, method, data = self._at_chilli(url), "GET", None
                continue
            parts = urlsplit(url)
            response = self.library.app.test_client(use_cookies=False).open(
                f"{parts.path}?{parts.query}" if parts.query else parts.path,
                method=method,
                data=data,
            )
            assert "Set-Cookie" not in response.headers
            if response.status_code not in {302, 303, 307}:
                self.path = path
                return Page(response, path)
            assert response.status_code == 303
            url, method, data = response.headers["Location"], "GET", None
        raise AssertionError(f"a circle: {path}")

    def _at_chilli(self, url: str) -> str:
        match urlsplit(url).path:
            case "/logon":
                return self.chilli.logon(url)
            case "/logoff":
                return self.chilli.logoff()
            case "/status":
                return self.chilli.status()
            case "/prelogin":
                return self.chilli.prelogin()
            case other:
                raise AssertionError(f"no page of the access server: {other}")


@pytest.fixture
def world(migrated_sqlite_url: str) -> Iterator[World]:
    """On SQLite; a module whose answers rest on locks has both databases."""
    with worlds.world(migrated_sqlite_url) as one:
        yield one


@pytest.fixture
def library(world: World) -> Library:
    return Library(world)


@pytest.fixture
def phone(library: Library) -> Phone:
    return Phone(library, library.access_server())
