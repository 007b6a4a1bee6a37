"""The recorded UAM exchanges, read from tests/vectors/captures/uam-*.txt."""

import re
from dataclasses import dataclass, field

from tests.vectors.pcap import CAPTURES


@dataclass(slots=True)
class Exchange:
    """One request of a browser and what the access server answered."""

    number: int
    title: str
    patron: str
    version: str = ""
    password: str = ""
    target: str = ""
    host: str = ""
    status: str = ""
    """Empty when the connection was closed without a reply."""
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""

    @property
    def location(self) -> str:
        return self.headers.get("Location", "")

    @property
    def name(self) -> str:
        return f"{self.version} {self.number} {self.title}"


def read(version: str) -> list[Exchange]:
    """Return the exchanges of uam-<version>.txt in their order."""
    found: list[Exchange] = []
    patron = ""
    for line in (CAPTURES / f"uam-{version}.txt").read_text().splitlines():
        if match := re.match(r"## (\d+)\. (.+)", line):
            found.append(Exchange(int(match[1]), match[2], patron, version))
        elif match := re.search(r"patron (\S+?)(,|$)", line):
            patron = found[-1].patron = match[1]
        elif match := re.match(r"# password (\w+)", line):
            found[-1].password = match[1]
        elif found:
            _take(found[-1], line)
    return found


def _take(exchange: Exchange, line: str) -> None:
    if match := re.match(r"> GET (\S+) HTTP", line):
        exchange.target = match[1]
    elif match := re.match(r"> Host: (.+)", line):
        exchange.host = match[1]
    elif match := re.match(r"< HTTP/1\.0 (.+)", line):
        exchange.status = match[1]
    elif match := re.match(r"< ([A-Z][\w-]+): (.+)", line):
        exchange.headers[match[1]] = match[2]
    elif match := re.match(r"< (\{.+)", line):
        exchange.body = match[1]
