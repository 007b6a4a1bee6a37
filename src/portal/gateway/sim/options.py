"""Options of the simulator, and their plain form for files and the command line.

A branch at 127.0.0.K has, unless told otherwise, its devices' UAM addresses in
127.K.0.0/24 (device n at 127.K.0.n) and their LAN addresses in 10.91.K.0/24. The NAS
is registered at the centre with that first network as its UAM network.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Network
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from portal.gateway.options import Clock, NasOptions
from portal.gateway.quirks import CHILLI_1_9, PROFILES, Limit, Quirks
from portal.model.mac import MacAddress
from portal.radius.secret import SharedSecret

DEFAULT_PAGE_PORT = 3990
_MOST_DEVICES = 250
_NAS_KEYS = {
    *("nas_identifier", "address", "called_station", "time_zone", "interim_seconds"),
    *("uam_server", "uam_secret", "uam_port"),
    *("radius_secret", "radius_address", "auth_port", "acct_port", "dynauth_port"),
    *("quirks", "check_seconds", "ignore"),
}
_KEYS = _NAS_KEYS | {"name", "uam_network", "lan_network", "devices"}


class BadOptionError(ValueError):
    """An option that cannot be used; `option` names it."""

    def __init__(self, option: str, problem: str) -> None:
        super().__init__(f"{option}: {problem}")
        self.option = option


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchOptions:
    """One simulated branch and the devices in it."""

    name: str
    nas: NasOptions
    uam_network: IPv4Network
    """Device n answers as `uam_network[n]`: what the centre must accept as uamip."""
    lan_network: IPv4Network
    """Device n is `lan_network[n + 1]` on the simulated LAN, the gateway the first."""
    devices: int = 4
    lease_seconds: int = 600
    """A device that walked away is missed when its DHCP lease ends."""

    def mac(self, number: int) -> MacAddress:
        """Device n has the branch's prefix and its own last octet."""
        return MacAddress(self.nas.called_station.octets[:5] + bytes([number]))


@dataclass(frozen=True, slots=True, kw_only=True)
class SimOptions:
    """The simulator: its branches and its own page."""

    branches: tuple[BranchOptions, ...]
    clock: Clock
    page_address: str = "127.0.0.1"
    page_port: int = DEFAULT_PAGE_PORT
    """0 takes any free port; negative: no page."""
    staff_url: str = ""
    """Where the page leads to the desk; empty: nowhere."""

    def __post_init__(self) -> None:
        _distinct("name", (branch.name for branch in self.branches))
        _distinct("address", (branch.nas.address for branch in self.branches))
        _distinct("uam_network", (branch.uam_network for branch in self.branches))


def sim_options(mapping: Mapping[str, Any], clock: Clock) -> SimOptions:
    """Options from a parsed JSON object: `{"page_port": 3990, "branches": [...]}`.

    Keys beside `branches`, `staff_url`, `page_address` and `page_port` are defaults for
    every branch. BadOptionError for what cannot be used.
    """
    common = dict(mapping)
    branches = common.pop("branches", None)
    if not isinstance(branches, list) or not branches:
        raise BadOptionError("branches", "must be a list with at least one branch")
    page_address = common.pop("page_address", "127.0.0.1")
    page_port = common.pop("page_port", DEFAULT_PAGE_PORT)
    staff_url = str(common.pop("staff_url", ""))
    return SimOptions(
        staff_url=staff_url,
        branches=tuple(branch_options({**common, **branch}) for branch in branches),
        clock=clock,
        page_address=_loopback("page_address", page_address),
        page_port=_integer("page_port", page_port, -1, 65535),
    )


def parse_branch(text: str, read: Callable[[str], str]) -> dict[str, str]:
    """`name=a,address=127.0.0.2,...` of a command line, as a mapping.

    `key_file=path` stands for `key` with the contents of that file, by `read`: a
    secret must not stand where `ps` shows it. Several values of `ignore` are joined
    by `+`.
    """
    found = {}
    for part in text.split(","):
        key, equals, value = part.partition("=")
        if not equals:
            raise BadOptionError(part, "is not of the form name=value")
        if key.endswith("_file"):
            key, value = key.removesuffix("_file"), read(value).strip()
        elif key.endswith("_secret"):
            raise BadOptionError(key, "belongs into a file: use " + key + "_file")
        found[key] = value
    return found


def branch_options(mapping: Mapping[str, Any]) -> BranchOptions:
    """One branch from plain values; BadOptionError names the first bad one."""
    for key in mapping:
        if key not in _KEYS:
            raise BadOptionError(key, "is no option of a branch")
    address = _loopback("address", _required(mapping, "address"))
    octet = int(IPv4Address(address)) & 0xFF
    uam_network = _network(mapping, "uam_network", f"127.{octet}.0.0/24")
    if not uam_network.is_loopback:
        raise BadOptionError("uam_network", "must be a loopback network")
    devices = _integer("devices", mapping.get("devices", 4), 1, _MOST_DEVICES)
    lan_network = _network(mapping, "lan_network", f"10.91.{octet}.0/24")
    for key, network in (("uam_network", uam_network), ("lan_network", lan_network)):
        if network.num_addresses < devices + 3:
            raise BadOptionError(key, "is too small for the devices")
    return BranchOptions(
        name=str(_required(mapping, "name")),
        nas=_nas(mapping, address),
        uam_network=uam_network,
        lan_network=lan_network,
        devices=devices,
    )


def _nas(mapping: Mapping[str, Any], address: str) -> NasOptions:
    server = str(mapping.get("radius_address", "127.0.0.1"))
    octet = int(IPv4Address(address)) & 0xFF
    called = mapping.get("called_station", f"02-4C-52-{octet:02X}-00-FE")
    try:
        called_station = MacAddress.parse(str(called))
    except ValueError:
        raise BadOptionError("called_station", "is no MAC address") from None

    def port(key: str, default: int) -> int:
        return _integer(key, mapping.get(key, default), 0, 65535)

    return NasOptions(
        nas_identifier=str(mapping.get("nas_identifier") or mapping["name"]),
        address=address,
        called_station=called_station,
        uam_server=_uam_server(mapping),
        uam_secret=str(mapping.get("uam_secret", "")).encode(),
        uam_port=port("uam_port", 3990),
        radius_secret=SharedSecret(str(_required(mapping, "radius_secret")).encode()),
        auth_server=(server, port("auth_port", 1812)),
        acct_server=(server, port("acct_port", 1813)),
        dynauth_port=port("dynauth_port", 3799),
        interim_seconds=_integer(
            "interim_seconds", mapping.get("interim_seconds", 0), 0, 86400
        ),
        time_zone=_zone(mapping),
        quirks=_quirks(mapping),
        ignored=_ignored(mapping.get("ignore", ())),
    )


def _required(mapping: Mapping[str, Any], key: str) -> Any:
    if not mapping.get(key):
        raise BadOptionError(key, "is missing")
    return mapping[key]


def _integer(key: str, value: Any, least: int, most: int) -> int:
    try:
        number = int(value)
    except (TypeError, ValueError):
        raise BadOptionError(key, "is no whole number") from None
    if not least <= number <= most:
        raise BadOptionError(key, f"must be from {least} to {most}")
    return number


def _loopback(key: str, value: Any) -> str:
    try:
        address = IPv4Address(str(value))
    except ValueError:
        raise BadOptionError(key, "is no IPv4 address") from None
    if not address.is_loopback:
        raise BadOptionError(key, "must be a loopback address")
    return str(address)


def _network(mapping: Mapping[str, Any], key: str, default: str) -> IPv4Network:
    try:
        return IPv4Network(str(mapping.get(key, default)))
    except ValueError:
        raise BadOptionError(key, "is no IPv4 network") from None


def _uam_server(mapping: Mapping[str, Any]) -> str:
    url = str(_required(mapping, "uam_server"))
    if not url.startswith(("http://", "https://")) or not url.isprintable():
        raise BadOptionError("uam_server", "is no http or https address")
    return url


def _zone(mapping: Mapping[str, Any]) -> ZoneInfo:
    name = str(mapping.get("time_zone", "Asia/Tehran"))
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise BadOptionError("time_zone", "is no time zone") from None


def _quirks(mapping: Mapping[str, Any]) -> Quirks:
    quirks = PROFILES.get(str(mapping.get("quirks", CHILLI_1_9.name)))
    if quirks is None:
        raise BadOptionError("quirks", "must be one of " + ", ".join(sorted(PROFILES)))
    if "check_seconds" not in mapping:
        return quirks
    try:
        seconds = float(mapping["check_seconds"])
    except (TypeError, ValueError):
        raise BadOptionError("check_seconds", "is no number") from None
    if not 0.05 <= seconds <= 60:
        raise BadOptionError("check_seconds", "must be from 0.05 to 60")
    return replace(quirks, check_seconds=seconds)


def _ignored(value: Any) -> frozenset[Limit]:
    names = value.replace("+", ",").split(",") if isinstance(value, str) else value
    try:
        return frozenset(Limit(name.strip()) for name in names if name.strip())
    except (AttributeError, TypeError, ValueError):
        known = ", ".join(sorted(Limit))
        raise BadOptionError("ignore", f"may name {known}") from None


def _distinct(key: str, values: Iterable[object]) -> None:
    seen = set()
    for value in values:
        if value in seen:
            raise BadOptionError(key, f"{value} is given twice")
        seen.add(value)
