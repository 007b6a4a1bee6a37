"""A real `portal nas-sim` as a child of the test run, and the phones in its branches."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import count
from typing import Any, Protocol
from urllib.parse import urlsplit

from portal.model.estate import Nas
from portal.model.outcome import Deny
from portal.model.patron import PatronCard
from portal.model.redirect import Redirect, Result
from portal.model.session import SessionRef
from portal.nas.uam import Uam
from tests.stack.daemon import HOST, PORTAL
from tests.stack.ports import free_port
from tests.stack.process import Program
from tests.stack.province import UAM_SECRET, Province, secret_of
from tests.stack.wait import until

_NUMBERS = count(1)
_UAM = Uam()
State = dict[str, Any]


class Server(Protocol):
    """Whom the branches ask on loopback: radiusd, or a proxy in front of it."""

    auth_port: int
    acct_port: int


@dataclass(frozen=True)
class Simulated:
    """One simulated branch: its access server's habits and its devices."""

    number: int
    ignore: str = ""
    quirks: str = "chilli-1.9"
    check_seconds: float = 3.0
    devices: int = 3


@dataclass
class NasSim:
    """Running simulated branches of a province; stop it when done."""

    program: Program
    page_port: int
    province: Province

    @classmethod
    def start(
        cls,
        province: Province,
        server: Server,
        branches: Sequence[Simulated],
        *,
        behind: float = 0,
    ) -> "NasSim":
        """Start it; its clock is `behind` seconds slow."""
        page_port = free_port()
        number = next(_NUMBERS)
        options = province.directory / f"nas-sim-{number}.json"
        options.touch(mode=0o600)
        mapping = {
            "page_port": page_port,
            "auth_port": server.auth_port,
            "acct_port": server.acct_port,
            "branches": [
                _mapping(province.nas(branch.number), branch) for branch in branches
            ],
        }
        options.write_text(json.dumps(mapping))
        program = Program.start(
            [PORTAL, "nas-sim", "--options", options],
            log=province.directory / f"nas-sim-{number}.log",
            env=province.environment_at(-behind),
        )
        running = cls(program, page_port, province)
        program.wait_for("sim.ready", within=30)
        return running

    def stop(self) -> None:
        # Shown where a test fails.
        print(self.program.output[-8000:])
        self.program.stop()

    def branch(self, number: int) -> State:
        branches: list[State] = self._ask("/api/state")["branches"]
        return next(b for b in branches if b["name"] == f"branch-{number}")

    def phone(self, branch: int, number: int = 1) -> "Phone":
        device = self.branch(branch)["devices"][number - 1]
        return Phone(self, branch, number, device["uam_url"])

    def use(self, phone: "Phone", *, down: int = 0, up: int = 0) -> None:
        """Octets that pass at once."""
        path = f"/api/devices/branch-{phone.branch}/{phone.number}/traffic"
        self._ask(path, {"down": down, "up": up})

    def steer(self, branch: int, what: str, **values: bool) -> None:
        """`line` up or down, `power` on or off, `reboot`, gracefully or not."""
        self._ask(f"/api/nas/branch-{branch}/{what}", values)

    def _ask(self, path: str, body: State | None = None) -> State:
        page = HTTPConnection(HOST, self.page_port, timeout=30)
        try:
            if body is None:
                page.request("GET", path)
            else:
                page.request("POST", path, json.dumps(body))
            answer = page.getresponse()
            said: State = json.loads(answer.read())
        finally:
            page.close()
        assert answer.status == 200, said
        return said


@dataclass
class Phone:
    """A device in a simulated branch, with a browser."""

    sim: NasSim
    branch: int
    number: int
    origin: str

    def try_to_sign_in(self, patron: PatronCard) -> Redirect | Deny:
        """Where the access server sends the browser; Deny: no ticket was minted."""
        # Unlike /prelogin, it hands a fresh challenge out after any kind of end.
        met = self._get("/logoff")
        assert met.challenge is not None
        claimed = self.sim.province.claim(
            patron,
            met.device.dashed,
            branch=self.branch,
            challenge=met.challenge.hex(),
        )
        if isinstance(claimed, Deny):
            return claimed
        url = _UAM.logon_url(
            self.origin,
            user_name=claimed.grant_id,
            password=claimed.password.encode(),
            challenge=met.challenge,
            secret=UAM_SECRET,
        )
        return self._get(url.removeprefix(self.origin))

    def sign_in(self, patron: PatronCard) -> SessionRef:
        """Go online; the session once its Start is booked."""
        answer = self.try_to_sign_in(patron)
        assert isinstance(answer, Redirect), answer
        assert answer.result is Result.SUCCESS, answer
        # Its Start is on its way; use would be told before it.
        return until(
            lambda: self._started(answer.session_id),
            what="the Start is booked",
            within=30,
        )

    def use(self, *, down: int = 0, up: int = 0) -> None:
        """Octets that pass at once."""
        self.sim.use(self, down=down, up=up)

    @property
    def session(self) -> State | None:
        """What its access server knows of its session."""
        devices = self.sim.branch(self.branch)["devices"]
        found: State | None = devices[self.number - 1]["session"]
        return found

    @property
    def limits(self) -> State:
        assert self.session is not None
        found: State = self.session["limits"]
        return found

    def wait_until_cut(self, *, within: float = 30) -> State:
        """How the session ended, as its access server has it."""
        until(lambda: self.session is None, what="the session ends", within=within)
        ended: list[State] = self.sim.branch(self.branch)["ended"]
        return [each for each in ended if each["device"] == self.number][-1]

    def _started(self, acct_session_id: str) -> SessionRef | None:
        nas_id = self.sim.province.nas(self.branch).id
        for session in self.sim.province.sessions():
            key = session.nas_id, session.acct_session_id
            if key == (nas_id, acct_session_id) and session.started_at is not None:
                return session.ref
        return None

    def _get(self, path: str) -> Redirect:
        """The redirect that this address is answered with, its signature checked."""
        parts = urlsplit(self.origin)
        assert parts.hostname is not None
        browser = HTTPConnection(parts.hostname, parts.port, timeout=30)
        try:
            browser.request("GET", path)
            answer = browser.getresponse()
            location = answer.headers["Location"]
        finally:
            browser.close()
        server, _, query = location.partition("?")
        assert _UAM.is_genuine(query, server, UAM_SECRET), location
        redirect = _UAM.read_redirect(query)
        assert redirect is not None, location
        return redirect


def _mapping(nas: Nas, branch: Simulated) -> State:
    return {
        "name": nas.name,
        "nas_identifier": nas.identifier,
        "address": nas.dynauth_address,
        "uam_server": nas.uam_server_url,
        "uam_secret": UAM_SECRET.decode(),
        "uam_port": nas.uam_port,
        "uam_network": str(nas.uam_networks[0]),
        "radius_secret": secret_of(nas.name).decode(),
        "dynauth_port": nas.dynauth_port,
        "quirks": branch.quirks,
        "ignore": branch.ignore,
        "check_seconds": branch.check_seconds,
        "devices": branch.devices,
    }
