import json
import logging
from datetime import UTC, datetime, timedelta

import pytest

from portal.bootstrap.logs import JsonLines

LOG = logging.getLogger("tests.logs")


def line(record: logging.LogRecord, offset: timedelta = timedelta()) -> dict[str, str]:
    parsed: dict[str, str] = json.loads(JsonLines("captive", offset).format(record))
    return parsed


def a_record(**extra: object) -> logging.LogRecord:
    return LOG.makeRecord(
        LOG.name, logging.INFO, __file__, 1, "session.started", (), None, extra=extra
    )


def test_a_record_is_one_line_of_json_with_its_facts() -> None:
    shown = line(a_record(nas=7, handle="kw6ypywthns6"))

    assert shown | {"at": ""} == {
        "at": "",
        "level": "info",
        "event": "session.started",
        "process": "captive",
        "nas": 7,
        "handle": "kw6ypywthns6",
    }


def test_the_time_is_that_of_the_test_clock() -> None:
    record = a_record()
    record.created = datetime(2026, 11, 21, 20, 0, tzinfo=UTC).timestamp()

    assert line(record, timedelta(hours=1))["at"] == "2026-11-21T21:00:00.000Z"


def test_an_exception_shows_its_place_and_not_its_words() -> None:
    def fail() -> None:
        raise ValueError("card 00012345")

    with pytest.raises(ValueError, match="card") as caught:
        fail()
    record = LOG.makeRecord(
        LOG.name,
        logging.ERROR,
        __file__,
        1,
        "task.failed",
        (),
        (caught.type, caught.value, caught.tb),
    )

    shown = line(record)

    assert shown["error"].startswith("ValueError ")
    assert "fail:" in shown["error"]
    assert "00012345" not in json.dumps(shown)


def test_what_a_caller_adds_takes_no_place_of_what_every_line_has() -> None:
    shown = line(a_record(at="urlsplit:497", level="low"))

    assert shown["at"].endswith("Z")
    assert shown["level"] == "info"
