"""`portal usage`: the record of use."""

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from portal.bootstrap.desk import desk_services
from portal.cli.finding import allowed
from portal.cli.frame import Failure, json_option, operator, show
from portal.cli.opening import services
from portal.model.calendar import (
    DateError,
    DayRange,
    local_day,
    parse_jalali_date,
)


@click.group()
def command() -> None:
    """The record of use."""


@command.command()
@click.option("--branch", required=True, help="Code of the branch.")
@click.option("--from", "first", help="First day, Jalali or Gregorian.  [30 days ago]")
@click.option("--until", "last", help="Last day, Jalali or Gregorian.  [today]")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write; without it, stdout.",
)
@json_option
def export(
    branch: str, first: str | None, last: str | None, output: Path | None, as_json: bool
) -> None:
    """Write a branch's sessions as CSV. Nobody is named; the export is audited."""
    if as_json and output is None:
        raise click.UsageError("--json tells of the file written: give --output")
    with services() as open_:
        found = {each.code: each for each in open_.estate.branches()}.get(branch)
        if found is None:
            raise Failure(f"there is no branch {branch!r}; see `portal branch list`")
        today = local_day(open_.clock(), ZoneInfo(found.time_zone))
        try:
            end = parse_jalali_date(last, today) if last else today
            start = parse_jalali_date(first, today) if first else end - timedelta(30)
        except DateError as error:
            raise Failure(f"not a date: {error}") from error
        log = desk_services(open_).usage_log
        file = allowed(log.export(operator(), found.id, DayRange(start, end)))
        octets = 0
        with click.open_file(str(output or "-"), "wb") as target:
            for chunk in file.chunks:
                target.write(chunk)
                octets += len(chunk)
    if output is not None:
        row = {"file": str(output), "octets": octets, "from": start, "until": end}
        show(row, as_json=as_json)
