"""Does the database answer? One note, kept by the writer, read by everybody."""

import logging
from collections.abc import Callable

log = logging.getLogger(__name__)

# The scheduler asks the database twice a second; this long without an answer and it is
# not there, whatever the connection says.
_PATIENCE = 3.0


class Health:
    """The latest word of the database."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._up = False
        self._answered_at = float("-inf")

    def answered(self) -> None:
        if not self._up:
            log.info("database.up")
        self._up = True
        self._answered_at = self._clock()

    def failed(self) -> None:
        if self._up or self._answered_at == float("-inf"):
            log.error("database.away")
        self._up = False
        self._answered_at = self._clock()

    def answers(self) -> bool:
        return self._up and self._clock() - self._answered_at <= _PATIENCE
