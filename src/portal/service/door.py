"""Doors: registered access servers at the addresses where devices reach them.

Which access servers there are is read from the estate and kept for two seconds; what a
browser says about one is only ever looked up here.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from portal.model.estate import Branch, Nas
from portal.model.redirect import Address
from portal.service.ports import UnitOfWork

_FRESH = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Door:
    """A registered access server at the address where one device reaches it."""

    nas: Nas
    branch: Branch
    address: Address

    @property
    def origin(self) -> str:
        """`http://address:port`, as a Content-Security-Policy names it too."""
        host = f"[{self.address}]" if self.address.version == 6 else str(self.address)
        return f"http://{host}:{self.nas.uam_port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A device before a door, with what it needs to be let in."""

    door: Door
    device: str
    challenge: bytes
    user_url: str | None
    session_id: str | None = None
    """Acct-Session-Id of the session to be; None where the redirect may not say it."""


@dataclass(frozen=True, slots=True)
class _Picture:
    """Branches and access servers as they were at one moment."""

    servers: Mapping[int, Nas]
    named: Mapping[str, list[Nas]]
    branches: Mapping[int, Branch]

    @classmethod
    def of(cls, uow: UnitOfWork) -> Self:
        servers = uow.estate.access_servers()
        named = defaultdict(list)
        for nas in servers:
            named[nas.identifier or ""].append(nas)
        branches = uow.estate.branches()
        return cls(
            {nas.id: nas for nas in servers},
            dict(named),
            {branch.id: branch for branch in branches},
        )


class Register:
    """Access servers and branches, read again once they are two seconds old.

    Threads share it, so a new picture takes the place of the old one in one step.
    """

    def __init__(self) -> None:
        self._picture = _Picture({}, {}, {})
        self._read_at: datetime | None = None

    def refresh(self, uow: UnitOfWork, now: datetime) -> None:
        if self._read_at is not None and abs(now - self._read_at) < _FRESH:
            return
        self._picture = _Picture.of(uow)
        self._read_at = now

    def named(self, identifier: str) -> Iterable[Nas]:
        """Only unique inside a RADIUS client, so there may be several."""
        return self._picture.named.get(identifier, ())

    def nas(self, nas_id: int) -> Nas | None:
        return self._picture.servers.get(nas_id)

    def library(self, nas_id: int) -> Branch | None:
        nas = self.nas(nas_id)
        return None if nas is None else self._picture.branches[nas.branch_id]

    def door(self, nas: Nas, address: Address) -> Door | None:
        """The access server at this address, if its pages may live there."""
        if not any(address in network for network in nas.uam_networks):
            return None
        return Door(nas, self._picture.branches[nas.branch_id], address)
