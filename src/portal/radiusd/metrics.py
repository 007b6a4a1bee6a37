"""What radiusd counts, and how it tells: metrics for all of it, logs at a limited rate.

Labels are codes and reasons; nothing here names a person, a device or an address. The
counters of the hot path are plain integers, read when somebody asks for /metrics.
"""

import ipaddress
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from portal.radiusd.health import Health

log = logging.getLogger(__name__)

_LOG_PERIOD = 10.0  # seconds between two lines about the same reason
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Metrics(Collector):
    """Every count of one radiusd."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.received: Counter[tuple[str, int]] = Counter()
        self.answered: Counter[tuple[str, int]] = Counter()
        self.repeated: Counter[str] = Counter()
        self.dropped: Counter[tuple[str, str]] = Counter()
        self.rejected: Counter[str] = Counter()
        self.retried: Counter[str] = Counter()
        self.chores: Counter[tuple[str, str]] = Counter()
        self.dynauth_sent: Counter[str] = Counter()
        self.dynauth_answers: Counter[tuple[str, str]] = Counter()
        self.database = Health(clock)
        self.waiting: Callable[[], int] = lambda: 0
        self._clock = clock
        self._lines: dict[str, _Line] = {}
        self._registry = CollectorRegistry()
        self._registry.register(self)
        self.batch_size = Histogram(
            "portal_radius_batch_size",
            "Requests in one transaction.",
            ["socket"],
            buckets=_SIZES,
            registry=self._registry,
        )
        self.batch_seconds = Histogram(
            "portal_radius_batch_seconds",
            "Time from the beginning of a transaction to its commit.",
            ["socket"],
            buckets=_SECONDS,
            registry=self._registry,
        )

    def drop(
        self,
        role: str,
        reason: str,
        source: str,
        client: int | None,
        error: Exception | None = None,
    ) -> None:
        """Count a request that stays unanswered, and log some of them."""
        self.dropped[role, reason] += 1
        line = self._lines.setdefault(f"{role} {reason}", _Line())
        silent = line.due(self._clock())
        if silent is not None:
            log.warning(
                "radius.dropped",
                extra={
                    "socket": role,
                    "reason": reason,
                    "client": client,
                    "network": network_of(source) if client is None else None,
                    "more": silent,
                },
                exc_info=error,
            )

    def text(self) -> bytes:
        """Everything in Prometheus's text format."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        yield _counted(
            "requests", "Genuine requests.", ("socket", "code"), self.received
        )
        yield _counted("replies", "Replies sent.", ("socket", "code"), self.answered)
        yield _counted(
            "repeated",
            "Repeated requests that got the reply they had.",
            ("socket",),
            self.repeated,
        )
        yield _counted(
            "dropped",
            "Requests left without an answer.",
            ("socket", "reason"),
            self.dropped,
        )
        yield _counted("rejects", "Access-Rejects.", ("reason",), self.rejected)
        yield _counted(
            "batch_retries", "Batches tried again.", ("cause",), self.retried
        )
        yield _counted(
            "chores", "Periodic work done.", ("chore", "outcome"), self.chores
        )
        yield _counted(
            "dynauth_sent",
            "Disconnect- and CoA-Requests, each send of them.",
            ("kind",),
            self.dynauth_sent,
        )
        yield _counted(
            "dynauth_answers",
            "What became of Disconnect- and CoA-Requests.",
            ("kind", "answer"),
            self.dynauth_answers,
        )
        yield GaugeMetricFamily(
            "portal_radius_backlog",
            "Requests waiting for the writer.",
            value=self.waiting(),
        )
        yield GaugeMetricFamily(
            "portal_radius_database_up",
            "Whether the database answers.",
            value=self.database.answers(),
        )


class _Line:
    """A log line that is written at most once a period."""

    __slots__ = ("_next", "_silent")

    def __init__(self) -> None:
        self._next = float("-inf")
        self._silent = 0

    def due(self, now: float) -> int | None:
        """How many were kept back since the last line; None to keep this one too."""
        if now < self._next:
            self._silent += 1
            return None
        silent, self._silent = self._silent, 0
        self._next = now + _LOG_PERIOD
        return silent


def network_of(source: str) -> str:
    """The /24 or /64 of an address: enough to find the branch, too little for a person.

    A stranger's packet may come from a patron's device.
    """
    address = ipaddress.ip_address(source.partition("%")[0])
    prefix = 24 if address.version == 4 else 64
    return str(ipaddress.ip_network((address, prefix), strict=False))


def _counted(
    name: str,
    meaning: str,
    labels: tuple[str, ...],
    counts: "Counter[str] | Counter[tuple[str, str]] | Counter[tuple[str, int]]",
) -> CounterMetricFamily:
    family = CounterMetricFamily(f"portal_radius_{name}", meaning, labels=labels)
    # A copy: the other thread may add a label meanwhile.
    for values, count in dict(counts).items():
        family.add_metric(
            [values] if isinstance(values, str) else [str(v) for v in values], count
        )
    return family
