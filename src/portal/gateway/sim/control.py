"""The simulator's own web address: the page of devices, and JSON for tests.

| request | effect |
|---|---|
| GET / | the page |
| GET /api/state | every branch, device, session and ended session |
| POST /api/check | limits are looked at now, in every branch |
| POST /api/devices/BRANCH/N/ACTION | traffic, use, idle, leave, release, return |
| POST /api/nas/BRANCH/ACTION | reboot, power, line |

Bodies are JSON objects; the page's forms post to the same paths without `/api`.
"""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from portal.gateway.http import Peers, Request, Response
from portal.gateway.sim import page
from portal.gateway.sim.branch import SimulatedBranch, SimulatedDevice
from portal.gateway.sim.options import SimOptions
from portal.gateway.sim.state import branch_state, device_state
from portal.gateway.sim.traffic import Flow

Values = Mapping[str, Any]

_MOST_OCTETS = 1 << 50
_HTML = (("Content-Type", "text/html; charset=UTF-8"), ("Cache-Control", "no-store"))
_JSON = (("Content-Type", "application/json"), ("Cache-Control", "no-store"))


class _BadCommandError(Exception):
    """A command that cannot be carried out; carries the HTTP status."""

    def __init__(self, problem: str, status: str = "400 Bad Request") -> None:
        super().__init__(problem)
        self.status = status


class Control:
    """Answers the requests to the simulator's own address."""

    def __init__(
        self, branches: Mapping[str, SimulatedBranch], options: SimOptions
    ) -> None:
        self.url = ""
        self._branches = branches
        self._address = options.page_address
        self._staff_url = options.staff_url
        self._hosts: frozenset[str] = frozenset()

    def set_port(self, port: int) -> None:
        """Where the page turned out to be."""
        self.url = f"http://{self._address}:{port}/"
        self._hosts = frozenset(
            f"{name}{suffix}"
            for name in (self._address, "localhost")
            for suffix in (f":{port}", *([""] if port == 80 else []))
        )

    async def answer(self, request: Request, peers: Peers) -> Response | None:  # noqa: ARG002
        # A page elsewhere must not steer this one, by its name or by a form.
        origin = request.headers.get("origin")
        if request.host not in self._hosts or (
            origin is not None and origin.removeprefix("http://") not in self._hosts
        ):
            return _json({"error": "not this host"}, "403 Forbidden")
        parts = [unquote(part) for part in request.path.strip("/").split("/")]
        api = parts[0] == "api"
        if request.method != "POST":
            return self._show(parts)
        try:
            values = _json_body(request) if api else request.form
            state = await self._command(parts[1:] if api else parts, values)
        except _BadCommandError as error:
            return _json({"error": str(error)}, error.status)
        if api:
            return _json(state)
        return Response(status="303 See Other", headers=(("Location", "/"),))

    def _show(self, parts: list[str]) -> Response:
        states = [branch_state(branch) for branch in self._branches.values()]
        if parts == [""]:
            return Response(headers=_HTML, body=page.render(states, self._staff_url))
        if parts == ["api", "state"]:
            return _json({"branches": states})
        return _json({"error": "no such page"}, "404 Not Found")

    async def _command(self, parts: list[str], values: Values) -> Any:
        match parts:
            case ["check"]:
                for branch in self._branches.values():
                    if branch.powered:
                        branch.check()
                return {"branches": [branch_state(b) for b in self._branches.values()]}
            case ["devices", name, number, action]:
                branch = self._branch(name)
                each = _device(branch, number)
                _act(branch, each, action, values)
                return device_state(branch, each)
            case ["nas", name, action]:
                branch = self._branch(name)
                await _steer(branch, action, values)
                return branch_state(branch)
            case _:
                raise _BadCommandError("no such command", "404 Not Found")

    def _branch(self, name: str) -> SimulatedBranch:
        if name not in self._branches:
            raise _BadCommandError("no such branch", "404 Not Found")
        return self._branches[name]


def _device(branch: SimulatedBranch, number: str) -> SimulatedDevice:
    known = number.isascii() and number.isdecimal() and len(number) < 5
    each = branch.device(int(number)) if known else None
    if each is None:
        raise _BadCommandError("no such device", "404 Not Found")
    return each


def _act(
    branch: SimulatedBranch, each: SimulatedDevice, action: str, values: Values
) -> None:
    match action:
        case "traffic":
            _signed_in(branch, each)
            each.traffic.add(_octets(values, "down"), _octets(values, "up"))
        case "use":
            _signed_in(branch, each)
            _use(branch, each, values)
        case "idle":
            branch.server.count(each.device, branch.clock())
            each.traffic.stop()
        case "leave":
            branch.leave(each)
        case "release":
            branch.release(each)
        case "return":
            branch.come_back(each)
        case _:
            raise _BadCommandError("no such command", "404 Not Found")


def _use(branch: SimulatedBranch, each: SimulatedDevice, values: Values) -> None:
    """Transfer `megabytes` (10^6), a tenth of it upwards, at `rate` Mbit/s."""
    down = int(_number(values, "megabytes", 100, 1 << 20) * 1_000_000)
    rate = _number(values, "rate", 20, 100_000) * 125_000
    branch.server.count(each.device, branch.clock())
    if rate <= 0:
        each.traffic.add(down, down // 10)
        return
    flow = Flow(down, down // 10, rate, rate / 10, branch.clock())
    each.traffic.start(flow)


async def _steer(branch: SimulatedBranch, action: str, values: Values) -> None:
    match action:
        case "reboot":
            await branch.reboot(graceful=_truth(values, "graceful", default=True))
        case "power" if _truth(values, "on", default=True) and not branch.powered:
            branch.power_on()
        case "power" if not _truth(values, "on", default=True):
            branch.power_off()
        case "power":
            pass
        case "line":
            branch.set_line(up=_truth(values, "up", default=True))
        case _:
            raise _BadCommandError("no such command", "404 Not Found")


def _signed_in(branch: SimulatedBranch, each: SimulatedDevice) -> None:
    if each.device.session is None or not branch.powered:
        raise _BadCommandError("the device is not signed in", "409 Conflict")


def _octets(values: Values, name: str) -> int:
    return int(_number(values, name, 0, _MOST_OCTETS))


def _number(values: Values, name: str, default: float, most: float) -> float:
    try:
        number = float(values.get(name) or default)
    except (TypeError, ValueError):
        raise _BadCommandError(f"{name} is no number") from None
    if not 0 <= number <= most:
        raise _BadCommandError(f"{name} must be from 0 to {most}")
    return number


def _truth(values: Values, name: str, *, default: bool) -> bool:
    value = values.get(name, default)
    return value if isinstance(value, bool) else value in {"1", "true", "yes", "on"}


def _json_body(request: Request) -> Values:
    try:
        values = json.loads(request.body or b"{}")
    except ValueError:
        raise _BadCommandError("the body is no JSON") from None
    if not isinstance(values, dict):
        raise _BadCommandError("the body is no JSON object")
    return values


def _json(answer: Any, status: str = "200 OK") -> Response:
    return Response(status=status, headers=_JSON, body=json.dumps(answer).encode())
