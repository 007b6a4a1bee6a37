"""FreeRADIUS's radclient: somebody else's idea of a RADIUS client."""

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.stack.process import found
from tests.stack.radius_peer import Address

_RECEIVED = re.compile(r"^Received (\S+) Id \d+ from ")
_ATTRIBUTE = re.compile(r"^\t(\S+) = (.*)$")


@dataclass
class Reply:
    """A packet that radclient received and found genuine."""

    code: str
    attributes: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Radclient:
    """radclient with a secret, at one address of this machine."""

    secret: Path
    """The file that holds it."""
    source: str = "127.0.0.1"

    @classmethod
    def with_secret(cls, secret: bytes, folder: Path, source: str) -> "Radclient":
        file = folder / f"secret-of-{source}"
        file.touch(mode=0o600)
        file.write_bytes(secret)
        return cls(file, source)

    def send(
        self,
        command: str,
        to: Address,
        *packets: str,
        options: Sequence[str] = (),
        tries: int = 5,
        patience: float = 3,
    ) -> list[Reply]:
        """Send packets at once, a line an attribute; what genuine replies said."""
        version = 6 if ":" in self.source else 4
        host = f"[{to[0]}]" if version == 6 else to[0]
        source = f"Packet-Src-{'IPv6' if version == 6 else 'IP'}-Address"
        run = subprocess.run(
            [
                *("radclient", "-x", f"-{version}", "-S", self.secret),
                *("-r", str(tries), "-t", str(patience), "-p", str(len(packets))),
                *options,
                *(f"{host}:{to[1]}", command),
            ],
            input="\n\n".join(f"{source} = {self.source}\n{each}" for each in packets),
            text=True,
            capture_output=True,
            timeout=60,
            check=False,
        )
        # Shown where a test fails.
        print(run.stdout, run.stderr)
        assert run.stdout.count("\nSent ") or run.stdout.startswith("Sent "), run.stderr
        return _replies(run.stdout)


def missing() -> str | None:
    """Say what is missing to run it, or None."""
    return None if found("radclient") else "radclient (apt: freeradius-utils)"


def lines(**attributes: str | int) -> str:
    """A packet's text: `User_Name="a"` is `User-Name = "a"`, octets stand as 0x...."""
    return "\n".join(
        f"{name.replace('_', '-')} = {_written(value)}"
        for name, value in attributes.items()
    )


def _written(value: str | int) -> str:
    if isinstance(value, int) or value.startswith("0x"):
        return str(value)
    return f'"{value}"'


def _replies(output: str) -> list[Reply]:
    replies: list[Reply] = []
    inside = False
    for line in output.splitlines():
        if match := _RECEIVED.match(line):
            replies.append(Reply(match[1]))
            inside = True
        elif inside and (match := _ATTRIBUTE.match(line)):
            values = replies[-1].attributes.setdefault(match[1], [])
            values.append(match[2].strip('"'))
        else:
            inside = False
    return replies
