"""An evening at one branch: thirty sessions across midnight, and what they come to."""

import random
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, time, timedelta
from itertools import pairwise

from portal.model.patron import PatronCard
from portal.model.session import SessionState
from portal.model.usage import Usage
from portal.radius.codes import AcctStatusType
from tests.stack.daemon import Radiusd
from tests.stack.province import Province, at_local, today
from tests.stack.radius_peer import RadiusPeer, class_of
from tests.stack.sender import Record, Sender

START, STOP = AcctStatusType.START, AcctStatusType.STOP
INTERIM = AcctStatusType.INTERIM_UPDATE
PATRONS, DEVICES, INTERIMS = 5, 6, 30
# Sessions begin at 23:40 and are told of half an hour after midnight.
EVENING, STEP = time(23, 40), 100
_LATER = timedelta(minutes=55)


@dataclass(frozen=True)
class Point:
    """A record as an access server has it: seconds since the Start, counters."""

    status: AcctStatusType
    seconds: int
    down: int = 0
    up: int = 0

    @property
    def usage(self) -> Usage:
        return Usage(self.seconds, self.down, self.up)


@dataclass(frozen=True)
class Talk:
    """A session: whose it is, when it began, all that is told of it."""

    patron: PatronCard
    device: str
    number: str
    class_value: bytes
    began: int
    points: list[Point]


def signed_in(province: Province) -> list[Talk]:
    """Every patron online with every device, through a radiusd that then ends."""
    daemon = province.radiusd()
    plan = province.add_plan()
    patrons = [province.add_patron(plan) for _ in range(PATRONS)]
    talks = []
    with RadiusPeer.of(daemon) as peer:
        for number, patron in enumerate(patrons * DEVICES):
            device = f"02-4C-52-00-{number // 256:02X}-{number % 256:02X}"
            ticket = province.ticket(patron, device)
            accept = peer.ask(ticket, device, f"s{number}")
            began = int(province.now.timestamp())
            points = list(_walk(random.Random(number)))
            talks.append(
                Talk(patron, device, f"s{number}", class_of(accept), began, points)
            )
    daemon.stop()
    return talks


def later_radiusd(province: Province) -> Radiusd:
    """A radiusd to which it is an hour later."""
    return province.radiusd(**province.environment_at(_LATER.total_seconds()))


class Evening:
    """Every record of every session, told in no order until all are acknowledged."""

    def __init__(self, province: Province, talks: list[Talk]) -> None:
        self._province = province
        self._talks = talks
        self.records = sum(len(talk.points) for talk in talks)
        self.resent = 0

    def tell(self, daemons: list[Radiusd], acknowledged: "Acknowledged") -> None:
        peer = RadiusPeer.of(daemons[0])
        sender = Sender(peer.address, peer.secret, [daemon.acct for daemon in daemons])
        told = [(talk, point) for talk in self._talks for point in talk.points]
        random.Random(1).shuffle(told)
        with closing(sender), peer:
            sender.deliver(
                [_record(peer, talk, point) for talk, point in told],
                acknowledged=acknowledged,
            )
        self.resent = sender.resent

    def check_totals(self) -> None:
        """The ledger has all of it, once."""
        province = self._province
        stored = province.rows("accounting_record", "received_at")
        assert len(stored) == self.records, f"{len(stored)} for {self.records}"
        assert province.rows("quarantine", "id") == []
        sessions = {each.acct_session_id: each for each in province.sessions()}
        assert len(sessions) == len(self._talks)
        for talk in self._talks:
            session = sessions[talk.number]
            assert session.state is SessionState.STOPPED
            assert session.usage == talk.points[-1].usage, session
        for patron in {talk.patron for talk in self._talks}:
            days, expected = province.days(patron), self._expected(patron)
            assert days == expected, f"{days} for {expected}"
        whole = _sum(talk.points[-1].usage for talk in self._talks)
        hours = _sum(province.hours().values())
        assert hours == whole, f"{hours} for {whole}"

    def _expected(self, patron: PatronCard) -> dict[str, Usage]:
        own = [talk for talk in self._talks if talk.patron == patron]
        evening = today(self._province.now)
        morning = evening + timedelta(days=1)
        before = _sum(_use_before(morning, talk) for talk in own)
        whole = _sum(talk.points[-1].usage for talk in own)
        return {evening.isoformat(): before, morning.isoformat(): whole - before}


class Acknowledged:
    """Hears how many records were acknowledged; does something every so often."""

    def __init__(self, times: int, every: int) -> None:
        self._times, self._every = times, every
        self.done = 0

    def __call__(self, acknowledged: int) -> None:
        if acknowledged % self._every == 0 and self.done < self._times:
            self.strike()
            self.done += 1

    def strike(self) -> None:
        raise NotImplementedError


def _walk(chance: random.Random) -> Iterator[Point]:
    """A session as it goes: past midnight, and past 4 GiB."""
    yield Point(START, 0)
    seconds = down = up = 0
    for step in range(INTERIMS + 1):
        seconds += STEP
        down += chance.randrange(400_000_000)
        up += chance.randrange(40_000_000)
        yield Point(STOP if step == INTERIMS else INTERIM, seconds, down, up)


def _record(peer: RadiusPeer, talk: Talk, point: Point) -> Record:
    def octets(identifier: int) -> bytes:
        return peer.report(
            point.status,
            talk.device,
            talk.number,
            at=talk.began + point.seconds,
            class_value=talk.class_value,
            seconds=point.seconds,
            down=point.down,
            up=point.up,
            identifier=identifier,
        )

    return octets


def _use_before(day: date, talk: Talk) -> Usage:
    """The reference: seconds split at midnight, octets pro rata, the rest after it."""
    midnight = int(at_local(day, time()).timestamp())
    before = Usage()
    for last, this in pairwise(talk.points):
        part = this.usage - last.usage
        left = midnight - talk.began - last.seconds
        share = min(max(left, 0), part.session_time)
        down, up = part.downloaded * share // STEP, part.uploaded * share // STEP
        before += Usage(share, down, up)
    return before


def _sum(amounts: Iterable[Usage]) -> Usage:
    return sum(amounts, start=Usage())
