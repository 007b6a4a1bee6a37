"""What single things cost: a sign-in's hash, a ticket, a ledger record, a report page.

In this process and without a socket, so that the figures hold on a busy machine too:
processor time of the program itself, in microseconds, the database's wait beside it.
"""

import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice

from portal.bootstrap import Services
from portal.model.outcome import Accept
from portal.radius.attributes import AttributeType
from portal.radius.packet import parse
from portal.radiusd.clients import EstateReader
from portal.radiusd.exchange import Exchange, Outcome, Work
from portal.radiusd.intake import Role
from portal.radiusd.metrics import Metrics
from portal.service.accounting import Accounting
from portal.service.authorize import Authorizer
from portal.service.secrets import SecretKind, open_secret
from portal.service.tickets import ClassReader
from tests.bench.load.job import Credential, Job
from tests.bench.load.packets import Sessions
from tests.bench.peer import HOST, NAS_IDENTIFIER, SECRET
from tests.bench.province import Province

BATCH = 48  # what 64 in flight come to while the batch before is committed


@dataclass(slots=True)
class Cost:
    """Processor and wall time of one thing, in microseconds: medians of batches."""

    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)

    @contextmanager
    def of(self, count: int) -> Iterator[None]:
        cpu, wall = time.process_time(), time.perf_counter()
        yield
        self.cpu.append((time.process_time() - cpu) / count * 1e6)
        self.wall.append((time.perf_counter() - wall) / count * 1e6)

    @property
    def cpu_each(self) -> float:
        return statistics.median(self.cpu)

    @property
    def wall_each(self) -> float:
        return statistics.median(self.wall)


class Wire:
    """The path of a packet through radiusd, step by step and without its sockets."""

    def __init__(self, province: Province) -> None:
        self._services = province.services
        self.steps: dict[str, Cost] = {}
        metrics = Metrics()
        metrics.database.answered()
        self._exchanges = {role: self._exchange(role, metrics) for role in Role}
        self._snapshot = _reader(self._services).read()
        view, judge = self._services.estate_view, self._services.judge
        store, clock = self._services.store, self._services.clock
        self._authorizer = Authorizer(
            store=store, keys=self._services.keys, clock=clock, estate=view
        )
        self._accounting = Accounting(
            store=store, clock=clock, estate=view, judge=judge
        )

    def sign_in(self, packets: Sequence[bytes]) -> list[bytes | None]:
        """The Class of each Accept."""
        works = self._receive(Role.AUTH, packets)
        with self._step("decide").of(len(works)):
            answers = self._authorizer.decide([work.request for work in works])  # type: ignore[misc]
        assert all(isinstance(answer, Accept) for answer in answers), answers
        replies = self._answer(Role.AUTH, works, answers)
        return [parse(reply).get(AttributeType.CLASS) for reply in replies]

    def account(self, packets: Sequence[bytes]) -> None:
        works = self._receive(Role.ACCT, packets)
        with self._step("book").of(len(works)):
            self._accounting.book([work.request for work in works])  # type: ignore[misc]
        self._answer(Role.ACCT, works, [None] * len(works))

    def _receive(self, role: Role, packets: Sequence[bytes]) -> list[Work]:
        exchange, clock = self._exchanges[role], self._services.clock
        assert self._snapshot is not None, "it was read for the first time"
        with self._step(f"receive {role.value}").of(len(packets)):
            works = [
                exchange.receive(
                    packet, (HOST, 1024 + n), self._snapshot, clock(), time.monotonic()
                )
                for n, packet in enumerate(packets)
            ]
        return [work for work in works if isinstance(work, Work)]

    def _answer(
        self, role: Role, works: Sequence[Work], outcomes: Sequence[Outcome]
    ) -> list[bytes]:
        exchange = self._exchanges[role]
        with self._step(f"reply {role.value}").of(len(works)):
            replies = [
                exchange.answer(work, outcome, time.monotonic())
                for work, outcome in zip(works, outcomes, strict=True)
            ]
        return [reply for reply in replies if reply is not None]

    def _exchange(self, role: Role, metrics: Metrics) -> Exchange:
        reader = ClassReader(self._services.keys)
        return Exchange(role, read_class=reader, metrics=metrics)

    def _step(self, name: str) -> Cost:
        return self.steps.setdefault(name, Cost())


def wire_costs(province: Province, sessions: int) -> dict[str, Cost]:
    """The steps of so many sign-ins and of their sessions' records."""
    wire = Wire(province)
    credentials = province.tickets(range(1, sessions + 1))
    built = Sessions(_job(credentials))
    numbered = list(enumerate(credentials))
    classes: list[bytes | None] = []
    for some in _batches([built.access_request(*each) for each in numbered]):
        classes += wire.sign_in(some)
    now = int(time.time())
    told = [
        built.accounting(number, credential, classes[number], now)
        for number, credential in numbered
    ]
    for step in zip(*told, strict=True):
        for some in _batches(step):
            wire.account(some)
    return wire.steps


def _batches(packets: Sequence[bytes]) -> Iterator[list[bytes]]:
    left = iter(packets)
    while some := list(islice(left, BATCH)):
        yield some


def _reader(services: Services) -> EstateReader:
    keys = services.keys
    return EstateReader(
        services.store,
        services.profiles,
        lambda sealed: open_secret(keys, SecretKind.RADIUS, sealed),
    )


def _job(credentials: list[Credential]) -> Job:
    return Job(
        host=HOST,
        auth_port=0,
        acct_port=0,
        secret=SECRET,
        nas_identifier=NAS_IDENTIFIER,
        credentials=credentials,
        prefix="c",
    )
