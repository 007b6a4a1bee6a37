"""`portal plan`: what a membership class may use."""

import click

from portal.cli.arguments import BITS, DURATION, OCTETS
from portal.cli.estate import done
from portal.cli.frame import F, Row, actor, json_option, show
from portal.cli.opening import services
from portal.model.estate import PlanTerms
from portal.service.estate_ports import PlanLimits


@click.group()
def command() -> None:
    """What a membership class may use. A limit that is left out is unlimited."""


def _limits(function: F) -> F:
    for name, kind, text in reversed(
        (
            ("time-per-day", DURATION, "Time online per day: 2h."),
            ("data-per-day", OCTETS, "Data per day, both directions: 2GB."),
            ("speed-down", BITS, "Speed to the device: 8Mbit."),
            ("speed-up", BITS, "Speed from the device: 2Mbit."),
            ("devices", click.IntRange(min=1), "Devices at once."),
            ("idle-timeout", DURATION, "Idle time that ends a session: 15m."),
            ("longest-session", DURATION, "Longest session: 4h."),
        )
    ):
        function = click.option(f"--{name}", type=kind, help=text)(function)
    return function


@command.command()
@click.argument("code")
@click.option("--name-fa", required=True, help="Name in Persian.")
@click.option("--name-en", required=True, help="Name in English.")
@_limits
@json_option
def add(
    code: str, name_fa: str, name_en: str, as_json: bool, **limits: int | None
) -> None:
    """Add a plan under a short CODE such as `members`."""
    with services() as open_:
        terms = open_.estate.add_plan(
            code=code,
            name_fa=name_fa,
            name_en=name_en,
            limits=PlanLimits(**limits),
            actor=actor(),
        )
    show(_row(done(terms)), as_json=as_json)


@command.command()
@click.argument("code")
@_limits
@json_option
def change(code: str, as_json: bool, **limits: int | None) -> None:
    """Add a version of a plan; the limits are all given anew.

    Sessions that are open keep the version they were granted under.
    """
    with services() as open_:
        terms = open_.estate.change_plan(code, PlanLimits(**limits), actor())
    show(_row(done(terms)), as_json=as_json)


@command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the plans with their newest terms."""
    with services() as open_:
        plans = open_.estate.plans()
    show([_row(terms) for terms in plans], as_json=as_json)


def _row(terms: PlanTerms) -> Row:
    return {
        "id": terms.plan_id,
        "code": terms.code,
        "version": terms.version,
        "name_fa": terms.name_fa,
        "name_en": terms.name_en,
        "time_per_day": terms.time_per_day,
        "data_per_day": terms.data_per_day,
        "speed_down": terms.speed_down,
        "speed_up": terms.speed_up,
        "devices": terms.devices,
        "idle_timeout": terms.idle_timeout,
        "longest_session": terms.longest_session,
    }
