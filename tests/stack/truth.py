"""What was truly said of a session, and the bookings that follow from it."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from portal.model.session import SessionRef
from portal.model.usage import Usage
from portal.radius.codes import AcctStatusType

# 23:45 in Tehran; no example lasts a day, and nothing arrives a day late.
EVENING = datetime(2026, 11, 21, 20, 15, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 21, 20, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Told:
    """A record as an access server has it."""

    status: AcctStatusType
    seconds: int
    down: int
    up: int
    at: datetime


@dataclass
class Talk:
    """A session as it truly is."""

    nas: int
    device: str
    number: str
    patron: int | None
    ref: SessionRef | None
    grant: str
    how: str
    began: datetime
    latest: Told
    over: bool = False
    arrived: set[Told] = field(default_factory=set)

    def bookings(self) -> dict[date, Usage]:
        """The reference: what arrived, in order, split at midnight."""
        days: dict[date, Usage] = {}
        before = Told(AcctStatusType.START, 0, 0, 0, self.began)
        for told in sorted(self.arrived, key=lambda t: (t.seconds, t.down, t.up)):
            whole = Usage(
                told.seconds - before.seconds,
                told.down - before.down,
                told.up - before.up,
            )
            early = min(
                max(whole.session_time - whole_seconds(told.at - MIDNIGHT), 0),
                whole.session_time,
            )
            part = Usage()
            if early:
                part = Usage(
                    early,
                    whole.downloaded * early // whole.session_time,
                    whole.uploaded * early // whole.session_time,
                )
            elif told.at < MIDNIGHT:
                part = whole
            for day, share in ((21, part), (22, whole - part)):
                when = date(2026, 11, day)
                days[when] = days.get(when, Usage()) + share
            before = told
        return {day: usage for day, usage in days.items() if usage}


def whole_seconds(span: timedelta) -> int:
    return int(span.total_seconds())
