"""What every command shares: how results are shown, how one fails, who is acting."""

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import click

from portal.model.staff import Role, StaffMember

# What an access server or a person wrote may hold escapes that a terminal obeys, or
# marks that turn a line round.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

F = TypeVar("F", bound=Callable[..., Any])

Row = Mapping[str, object]


class Failure(click.ClickException):
    """The end of a command that could not do what was asked; one line."""

    exit_code = 1

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))


class CannotStart(Failure):
    """Settings, key ring or schema do not allow a start."""

    exit_code = 3


class DatabaseAway(Failure):
    """The database does not answer, or is busy for too long."""

    exit_code = 4


def json_option(command: F) -> F:
    """Give a command `--json`, which it receives as `as_json`."""
    return click.option(
        "--json", "as_json", is_flag=True, help="Print JSON, for programs."
    )(command)


def show(result: Row | Sequence[Row], *, as_json: bool) -> None:
    """Print one thing as `name: value` lines, several as a table, either as JSON."""
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False, default=_json_value))
    elif isinstance(result, Mapping):
        width = max((len(name) for name in result), default=0)
        for name, value in result.items():
            click.echo(f"{name:<{width}}  {_text(value)}".rstrip())
    else:
        _table(result)


def actor() -> str:
    """How audit entries name who runs a command: by number, as all of them do."""
    return f"cli:{os.getuid()}"


def operator() -> StaffMember:
    """Who runs a command, for acts that otherwise a staff member does."""
    return _Operator(
        id=0,
        username="",
        name="",
        role=Role.ADMINISTRATOR,
        branch_id=None,
    )


class _Operator(StaffMember):
    """Whoever may read the key ring may do everything; no account belongs to it."""

    @property
    def actor(self) -> str:
        return actor()


def _table(rows: Sequence[Row]) -> None:
    if not rows:
        return
    lines = [list(rows[0])] + [[_text(value) for value in row.values()] for row in rows]
    widths = [max(len(line[place]) for line in lines) for place in range(len(lines[0]))]
    for line in lines:
        cells = [f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)]
        click.echo("  ".join(cells).rstrip())


def _text(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%SZ}"
    if isinstance(value, list | tuple):
        return ", ".join(_text(part) for part in value)
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False, default=_json_value)
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", str(value))


def _json_value(value: object) -> object:
    """What JSON has no word for."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return str(value)
