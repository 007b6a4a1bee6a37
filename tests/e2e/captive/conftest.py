"""The pages on a real socket, an access server on another, and a phone's browser."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page
from werkzeug.serving import BaseWSGIServer, make_server

from tests.e2e.captive.certificate import self_signed
from tests.stack import world as worlds
from tests.stack.browser import OpenWindow
from tests.stack.library import Chilli, Library
from tests.stack.ports import free_port

# Each device reaches its access server on an address of its own.
ADDRESS = "127.1.0.1"


class _Answers(BaseHTTPRequestHandler):
    """CoovaChilli's pages: every answer is a redirect."""

    server: "_UamServer"
    protocol_version = "HTTP/1.0"

    def do_GET(self) -> None:
        chilli, path = self.server.chilli, urlsplit(self.path).path
        pages: dict[str, Callable[[], str]] = {
            "/logon": lambda: chilli.logon(self.path),
            "/logoff": chilli.logoff,
            "/status": chilli.status,
            "/prelogin": chilli.prelogin,
        }
        self.server.asked.append(path)
        location = pages.get(path, chilli.prelogin)()
        self.send_response(302, "Moved Temporarily")
        self.send_header("Location", location)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


class _UamServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, chilli: Chilli, port: int) -> None:
        super().__init__((ADDRESS, port), _Answers)
        self.chilli = chilli
        self.asked: list[str] = []


@dataclass
class Branch:
    """A library with everything on real sockets."""

    library: Library
    chilli: Chilli
    uam: _UamServer

    @property
    def anywhere(self) -> str:
        """A page that the access server turns into a redirect."""
        return f"{self.chilli.origin}/"


@contextmanager
def _serving(server: BaseWSGIServer | _UamServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


@pytest.fixture
def branch(
    request: pytest.FixtureRequest, migrated_sqlite_url: str, tmp_path: Path
) -> Iterator[Branch]:
    """A branch whose portal is behind http, or what a test says indirectly."""
    scheme = str(getattr(request, "param", "http"))
    portal_port, uam_port = free_port(), free_port()
    secured: ssl.SSLContext | None = None
    if scheme == "https":
        secured = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        secured.load_cert_chain(*self_signed(tmp_path))
    with ExitStack() as stack:
        world = stack.enter_context(worlds.world(migrated_sqlite_url))
        library = Library(world, public_url=f"{scheme}://127.0.0.1:{portal_port}")
        library.change_nas(uam_port=uam_port)
        chilli = library.access_server(address=ADDRESS)
        portal = make_server(
            "127.0.0.1", portal_port, library.app, threaded=True, ssl_context=secured
        )
        uam = _UamServer(chilli, uam_port)
        stack.enter_context(_serving(portal))
        stack.enter_context(_serving(uam))
        yield Branch(library, chilli, uam)


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
