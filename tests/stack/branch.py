"""A branch on real sockets: the patron's pages, and an access server's before a phone."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from werkzeug.serving import BaseWSGIServer, make_server

from tests.stack import world as worlds
from tests.stack.certificate import self_signed
from tests.stack.library import Chilli, Library
from tests.stack.ports import free_port

# Each device reaches its access server on an address of its own.
ADDRESS = "127.1.0.1"


class _Answers(BaseHTTPRequestHandler):
    """CoovaChilli's pages: every answer is a redirect."""

    server: "UamServer"
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


class UamServer(ThreadingHTTPServer):
    """An access server's pages; `asked` is what the browser came for."""

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
    uam: UamServer

    @property
    def anywhere(self) -> str:
        """A page that the access server turns into a redirect."""
        return f"{self.chilli.origin}/"


@contextmanager
def branch(
    database_url: str, folder: Path, *, scheme: str = "http"
) -> Iterator[Branch]:
    """A branch over a migrated database; `folder` is for a certificate's files."""
    portal_port, uam_port = free_port(), free_port()
    secured: ssl.SSLContext | None = None
    if scheme == "https":
        secured = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        secured.load_cert_chain(*self_signed(folder))
    with ExitStack() as stack:
        world = stack.enter_context(worlds.world(database_url))
        library = Library(world, public_url=f"{scheme}://127.0.0.1:{portal_port}")
        library.change_nas(uam_port=uam_port)
        chilli = library.access_server(address=ADDRESS)
        portal = make_server(
            "127.0.0.1", portal_port, library.app, threaded=True, ssl_context=secured
        )
        uam = UamServer(chilli, uam_port)
        stack.enter_context(_serving(portal))
        stack.enter_context(_serving(uam))
        yield Branch(library, chilli, uam)


@contextmanager
def _serving(server: BaseWSGIServer | UamServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()
