"""How the text of a setting becomes a value, and what declares one.

A parser takes the text and returns the value, or raises ValueError with a reason that
completes the sentence "VALUE ...".
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any, Self, TypeVar, cast
from urllib.parse import urlsplit

T = TypeVar("T")
HIDDEN = "(hidden)"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An IP address and a port to listen on; `str` writes it as it was set."""

    host: str
    port: int

    @classmethod
    def parse(cls, value: str) -> Self:
        host, separator, port = value.rpartition(":")
        if not separator:
            raise ValueError("is not ADDRESS:PORT")
        return cls(address(host.removeprefix("[").removesuffix("]")), port_number(port))

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class SecretUrl:
    """An address that may hold a password, which it does not print."""

    _value: str = field(repr=False)

    def reveal(self) -> str:
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __str__(self) -> str:
        parts = urlsplit(self._value)
        place = parts.netloc
        if parts.password is not None:
            place = f"{parts.username}:{HIDDEN}@{place.rpartition('@')[2]}"
        # libpq takes a password among the parameters too.
        query = HIDDEN if "password" in parts.query else parts.query
        # geturl() would drop the empty place of sqlite:///path.
        path = f"{parts.scheme}://{place}{parts.path}" if parts.scheme else parts.path
        return path + (f"?{query}" if query else "")


def address(value: str) -> str:
    try:
        return str(ip_address(value))
    except ValueError:
        raise ValueError("is not an IP address") from None


def port_number(value: str) -> int:
    return whole(1, 65535)(value)


def whole(least: int, most: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        number = int(value) if value.isascii() and value.isdecimal() else -1
        if not least <= number <= most:
            raise ValueError(f"is not a whole number from {least} to {most}")
        return number

    return parse


def seconds(value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = float("nan")
    # Ten years either way: further off, certificates and partitions end.
    if not abs(number) <= 315_360_000:
        raise ValueError("is not a number of seconds")
    return number


def switch(value: str) -> bool:
    if value not in {"0", "1"}:
        raise ValueError("is neither 0 nor 1")
    return value == "1"


def web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("is not an http or https address")
    if parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError("is to be scheme, name and port only")
    return f"{parts.scheme}://{parts.netloc}"


def database_url(value: str) -> SecretUrl:
    scheme, separator, rest = value.partition("://")
    if not separator or scheme not in {"sqlite", "postgresql"}:
        raise ValueError("is neither sqlite:///PATH nor postgresql://...")
    if scheme == "sqlite" and (not rest.startswith("/") or rest in {"/", "/:memory:"}):
        raise ValueError("needs the path of a file, which all processes share")
    return SecretUrl(value)


def redis_url(value: str) -> SecretUrl:
    if value and urlsplit(value).scheme not in {"redis", "rediss", "unix"}:
        raise ValueError("is none of redis://, rediss:// and unix://")
    return SecretUrl(value)


def networks(value: str) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(part.strip()) for part in value.split(",") if part)
    except ValueError:
        raise ValueError("is not a list of networks such as 10.0.0.0/8") from None


def log_level(value: str) -> str:
    if value not in {"debug", "info", "warning", "error"}:
        raise ValueError("is none of debug, info, warning and error")
    return value


@dataclass(frozen=True, slots=True)
class Spec:
    """How one setting is read."""

    parse: Callable[[str], Any]
    default: str
    meaning: str
    secret: bool


def setting(
    parse: Callable[[str], T], default: str, meaning: str, *, secret: bool = False
) -> T:
    """A field of Settings; `{name}` in a default is the value of a setting above."""
    spec = Spec(parse, default, meaning, secret)
    return cast("T", field(metadata={"spec": spec}))
