"""Logs: one JSON object a line on stderr, for people with `jq` and for collectors.

A line has time, level, event, process and what the caller put beside the event. An
exception shows as its type and where it arose; its message may hold personal values
and stays out.
"""

import json
import logging
import sys
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from portal.config import Settings

_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """Writes a record as one line of JSON; `offset` is that of the test clock."""

    def __init__(self, process: str, offset: timedelta = timedelta()) -> None:
        super().__init__()
        self._process = process
        self._offset = offset

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC) + self._offset
        line: dict[str, object] = {
            "at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            "process": self._process,
        }
        # What a caller adds never takes the place of what every line has.
        line |= {n: v for n, v in _extras(vars(record)).items() if n not in line}
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = _where(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False, default=str)


def set_up_logs(settings: Settings, process: str) -> None:
    """Send what this process logs to stderr as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    offset = timedelta(seconds=settings.test_clock_offset)
    handler.setFormatter(JsonLines(process, offset))
    logging.basicConfig(
        level=settings.log_level.upper(), handlers=[handler], force=True
    )
    logging.captureWarnings(capture=True)


def _extras(attributes: Mapping[str, object]) -> dict[str, object]:
    return {name: v for name, v in attributes.items() if name not in _PLAIN}


def _where(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{frame.name}:{frame.lineno}" for frame in frames[-4:]]
    return " ".join([type(error).__name__, *places])
