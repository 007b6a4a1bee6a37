"""Debian's FreeRADIUS with a configuration of its own, and FreeRADIUS as a proxy.

The configuration is a private copy of Debian's that differs only where it must.
"""

import os
import re
import shutil
import tempfile
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.stack.ports import free_port
from tests.stack.process import Program, found
from tests.stack.radius_peer import Address

STOCK = Path("/etc/freeradius/3.0")
HOST = "127.0.0.1"
_USER = "freerad"
_PLACES = ("/usr/sbin",)

_SITE = """
server proxy {{
  listen {{
    type = auth
    ipaddr = {host}
    port = {auth_port}
  }}
  listen {{
    type = acct
    ipaddr = {host}
    port = {acct_port}
  }}
  authorize {{
    update control {{
      &Proxy-To-Realm := "library"
    }}
  }}
  preacct {{
    update control {{
      &Proxy-To-Realm := "library"
    }}
  }}
}}
"""
# The shortest times that it takes; `patience` is up to us.
_HOME = """
home_server {kind} {{
  type = {kind}
  ipaddr = {address[0]}
  port = {address[1]}
  src_ipaddr = {source}
  secret = "{secret}"
  response_window = {patience}
  zombie_period = {patience}
  status_check = status-server
  check_interval = 6
  check_timeout = 1
  num_answers_to_alive = 3
}}
home_server_pool {kind}-pool {{
  type = fail-over
  home_server = {kind}
}}
"""
_REALM = """
proxy server {
  default_fallback = no
}
realm library {
  auth_pool = auth-pool
  acct_pool = acct-pool
  nostrip
}
"""
_CLIENT = """
client {address} {{
  ipaddr = {address}
  secret = "{secret}"
  require_message_authenticator = no
}}
"""


def missing() -> str | None:
    """Say what is missing to run FreeRADIUS, or None."""
    if not found("freeradius", *_PLACES):
        return "FreeRADIUS (apt: freeradius)"
    if not os.access(STOCK / "radiusd.conf", os.R_OK):
        return f"leave to read {STOCK} (run as root)"
    return None


class Raddb:
    """A folder with a copy of Debian's configuration, without modules and sites."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "raddb"
        shutil.copytree(STOCK, self.path, symlinks=True)
        for place in ("mods-enabled", "sites-enabled"):
            for link in (self.path / place).iterdir():
                link.unlink()
        own = {"raddbdir": self.path, "logdir": folder, "run_dir": folder}
        self.change("radiusd.conf", {name: str(path) for name, path in own.items()})

    def enable(self, modules: Sequence[str]) -> None:
        for name in modules:
            link = self.path / "mods-enabled" / name
            link.symlink_to(f"../mods-available/{name}")

    def write(self, name: str, text: str) -> None:
        (self.path / name).write_text(text)

    def change(self, name: str, values: Mapping[str, str]) -> None:
        """Set what the file sets already, each at its first place."""
        text = (self.path / name).read_text()
        for key, value in values.items():
            line = re.compile(rf"^\s*{key} = .*$", re.MULTILINE)
            text, times = line.subn(f"{key} = {value}", text, count=1)
            assert times == 1, f"{name} has no {key}"
        self.write(name, text)

    @contextmanager
    def serving(self) -> Generator[Program]:
        """Run FreeRADIUS on it until the block ends."""
        if os.geteuid() == 0:
            for path in (self.folder, *self.folder.rglob("*")):
                if not path.is_symlink():
                    shutil.chown(path, _USER, _USER)
        command = [found("freeradius", *_PLACES) or "", "-f", "-l", "stdout"]
        program = Program.start(
            [*command, "-d", self.path], log=self.folder / "log", user=_USER
        )
        try:
            program.wait_for("Ready to process requests")
            yield program
        finally:
            program.stop()


@contextmanager
def raddb() -> Generator[Raddb]:
    """A configuration to fill, removed afterwards."""
    # Not below pytest's own directory: that one is closed to the other user.
    folder = Path(tempfile.mkdtemp(prefix="portal-freeradius-", dir="/tmp"))
    try:
        yield Raddb(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class Home:
    """Where a proxy forwards to, from which address, and their secret."""

    auth: Address
    acct: Address
    source: str
    secret: bytes


@dataclass
class Proxy:
    """A running FreeRADIUS that forwards everything."""

    program: Program
    auth_port: int
    acct_port: int

    @property
    def auth(self) -> Address:
        return HOST, self.auth_port

    @property
    def acct(self) -> Address:
        return HOST, self.acct_port


@contextmanager
def proxy(
    home: Home, clients: Mapping[str, bytes], *, patience: int = 10
) -> Generator[Proxy]:
    """FreeRADIUS between access servers (address to secret) and `home`.

    `patience`: seconds without a reply until it doubts that home is there.
    """
    ports = {"auth_port": free_port(), "acct_port": free_port()}
    with raddb() as config:
        # Rejects are not held back: nobody guesses here.
        config.change("radiusd.conf", {"reject_delay": "0"})
        config.write("sites-enabled/proxy", _SITE.format(host=HOST, **ports))
        config.write("proxy.conf", _REALM + _homes(home, patience))
        known = [
            _CLIENT.format(address=address, secret=secret.decode())
            for address, secret in clients.items()
        ]
        config.write("clients.conf", "".join(known))
        with config.serving() as program:
            yield Proxy(program, **ports)


def _homes(home: Home, patience: int) -> str:
    values = {"source": home.source, "secret": home.secret.decode()}
    return "".join(
        _HOME.format(kind=kind, address=address, patience=patience, **values)
        for kind, address in (("auth", home.auth), ("acct", home.acct))
    )
