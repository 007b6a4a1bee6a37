"""The clock that everything is given: the machine's, moved by the test offset."""

from datetime import UTC, datetime, timedelta

from portal.config import Settings
from portal.service.ports import Clock


def clock_of(settings: Settings) -> Clock:
    """The present as an aware UTC instant, the same for all processes of an install."""
    if not settings.test_clock_offset:
        return lambda: datetime.now(UTC)
    offset = timedelta(seconds=settings.test_clock_offset)
    return lambda: datetime.now(UTC) + offset
