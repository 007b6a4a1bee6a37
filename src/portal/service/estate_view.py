"""A short-lived picture of branches and access servers for the hot paths.

They change a few times a year and are asked for thousands of times a second. Each unit
of work may renew the picture once it is older than a moment.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from portal.model.estate import Nas
from portal.service.ports import NasProfile, UnitOfWork

_FRESH = timedelta(seconds=2)


class EstateView:
    """Access servers by id, their dialects, and the branches' time zones."""

    def __init__(self, profiles: Mapping[str, NasProfile]) -> None:
        self._profiles = profiles
        self._nas: dict[int, Nas] = {}
        self._zones: dict[int, str] = {}
        self._read_at: datetime | None = None

    def refresh(
        self, uow: UnitOfWork, now: datetime, needed: Iterable[int] = ()
    ) -> None:
        """Read the picture anew if it is old, or lacks an access server `needed`."""
        fresh = self._read_at is not None and abs(now - self._read_at) < _FRESH
        if fresh and all(nas_id in self._nas for nas_id in needed):
            return
        self._nas = {nas.id: nas for nas in uow.estate.access_servers()}
        self._zones = {b.id: b.time_zone for b in uow.estate.branches()}
        self._read_at = now

    def nas(self, nas_id: int) -> Nas:
        return self._nas[nas_id]

    def known(self, nas_id: int) -> bool:
        return nas_id in self._nas

    def zone(self, branch_id: int) -> str:
        return self._zones[branch_id]

    def profile(self, nas_id: int) -> NasProfile | None:
        nas = self._nas.get(nas_id)
        return self._profiles.get(nas.profile) if nas else None
