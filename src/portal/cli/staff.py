"""`portal staff`: who works at the desks and at the head office."""

import click

from portal.bootstrap.desk import desk_services
from portal.cli.arguments import SECRET_FILE
from portal.cli.frame import Failure, Row, actor, json_option, show
from portal.cli.opening import services
from portal.model.staff import Role, StaffMember
from portal.service.staff_accounts import NewStaff, StaffReason, StaffRefused

_SENTENCES = {
    StaffReason.USERNAME: "a user name has 2 to 32 small letters, digits, dots, dashes",
    StaffReason.TAKEN: "this user name is taken",
    StaffReason.NAME: "a name is needed",
    StaffReason.PASSWORD: "the password is too short; it needs 8 characters",
    StaffReason.BRANCH_NEEDED: "a desk needs --branch; an administrator has none",
    StaffReason.NO_SUCH_BRANCH: "there is no such branch; see `portal branch list`",
    StaffReason.NO_SUCH_MEMBER: "there is no such staff member",
}


@click.group()
def command() -> None:
    """Who works at the desks and at the head office."""


@command.command()
@click.argument("username")
@click.option("--name", required=True)
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--branch", help="Code of the branch of a desk.")
@click.option(
    "--password-file",
    "password",
    type=SECRET_FILE,
    required=True,
    help="File whose first line is the password; - for stdin.",
)
@json_option
def add(
    username: str,
    name: str,
    role: str,
    branch: str | None,
    password: str,
    as_json: bool,
) -> None:
    """Add an account for a staff member."""
    new = NewStaff(
        username=username, name=name, role=Role(role), branch=branch, password=password
    )
    with services() as open_:
        member = desk_services(open_).accounts.add(new, actor())
    show(_row(_done(member)), as_json=as_json)


@command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the accounts."""
    with services() as open_:
        members = desk_services(open_).accounts.members()
    show([_row(member) for member in members], as_json=as_json)


@command.command()
@click.argument("username")
@click.option(
    "--password-file",
    "password",
    type=SECRET_FILE,
    required=True,
    help="File whose first line is the new password; - for stdin.",
)
@json_option
def password(username: str, password: str, as_json: bool) -> None:
    """Change a password; the member is signed out everywhere."""
    with services() as open_:
        accounts = desk_services(open_).accounts
        member = accounts.set_password(username, password, actor())
    show(_row(_done(member)), as_json=as_json)


@command.command()
@click.argument("username")
@json_option
def close(username: str, as_json: bool) -> None:
    """Close an account; the member is signed out everywhere."""
    with services() as open_:
        member = desk_services(open_).accounts.close(username, actor())
    show(_row(_done(member)), as_json=as_json)


def _done(outcome: StaffMember | StaffRefused) -> StaffMember:
    if isinstance(outcome, StaffRefused):
        raise Failure(_SENTENCES[outcome.reason])
    return outcome


def _row(member: StaffMember) -> Row:
    return {
        "id": member.id,
        "username": member.username,
        "name": member.name,
        "role": member.role.value,
        "branch_id": member.branch_id,
        "closed_at": member.disabled_at,
    }
