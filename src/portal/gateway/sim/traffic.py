"""Simulated traffic of one device: no packets, only the octets they would count."""

from dataclasses import dataclass
from datetime import datetime

from portal.gateway.session import Session


@dataclass(slots=True)
class Flow:
    """A transfer under way: what is left of it, and how fast it goes."""

    downloaded_left: int
    uploaded_left: int
    down_rate: float
    """Octets a second."""
    up_rate: float
    read_at: datetime


class Traffic:
    """Counts octets added at once and those of one flow."""

    def __init__(self) -> None:
        self.flow: Flow | None = None
        self._downloaded = 0
        self._uploaded = 0

    def add(self, downloaded: int, uploaded: int) -> None:
        """Octets that have just passed, however many."""
        self._downloaded += downloaded
        self._uploaded += uploaded

    def start(self, flow: Flow) -> None:
        """Begin a transfer; one that was under way is dropped."""
        self.flow = flow

    def stop(self) -> None:
        """Transfer nothing any more; octets that have passed stay passed."""
        self.flow = None

    def clear(self) -> None:
        """Forget everything: the session that it belonged to is over."""
        self.stop()
        self._downloaded = self._uploaded = 0

    def read(self, session: Session, now: datetime) -> tuple[int, int]:
        """Octets since the last reading, the flow's held to the session's speed."""
        downloaded, uploaded = self._downloaded, self._uploaded
        self._downloaded = self._uploaded = 0
        if self.flow is None:
            return downloaded, uploaded
        flowed_down, flowed_up = _advance(self.flow, session, now)
        if not self.flow.downloaded_left and not self.flow.uploaded_left:
            self.flow = None
        return downloaded + flowed_down, uploaded + flowed_up


def _advance(flow: Flow, session: Session, now: datetime) -> tuple[int, int]:
    seconds = max(0.0, (now - flow.read_at).total_seconds())
    limits = session.limits
    down = int(seconds * _slower(flow.down_rate, limits.down_rate))
    up = int(seconds * _slower(flow.up_rate, limits.up_rate))
    down, up = min(down, flow.downloaded_left), min(up, flow.uploaded_left)
    flow.downloaded_left -= down
    flow.uploaded_left -= up
    flow.read_at = now
    return down, up


def _slower(octets: float, limit_bits: int) -> float:
    return min(octets, limit_bits / 8) if limit_bits else octets
