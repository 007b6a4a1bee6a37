"""`portal patron`: library members and guest readers.

WHO is a handle (the pseudonym that lists and logs show), or a whole card number,
national ID or phone.
"""

import secrets
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import click

from portal.bootstrap import Services
from portal.bootstrap.desk import desk_services
from portal.cli.arguments import DURATION, OCTETS, SECRET_FILE
from portal.cli.finding import allowed, card_of, handle_of
from portal.cli.frame import Failure, actor, json_option, operator, show
from portal.cli.opening import services
from portal.model.outcome import Deny, Limits
from portal.model.usage import Extra
from portal.service.patron_page import PatronPage
from portal.service.people import AddRefused, NewPatron
from portal.service.prospect import prospect


@click.group()
def command() -> None:
    """Library members and guest readers.

    WHO is a handle, or a whole card number, national ID or phone.
    """


@command.command()
@click.argument("card")
@click.option("--name", required=True)
@click.option("--branch", required=True, help="Code of the home branch.")
@click.option("--plan", required=True, help="Code of the plan.")
@click.option("--national-id")
@click.option("--phone")
@click.option(
    "--pin-file",
    "pin",
    type=SECRET_FILE,
    help="File whose first line is the PIN; - for stdin. Nobody signs in without one.",
)
@click.option(
    "--valid-until",
    type=click.DateTime(["%Y-%m-%d"]),
    help="First day on which the membership is over.",
)
@json_option
def add(
    card: str,
    name: str,
    branch: str,
    plan: str,
    national_id: str | None,
    phone: str | None,
    pin: str | None,
    valid_until: datetime | None,
    as_json: bool,
) -> None:
    """Add the bearer of a library CARD."""
    with services() as open_:
        new = NewPatron(
            name=name,
            card=card,
            branch=branch,
            plan=plan,
            national_id=national_id,
            phone=phone,
            pin=pin,
            valid_until=_day(open_, branch, valid_until),
        )
        desk = desk_services(open_)
        added = desk.people.add(new, actor())
        if isinstance(added, AddRefused):
            parts = (added.reason, added.kind, added.why)
            words = " ".join(part.value for part in parts if part is not None)
            raise Failure(f"not added: {words.replace('_', ' ')}")
        page = allowed(
            desk.pages.open(operator(), added.patron.handle, purpose="added")
        )
    show(_row(page), as_json=as_json)


@command.command("show")
@click.argument("who")
@json_option
def show_(who: str, as_json: bool) -> None:
    """Show a patron's plan, state and what is left today; looking is audited."""
    with services() as open_:
        desk = desk_services(open_)
        page = allowed(desk.pages.open(operator(), handle_of(open_, who)))
    show(_row(page), as_json=as_json)


@command.command()
@click.argument("who")
@click.option("--time", "seconds", type=DURATION, default="0", help="Time: 30m.")
@click.option("--data", "octets", type=OCTETS, default="0", help="Data: 500MB.")
@click.option("--reason", required=True, help="Why; kept in the audit chain.")
@json_option
def grant(who: str, seconds: int, octets: int, reason: str, as_json: bool) -> None:
    """Give time or data for today, on top of the plan."""
    with services() as open_:
        desk = desk_services(open_)
        given = allowed(
            desk.desk.grant(
                operator(),
                handle_of(open_, who),
                Extra(seconds=seconds, octets=octets),
                reason=reason,
                request_key=secrets.token_urlsafe(16),
            )
        ).grant
    row = {
        "grant": given.id,
        "day": given.day,
        "seconds": given.extra.seconds,
        "octets": given.extra.octets,
    }
    show(row, as_json=as_json)


@command.command()
@click.argument("who")
@click.option("--for", "length", type=DURATION, help="How long: 7d.")
@click.option("--until", help="Until when: 2026-12-31, or with a time.")
@click.option("--note", default="", help="Why; kept sealed beside the audit entry.")
@json_option
def block(
    who: str, length: int | None, until: str | None, note: str, as_json: bool
) -> None:
    """Refuse a patron everywhere until an instant, and end what is running."""
    if (length is None) == (until is None):
        raise click.UsageError("give either --for or --until")
    with services() as open_:
        desk = desk_services(open_)
        patron = card_of(open_, who).patron
        end = (
            open_.clock() + timedelta(seconds=length)
            if length is not None
            else _instant(until or "", ZoneInfo(patron.time_zone))
        )
        done = allowed(desk.desk.block(operator(), patron.handle, end, note))
    row = {"patron": patron.handle, "blocked_until": end, "requests": done.requests}
    show(row, as_json=as_json)


@command.command()
@click.argument("who")
@json_option
def unblock(who: str, as_json: bool) -> None:
    """Let a blocked patron in again."""
    with services() as open_:
        desk = desk_services(open_)
        done = allowed(desk.desk.unblock(operator(), handle_of(open_, who)))
    show({"patron": done.handle, "blocked_until": None}, as_json=as_json)


@command.command()
@click.argument("who")
@json_option
def why(who: str, as_json: bool) -> None:
    """Say what a further device of this patron would be told now, and why."""
    with services() as open_:
        desk = desk_services(open_)
        page = allowed(
            desk.pages.open(operator(), handle_of(open_, who), purpose="why")
        )
        with open_.store.read() as uow:
            outcome = prospect(uow, page.card.patron.id, open_.clock())
    show(_row(page) | _prospect(outcome), as_json=as_json)


def _row(page: PatronPage) -> dict[str, object]:
    patron = page.card.patron
    return {
        "patron": patron.handle,
        "name": page.card.name,
        "card_last4": page.card.card_last4,
        "plan": page.terms.code,
        "plan_version": page.terms.version,
        "has_pin": page.card.has_pin,
        "state": page.state.kind.value,
        "at": page.state.at,
        "blocked_until": patron.blocked_until,
        "valid_until": patron.valid_until,
        "used_seconds": page.today.used.session_time,
        "used_octets": page.today.used.octets,
        "seconds_left": page.today.time_left,
        "octets_left": page.today.octets_left,
        "renews_at": page.today.window.ends_at,
        "granted_seconds": page.extra.seconds,
        "granted_octets": page.extra.octets,
        "sessions": len(page.sessions),
    }


def _prospect(outcome: Limits | Deny | None) -> dict[str, object]:
    match outcome:
        case Deny(reason=reason, until=until):
            return {"admitted": False, "reason": reason.value, "until": until}
        case Limits() as limits:
            return {
                "admitted": True,
                "reason": limits.ends_by.value if limits.ends_by else None,
                "until": limits.ends_at,
                "timeout": limits.timeout,
                "octets": limits.octets,
            }
        case None:
            return {"admitted": False, "reason": "erased", "until": None}


def _day(open_: Services, branch: str, day: datetime | None) -> datetime | None:
    """The beginning of a day at a branch."""
    if day is None:
        return None
    zones = {each.code: each.time_zone for each in open_.estate.branches()}
    return day.replace(tzinfo=ZoneInfo(zones.get(branch, "UTC")))


def _instant(text: str, zone: ZoneInfo) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(
            f"{text!r} is not a date such as 2026-12-31", param_hint="--until"
        ) from None
    return instant if instant.tzinfo else instant.replace(tzinfo=zone)
