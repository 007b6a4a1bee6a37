"""What the load generator is asked to do and what it answers, as JSON on the way."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Credential:
    """A user name with its password, and the device (a dashed MAC) that uses it."""

    name: str
    password: str
    device: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One run: an Access-Request for each credential, then its session's accounting.

    Every second request is CHAP, the others PAP. A Class in an Accept comes back in the
    accounting of that session.
    """

    host: str
    auth_port: int
    acct_port: int
    secret: str
    nas_identifier: str
    credentials: list[Credential]
    prefix: str
    """What Acct-Session-Ids begin with: another one for each run."""
    require_message_authenticator: bool = False
    """Whether a reply to an Access-Request without one is a false one."""
    began_at: int = 0
    """Epoch seconds of the Starts; 0: the moment at which they are built."""
    interims: int = 3
    sockets: int = 16
    in_flight: int = 64
    open_at_once: int = 1000
    """Sessions in turn at the same time; fewer mix Starts, Interims and Stops more."""
    give_up_after: float = 10.0
    """Seconds for which an unanswered request is sent again, octet for octet."""

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        given = json.loads(text)
        given["credentials"] = [Credential(**each) for each in given["credentials"]]
        return cls(**given)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How one kind of request went; latencies in milliseconds."""

    requests: int
    seconds: float
    p50: float
    p99: float
    worst: float
    resent: int
    lost: int
    """Never answered."""
    wrong: int
    """Answered falsely: badly signed, or a reject where the password was right."""
    strays: int
    """Answers to nothing that was waiting, as a resent request may bring."""
    cpu: float
    """Seconds of processor time that the generator itself took."""

    @property
    def rate(self) -> float:
        """Answers a second."""
        return (self.requests - self.lost) / self.seconds if self.seconds else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged:
    """A session's counters as far as the server acknowledged them."""

    session: str
    records: int
    seconds: int
    received: int
    """Acct-Input-Octets with Gigawords; Output below."""
    sent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What the run was like, and what the server now owes."""

    auth: Figures
    acct: Figures
    accepted: int
    acknowledged: list[Acknowledged] = field(default_factory=list)

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        given: Mapping[str, Any] = json.loads(text)
        return cls(
            auth=Figures(**given["auth"]),
            acct=Figures(**given["acct"]),
            accepted=given["accepted"],
            acknowledged=[Acknowledged(**each) for each in given["acknowledged"]],
        )
