"""A province at its worst, step by step, against a reference of a few lines.

Devices come and go at two access servers that lose, resend and reorder what they tell,
restart with and without a word, give their numbers out again and forget the Class; in
between come the scheduler, the sweep and the proof. Whatever happens, each patron's
days and the branches' hours are those of the records that arrived.
"""

import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from portal.model.outcome import Accept
from portal.model.session import AccountingReport, SessionRef
from portal.model.usage import Usage
from portal.radius.codes import AcctStatusType
from portal.service.admission import Claim, Minted, mint
from tests.stack import postgresql
from tests.stack import world as worlds
from tests.stack.truth import EVENING, Talk, Told, whole_seconds
from tests.stack.world import World, access_request

START, STOP = AcctStatusType.START, AcctStatusType.STOP
INTERIM = AcctStatusType.INTERIM_UPDATE
ON, OFF = AcctStatusType.ACCOUNTING_ON, AcctStatusType.ACCOUNTING_OFF
DEVICES = [f"02-4C-52-00-00-{n:02X}" for n in range(4)]
LINE = 125_000_000  # octets a second

MakeWorld = Callable[[], AbstractContextManager[World]]


class Province(RuleBasedStateMachine):
    """Two access servers, three patrons, four devices."""

    make_world: MakeWorld

    def __init__(self) -> None:
        super().__init__()
        self.context = self.make_world()
        self.world = self.context.__enter__()
        self.world.clock.now = EVENING
        self.talks: list[Talk] = []
        self.on_the_way: list[tuple[Talk, Told]] = []
        self.sent: list[tuple[Talk, Told]] = []
        self.restarts: list[tuple[int, AcctStatusType, datetime]] = []
        self.numbers = {1: 0, 2: 0}
        self.epochs = 0

    @initialize()
    def people(self) -> None:
        world = self.world
        free = world.add_plan(devices=3)
        tight = world.add_plan(time=1200, data=1_000_000_000, devices=2)
        self.patrons = [world.add_patron(p) for p in (free, tight, tight)]

    def teardown(self) -> None:
        try:
            if self.talks:
                self.all_comes_to_an_end()
        finally:
            self.context.__exit__(None, None, None)

    # ------------------------------------------------------------ what people do

    @rule(
        who=st.integers(0, 2),
        device=st.sampled_from(DEVICES),
        nas=st.sampled_from([1, 2]),
        how=st.sampled_from(["class", "class", "ticket", "false", "number"]),
        again=st.booleans(),
    )
    def sign_in(self, who: int, device: str, nas: int, how: str, again: bool) -> None:
        world, patron = self.world, self.patrons[who]
        number = self._number(nas, how)
        claim = Claim(
            patron_id=patron,
            nas=world.nas(nas),
            device=device,
            challenge=None,
            language="fa",
        )
        with world.store.write() as uow:
            minted = mint(uow, world.keys, claim, world.clock())
        if not isinstance(minted, Minted):
            return
        request = access_request(minted, device, number, nas_id=nas, now=world.clock())
        answers = world.authorizer.decide([request] * (2 if again else 1))
        if isinstance(answers[0], Accept):
            self._begin(nas, device, number, how, minted.grant_id, answers[0].session)
            self.talks[-1].patron = patron

    @rule(device=st.sampled_from(DEVICES), nas=st.sampled_from([1, 2]))
    def go_online_without_us(self, device: str, nas: int) -> None:
        self._begin(nas, device, self._number(nas, "number"), "number", "mac", None)

    def _number(self, nas: int, how: str) -> str:
        self.numbers[nas] += 1
        # What only a number tells apart is not given out again within the hour.
        return f"{self.numbers[nas]}" + (f"-{self.epochs}" if how == "number" else "")

    def _begin(
        self,
        nas: int,
        device: str,
        number: str,
        how: str,
        grant: str,
        ref: SessionRef | None,
    ) -> None:
        began = self.world.clock()
        talk = Talk(
            nas,
            device,
            number,
            None,
            ref,
            grant,
            how,
            began,
            Told(START, 0, 0, 0, began),
        )
        self.talks.append(talk)
        self.on_the_way.append((talk, talk.latest))

    @precondition(lambda self: any(not t.over for t in self.talks))
    @rule(
        data=st.data(),
        after=st.sampled_from([1, 59, 300, 899]),
        down=st.integers(0, 2_000_000_000),
        up=st.integers(0, 100_000_000),
        word=st.sampled_from([INTERIM, INTERIM, STOP]),
        through=st.booleans(),
    )
    def tell(
        self,
        data: st.DataObject,
        after: int,
        down: int,
        up: int,
        word: AcctStatusType,
        through: bool,
    ) -> None:
        self.time_goes_by(after)
        talk = data.draw(st.sampled_from([t for t in self.talks if not t.over]))
        seconds = whole_seconds(self.world.clock() - talk.began)
        most = LINE * (seconds - talk.latest.seconds)
        talk.over = word is STOP
        talk.latest = Told(
            word,
            seconds,
            talk.latest.down + min(down, most),
            talk.latest.up + min(up, most),
            self.world.clock(),
        )
        self.on_the_way.append((talk, talk.latest))
        if through:
            self.sent.append(self.on_the_way.pop())
            self._book(self.sent[-1:])

    @rule(seconds=st.sampled_from([1, 61, 2500]))
    def time_goes_by(self, seconds: int) -> None:
        if self.world.clock() < EVENING + timedelta(hours=14):
            self.world.clock.tick(seconds)

    @rule(nas=st.sampled_from([1, 2]), word=st.sampled_from([ON, OFF, None]))
    def restart(self, nas: int, word: AcctStatusType | None) -> None:
        self.world.clock.tick(1)
        for talk in self.talks:
            talk.over = talk.over or talk.nas == nas
        if word is not None:
            self.restarts.append((nas, word, self.world.clock()))
        self.numbers[nas] = 0
        self.epochs += 1
        self.world.clock.tick(130)

    # -------------------------------------------------------- what the wires do

    @precondition(lambda self: bool(self.on_the_way))
    @rule(data=st.data(), twice=st.booleans())
    def deliver(self, data: st.DataObject, twice: bool) -> None:
        """Some of what is on its way, in any order; what is left may come later."""
        order = data.draw(st.permutations(self.on_the_way))
        count = data.draw(st.integers(1, len(order)))
        arriving, self.on_the_way = order[:count], order[count:]
        self.sent += arriving
        self._book(arriving * (2 if twice else 1))

    @precondition(lambda self: bool(self.sent))
    @rule(data=st.data())
    def deliver_again(self, data: st.DataObject) -> None:
        some = st.lists(st.sampled_from(self.sent), min_size=1, max_size=5)
        self._book(data.draw(some))

    @precondition(lambda self: bool(self.on_the_way))
    @rule(data=st.data())
    def lose(self, data: st.DataObject) -> None:
        index = data.draw(st.integers(0, len(self.on_the_way) - 1))
        del self.on_the_way[index]

    @precondition(lambda self: bool(self.restarts))
    @rule(data=st.data())
    def deliver_restart(self, data: st.DataObject) -> None:
        nas, word, at = data.draw(st.sampled_from(self.restarts))
        world = self.world
        record = world.record(None, "", "", nas_id=nas, status=word, event_at=at)
        world.accounting.book([record])

    @precondition(lambda self: bool(self.talks))
    @rule(
        data=st.data(),
        status=st.sampled_from([INTERIM, STOP]),
        wrong=st.sampled_from(["seconds", "down", "up"]),
    )
    def deliver_nonsense(
        self, data: st.DataObject, status: AcctStatusType, wrong: str
    ) -> None:
        """Counters that no session can have; a Stop all the same."""
        talk = data.draw(st.sampled_from(self.talks))
        if status is STOP and not talk.over:
            return
        nonsense = {"seconds": talk.latest.seconds, "down": 0, "up": 0}
        nonsense[wrong] = (1 << 32) - 1 if wrong == "seconds" else (1 << 64) - 1
        told = Told(status, at=self.world.clock(), **nonsense)
        self.world.accounting.book([self._report(talk, told)])

    def _book(self, arriving: list[tuple[Talk, Told]]) -> None:
        for talk, told in arriving:
            talk.arrived.add(told)
        self.world.accounting.book([self._report(*each) for each in arriving])

    def _report(self, talk: Talk, told: Told) -> AccountingReport:
        return AccountingReport(
            nas_id=talk.nas,
            status_type=told.status,
            acct_session_id=talk.number,
            user_name=talk.grant if talk.how != "number" else "somebody",
            device=talk.device,
            framed_ip=None,
            session=talk.ref if talk.how == "class" else None,
            false_class=talk.how == "false",
            session_time=told.seconds,
            downloaded=told.down,
            uploaded=told.up,
            event_at=told.at,
            received_at=self.world.clock(),
            terminate_cause=None,
            extra=None,
            packet=b"",
        )

    # ------------------------------------------------------ what the server does

    @rule(
        answer=st.sampled_from(["ack", "nak", "silence", None]),
        heard=st.sets(st.sampled_from([1, 2])),
    )
    def enforce(self, answer: str | None, heard: set[int]) -> None:
        enforcement, world = self.world.enforcement, self.world
        enforcement.heartbeat(dict.fromkeys(heard, world.clock()))
        enforcement.tick()
        for request in enforcement.claim():
            enforcement.sent(request.id)
            if answer is not None:
                enforcement.answered(request, answer)
        enforcement.prove()
        enforcement.sweep()

    @invariant()
    def bookings_are_those_of_what_arrived(self) -> None:
        if not self.talks:
            return
        for patron in self.patrons:
            mine = [t.bookings() for t in self.talks if t.patron == patron]
            expected: dict[str, Usage] = {}
            for days in mine:
                for day, usage in days.items():
                    known = expected.get(day.isoformat(), Usage())
                    expected[day.isoformat()] = known + usage
            booked = {d: u for d, u in self.world.days(patron).items() if u}
            assert booked == expected
        everything = [u for t in self.talks for u in t.bookings().values()]
        assert _sum(self.world.hours().values()) == _sum(everything)
        assert _sum(s.usage for s in self.world.sessions()) == _sum(everything)

    def all_comes_to_an_end(self) -> None:
        """Nothing stays open and nothing is due for ever once nobody speaks any more."""
        world = self.world
        for _ in range(12):
            for _ in range(10):
                world.clock.tick(60)
                world.enforcement.heartbeat(dict.fromkeys((1, 2), world.clock()))
            self.enforce("silence", {1, 2})
        assert not [s for s in world.sessions() if s.state.live]
        world.clock.tick(24 * 3600)
        assert world.enforcement.claim() == []
        assert world.enforcement.tick() == 0
        assert {state for *_, state in world.requests()} <= {
            *("verified", "superseded", "failed", "unknown")
        }
        self.bookings_are_those_of_what_arrived()


def _sum(usages: Iterable[Usage]) -> Usage:
    return sum(usages, Usage())


def _run(make: MakeWorld, examples: int) -> None:
    class Machine(Province):
        make_world = staticmethod(make)

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=50,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.timeout(600)
def test_the_ledger_is_right_on_sqlite(tmp_path: Path) -> None:
    template, path = tmp_path / "template.db", tmp_path / "portal.db"
    worlds.migrate(f"sqlite:///{template}")

    @contextmanager
    def make() -> Iterator[World]:
        for file in tmp_path.glob("portal.db*"):
            file.unlink()
        shutil.copy(template, path)
        with worlds.world(f"sqlite:///{path}") as world:
            yield world

    _run(make, 20)


@pytest.mark.timeout(600)
def test_the_ledger_is_right_on_postgresql(
    postgresql_cluster: postgresql.Cluster, migrated_postgresql_url: str
) -> None:
    template = migrated_postgresql_url.rpartition("/")[2]

    @contextmanager
    def make() -> Iterator[World]:
        with (
            postgresql_cluster.database(template=template) as url,
            worlds.world(url) as world,
        ):
            yield world

    _run(make, 5)
