"""When an unanswered request is sent again. Pure."""

from dataclasses import dataclass
from typing import Protocol


class Schedule(Protocol):
    """How long to wait for an answer after each send of one request."""

    def next_delay(self, attempt: int, jitter: float = 0.0) -> float | None:
        """Seconds to wait after send number `attempt` (from 1); None: do not send it.

        `jitter` is RAND of RFC 5080 2.2.1, between -0.1 and 0.1.
        """
        ...


@dataclass(frozen=True, slots=True)
class FixedSchedule:
    """So many sends, so many seconds apart, then the record is lost: CoovaChilli."""

    sends: int = 4
    seconds: float = 3.0

    def next_delay(self, attempt: int, jitter: float = 0.0) -> float | None:  # noqa: ARG002
        return self.seconds if attempt <= self.sends else None
