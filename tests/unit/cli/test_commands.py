import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from portal.cli import portal

SECRET_WORDS = ("secret", "password", "pin")
# What talks about a secret without being one.
NO_SECRETS = {"secrets", "keep_old"}


def commands(
    command: click.Command, name: str = "portal"
) -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, by its full name."""
    if not isinstance(command, click.Group):
        yield name, command
        return
    context = click.Context(command)
    for part in command.list_commands(context):
        found = command.get_command(context, part)
        assert found is not None
        yield from commands(found, f"{name} {part}")


COMMANDS = dict(commands(portal))
SERVERS = {
    "portal demo",
    "portal nas-sim",
    "portal radiusd",
    "portal web captive",
    "portal web staff",
    "portal worker",
}


def test_the_commands_an_installer_needs_are_there() -> None:
    needed = """
    db upgrade, branch add, branch list, client add, client list, nas add, nas list,
    nas config, nas test, plan add, plan list, patron add, patron show, patron grant,
    patron block, patron why, staff add, session list, session show,
    session disconnect, usage export, audit verify, keys rotate, config show, doctor
    """

    assert {f"portal {name.strip()}" for name in needed.split(",")} <= set(COMMANDS)


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - SERVERS))
def test_every_command_can_answer_in_json(name: str) -> None:
    options = {o for p in COMMANDS[name].params for o in p.opts}

    assert "--json" in options


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_no_secret_is_an_argument(name: str) -> None:
    for parameter in COMMANDS[name].params:
        if parameter.name in NO_SECRETS or parameter.name is None:
            continue
        if any(word in parameter.name for word in SECRET_WORDS):
            assert parameter.opts[0].endswith("-file"), parameter.opts


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_explains_itself(name: str) -> None:
    done = CliRunner().invoke(portal, [*name.split()[1:], "--help"])

    assert done.exit_code == 0, done.output
    assert COMMANDS[name].help


def test_asking_for_help_loads_no_database() -> None:
    code = (
        "import sys; from portal.cli import portal\n"
        "portal.main(['--help'], standalone_mode=False)\n"
        "portal.main(['config', 'show'], standalone_mode=False)\n"
        "heavy = {'sqlalchemy', 'flask', 'asyncio', 'cryptography', 'alembic'}\n"
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr


def test_an_unknown_command_is_a_usage_error() -> None:
    done = CliRunner().invoke(portal, ["branhc", "list"])

    assert done.exit_code == 2
    assert "branhc" in done.output


@pytest.mark.parametrize(
    "typed", ["x", "202611", f"{'9' * 25}-1", f"202611-{2**63}", "202611-1-1"]
)
def test_what_names_no_session_is_a_usage_error(typed: str) -> None:
    done = CliRunner().invoke(portal, ["session", "show", typed])

    assert done.exit_code == 2
    assert "is not a session such as 202611-1234" in done.output
