import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass, field

import pytest

from portal.model.outcome import Accept, Reject
from portal.radiusd.backlog import Backlog
from portal.radiusd.chores import Chore, Chores
from portal.radiusd.exchange import Work
from portal.radiusd.intake import Drop
from portal.radiusd.metrics import Metrics
from portal.radiusd.options import Backend, Options
from portal.radiusd.writer import Answers, Writer
from portal.service.ports import StoreBusyError, StoreUnavailableError
from tests.stack.wait import until
from tests.unit.radiusd.province import (
    NOW,
    PROFILES,
    FakeAccounting,
    FakeAuthorizer,
    FakeEnforcement,
    FakeStore,
    read_class,
    reports,
    sign_ins,
    unsealed,
)


@dataclass
class Desk:
    """A writer on its own thread, with fakes behind it."""

    authorizer: FakeAuthorizer = field(default_factory=FakeAuthorizer)
    accounting: FakeAccounting = field(default_factory=FakeAccounting)
    metrics: Metrics = field(default_factory=Metrics)
    backlog: Backlog = field(default_factory=lambda: Backlog(1000))
    answers: Answers = field(default_factory=list)
    claims: list[str] = field(default_factory=list)
    options: Options = field(default_factory=Options)
    refusal: Callable[[], str | None] = lambda: None

    def __post_init__(self) -> None:
        chores = Chores(metrics=self.metrics)
        chores.plan([Chore("claim", 3600, lambda: self.claims.append("claim"))])
        backend = Backend(
            store=FakeStore(),
            authorizer=self.authorizer,
            accounting=self.accounting,
            enforcement=FakeEnforcement(),
            profiles=PROFILES,
            clock=lambda: NOW,
            open_secret=unsealed,
            read_class=read_class,
            refusal=self.refusal,
        )
        self.writer = Writer(
            options=self.options,
            backend=backend,
            backlog=self.backlog,
            chores=chores,
            metrics=self.metrics,
            deliver=self.answers.extend,
        )
        self.thread = threading.Thread(target=self.writer.run, daemon=True)

    def start(self) -> None:
        self.thread.start()

    def finish(self, within: float = 5.0) -> None:
        self.writer.stop(within)
        self.thread.join(10)
        assert not self.thread.is_alive()

    def answer_to(self, work: Work) -> object:
        return next(outcome for asked, outcome in self.answers if asked is work)


@pytest.fixture
def desk() -> Generator[Desk]:
    desk = Desk()
    yield desk
    if desk.thread.ident is not None:
        desk.writer.stop(0)
        desk.thread.join(10)


def test_what_arrives_during_a_commit_is_the_next_batch(desk: Desk) -> None:
    committing, go_on = threading.Event(), threading.Event()

    def before() -> None:
        committing.set()
        go_on.wait(10)

    desk.accounting.before = before
    desk.backlog.put(reports(1))
    desk.start()
    committing.wait(10)
    desk.backlog.put(reports(20))
    desk.backlog.put(reports(22))
    go_on.set()
    desk.finish()

    assert [len(batch) for batch in desk.accounting.batches] == [1, 42]
    assert len(desk.answers) == 43


def test_nothing_is_answered_before_its_batch_is_committed(desk: Desk) -> None:
    seen: list[int] = []
    desk.accounting.before = lambda: seen.append(len(desk.answers))
    desk.backlog.put(reports(10))

    desk.start()
    desk.finish()

    assert seen == [0]
    assert len(desk.answers) == 10


def test_each_sign_in_gets_its_own_answer(desk: Desk) -> None:
    works = sign_ins(3)
    stranger = works[1]
    object.__setattr__(stranger.request, "user_name", "nobody")
    desk.backlog.put(works)

    desk.start()
    desk.finish()

    assert isinstance(desk.answer_to(works[0]), Accept)
    assert isinstance(desk.answer_to(stranger), Reject)
    assert isinstance(desk.answer_to(works[2]), Accept)


def test_a_busy_database_delays_a_batch_and_never_fails_it(desk: Desk) -> None:
    desk.accounting.obstacles = [StoreBusyError("locked")] * 3
    works = reports(5)
    desk.backlog.put(works)

    desk.start()
    desk.finish()

    assert [desk.answer_to(work) for work in works] == [None] * 5
    assert desk.metrics.retried == {"busy": 3}


def test_while_the_database_is_away_there_is_silence_and_then_every_answer(
    desk: Desk,
) -> None:
    desk.accounting.obstacles = [StoreUnavailableError("away")] * 2
    works = reports(5)
    desk.backlog.put(works)

    desk.start()
    until(lambda: desk.metrics.retried["away"] >= 1, what="a first try")
    during = list(desk.answers), desk.metrics.database.answers()
    until(lambda: len(desk.answers) == 5, what="the answers")
    desk.finish()

    assert during == ([], False)
    assert [desk.answer_to(work) for work in works] == [None] * 5
    assert desk.metrics.database.answers()


def test_a_sign_in_that_nobody_waits_for_any_more_is_not_decided(desk: Desk) -> None:
    late, fresh = sign_ins(2)
    late.arrived = float("-inf")
    desk.backlog.put([late, fresh])

    desk.start()
    desk.finish()

    assert desk.answer_to(late) is Drop.TOO_LATE
    assert isinstance(desk.answer_to(fresh), Accept)
    assert [len(batch) for batch in desk.authorizer.batches] == [1]


def test_an_accounting_record_is_wanted_however_late(desk: Desk) -> None:
    works = reports(1)
    works[0].arrived = float("-inf")
    desk.backlog.put(works)

    desk.start()
    desk.finish()

    assert desk.answer_to(works[0]) is None


def test_one_request_that_makes_the_decision_fail_stays_alone_with_it(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    works = sign_ins(64)
    object.__setattr__(works[41].request, "user_name", "poison")
    desk.authorizer.poison = "poison"
    desk.backlog.put(works)

    desk.start()
    desk.finish()

    outcomes = [desk.answer_to(work) for work in works]
    assert outcomes[41] is Drop.FAILED
    assert sum(isinstance(outcome, Accept) for outcome in outcomes) == 63
    assert "batch.failed" in caplog.messages


def test_a_batch_that_ends_someone_s_session_wakes_the_outbox(desk: Desk) -> None:
    desk.accounting.requests = 1
    desk.start()
    until(lambda: len(desk.claims) == 1, what="the first turn")

    desk.backlog.put(reports(1))

    until(lambda: len(desk.claims) == 2, what="the outbox is looked at")
    desk.finish()


def test_an_errand_waits_until_the_database_is_back(desk: Desk) -> None:
    tries: list[str] = []
    obstacles: list[Exception] = [StoreUnavailableError("a"), StoreBusyError("b")]

    def errand() -> None:
        tries.append("try")
        if obstacles:
            raise obstacles.pop(0)

    desk.start()
    desk.backlog.ask(errand)

    until(lambda: len(tries) == 3, what="the third try")
    desk.finish()


def test_an_errand_that_fails_does_not_stand_in_the_way_of_the_next(
    desk: Desk,
) -> None:
    done: list[str] = []

    def broken() -> None:
        raise ValueError("a bug")

    desk.backlog.ask(broken)
    desk.backlog.ask(lambda: done.append("next"))
    desk.start()
    desk.finish()

    assert done == ["next"]


def test_stopping_commits_and_answers_what_is_waiting(desk: Desk) -> None:
    desk.backlog.put(reports(700))
    desk.backlog.put(sign_ins(2))
    desk.writer.stop(5)

    desk.start()
    desk.thread.join(10)

    assert len(desk.answers) == 702
    assert max(len(batch) for batch in desk.accounting.batches) <= 256


def test_stopping_does_not_wait_for_a_database_that_stays_away(desk: Desk) -> None:
    class Never(list[Exception]):
        def __bool__(self) -> bool:
            return True

        def pop(self, _: object = 0) -> Exception:
            return StoreUnavailableError("away")

    desk.accounting.obstacles = Never()
    works = reports(3)
    desk.backlog.put(works)
    desk.start()
    until(lambda: desk.metrics.retried["away"] >= 1, what="a first try")

    desk.finish(within=0.3)

    assert [desk.answer_to(work) for work in works] == [Drop.DATABASE_AWAY] * 3
