import json
from datetime import datetime, timedelta, timezone

import pytest

from portal.cli.frame import Failure, operator, show

TEHRAN = timezone(timedelta(hours=3, minutes=30))
ROWS: list[dict[str, object]] = [
    {
        "name": "خرم‌آباد",
        "at": datetime(2026, 11, 21, 23, 30, tzinfo=TEHRAN),
        "on": True,
    },
    {"name": "b", "at": None, "on": False},
]


def test_several_things_are_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    show(ROWS, as_json=False)

    assert capsys.readouterr().out.splitlines() == [
        "name      at                    on",
        "خرم‌آباد  2026-11-21 20:00:00Z  yes",
        "b         -                     no",
    ]


def test_one_thing_is_a_line_a_fact(capsys: pytest.CaptureFixture[str]) -> None:
    show({"id": 1, "networks": ["a", "b"], "facts": {"x": 1}}, as_json=False)

    assert capsys.readouterr().out.splitlines() == [
        "id        1",
        "networks  a, b",
        'facts     {"x": 1}',
    ]


def test_a_terminal_obeys_nothing_that_came_from_outside(
    capsys: pytest.CaptureFixture[str],
) -> None:
    name = "\x1b[2Jعلی\u200cرضا\u202e\n"

    show({"name": name}, as_json=False)
    show([{"name": name}], as_json=False)

    shown = "\\u001b[2Jعلی\u200cرضا\\u202e\\u000a"
    assert capsys.readouterr().out == f"name  {shown}\nname\n{shown}\n"


def test_json_has_instants_in_utc(capsys: pytest.CaptureFixture[str]) -> None:
    show(ROWS, as_json=True)

    assert json.loads(capsys.readouterr().out) == [
        {"name": "خرم‌آباد", "at": "2026-11-21T20:00:00Z", "on": True},
        {"name": "b", "at": None, "on": False},
    ]


def test_an_empty_list_is_nothing_or_an_empty_array(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show([], as_json=False)
    show([], as_json=True)

    assert capsys.readouterr().out == "[]\n"


def test_a_failure_is_one_line() -> None:
    failure = Failure("a sentence\nof two  lines")

    assert failure.format_message() == "a sentence of two lines"


def test_who_runs_a_command_is_no_staff_member() -> None:
    someone = operator()

    assert someone.actor.startswith("cli:")
    assert someone.is_administrator
    assert someone.scope is None
