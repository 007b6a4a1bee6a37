"""A browser that can only follow redirects and links, and send forms."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.client import HTTPConnection
from urllib.parse import urlencode, urljoin, urlsplit

_MOST_REDIRECTS = 10


@dataclass(frozen=True)
class Link:
    """An anchor with its whole address."""

    text: str
    url: str


@dataclass
class Page(HTMLParser):
    """What a page has to offer: its title, its links, its (first) form."""

    url: str
    status: int
    html: str
    title: str = ""
    text: str = ""
    links: list[Link] = field(default_factory=list)
    action: str | None = None
    hidden: dict[str, str] = field(default_factory=dict)
    fields: set[str] = field(default_factory=set)
    _open: list[str] = field(default_factory=list)
    _href: str | None = None
    _words: str = ""

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._open.append(tag)
        if tag == "a":
            self._href, self._words = given.get("href"), ""
        elif tag == "form" and given.get("method") == "post" and self.action is None:
            self.action = urljoin(self.url, given["action"])
        elif tag == "input" and given.get("type") == "hidden":
            self.hidden.setdefault(given["name"], given["value"])
        elif tag == "input":
            self.fields.add(given["name"])

    def handle_data(self, data: str) -> None:
        self._words += data
        self.text += data
        if self._open and self._open[-1] == "title":
            self.title += data

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass
        if tag == "a" and self._href is not None:
            url = urljoin(self.url, self._href)
            self.links.append(Link(" ".join(self._words.split()), url))
            self._href = None


def open_page(url: str, form: Mapping[str, str] | None = None) -> Page:
    """Where an address, or a form sent to it, leads in the end."""
    for _ in range(_MOST_REDIRECTS):
        status, location, body = _ask(url, form)
        if location is None:
            return Page(url, status, body)
        url, form = urljoin(url, location), None
    raise AssertionError(f"sent round and round, at last to {url}")


def submit(page: Page, **typed: str) -> Page:
    assert page.action is not None, page.html
    return open_page(page.action, page.hidden | typed)


def _ask(url: str, form: Mapping[str, str] | None) -> tuple[int, str | None, str]:
    parts = urlsplit(url)
    assert parts.hostname is not None, url
    path = parts.path or "/"
    connection = HTTPConnection(parts.hostname, parts.port, timeout=30)
    try:
        place = f"{path}?{parts.query}" if parts.query else path
        if form is None:
            connection.request("GET", place)
        else:
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            connection.request("POST", place, urlencode(form), kind)
        answer = connection.getresponse()
        return answer.status, answer.headers["Location"], answer.read().decode()
    finally:
        connection.close()
