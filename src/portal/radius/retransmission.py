"""When to send a request again, and when to stop (RFC 5080 section 2.2.1).

Pure arithmetic: the caller keeps the time and draws the jitter.
"""

from dataclasses import dataclass

_MAX_DOUBLINGS = 32  # an unbounded timer is past a century by then


@dataclass(frozen=True, slots=True, kw_only=True)
class Retransmission:
    """The four timers of RFC 5080, in seconds; 0 means no bound."""

    irt: float
    """Initial retransmission time."""
    mrt: float
    """Maximum retransmission time."""
    mrc: int
    """Maximum retransmission count: how often the packet is sent at most."""
    mrd: float
    """Maximum retransmission duration: when the exchange has failed."""

    def next_delay(
        self, attempt: int, jitter: float = 0.0, elapsed: float | None = None
    ) -> float | None:
        """Seconds to wait for an answer after sending for the `attempt`-th time.

        `attempt` counts from 1. None: do not send, the exchange has failed. `jitter`
        is the RFC's RAND, from -0.1 to 0.1. `elapsed` is the time since the first
        send; without it the undisturbed timetable stands in.
        """
        if self.mrc and attempt > self.mrc:
            return None
        delay = self._nominal(attempt)
        # RT = 2*RTprev + RAND*RTprev; the first and the capped ones jitter alone.
        doubled = attempt > 1 and not (self.mrt and delay >= self.mrt)
        delay += jitter * (self._nominal(attempt - 1) if doubled else delay)
        if not self.mrd:
            return delay
        if elapsed is None:
            elapsed = sum(self._nominal(before) for before in range(1, attempt))
        left = self.mrd - elapsed
        return min(delay, left) if left > 0 else None

    def _nominal(self, attempt: int) -> float:
        delay = self.irt * 2.0 ** min(attempt - 1, _MAX_DOUBLINGS)
        return min(delay, self.mrt) if self.mrt else delay


ACCESS = Retransmission(irt=2, mrt=16, mrc=5, mrd=30)
DYNAUTH = Retransmission(irt=2, mrt=16, mrc=5, mrd=30)
# RFC 5080 wants no bound at all for accounting, so that no record is thrown away. The
# interval alone is capped here: that discards nothing, and a line that was down for a
# night is used again within minutes of its return.
ACCOUNTING = Retransmission(irt=2, mrt=300, mrc=0, mrd=0)
