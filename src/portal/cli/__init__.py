"""The command line: `portal NOUN VERB`, one module a noun, loaded when it is asked for.

Exit codes: 0 done; 1 refused, not found or found wanting; 2 the command was not
understood; 3 settings, key ring or schema do not allow a start; 4 the database does not
answer. Errors are one line on stderr. No secret is ever an argument: `ps` shows those.
"""

import importlib
import os
import sys

import click

# The order of a first day, and of the help.
_NOUNS = {
    "demo": "Run everything on this machine with demo data.",
    "db": "Bring the database to the schema of this program.",
    "config": "Show the settings.",
    "keys": "Create, add and change over root keys.",
    "branch": "Libraries.",
    "client": "RADIUS clients: who may speak RADIUS to us.",
    "nas": "Access servers of the branches.",
    "plan": "What a membership class may use.",
    "patron": "Library members and guest readers.",
    "staff": "Who works at the desks and at the head office.",
    "session": "Who is online, who was.",
    "usage": "The record of use.",
    "audit": "Who changed what.",
    "doctor": "Look for what is wrong with this installation.",
    "web": "Serve the pages of patrons, or of staff.",
    "radiusd": "Answer RADIUS.",
    "worker": "Do the periodic work.",
    "nas-sim": "Simulate branches with their access servers.",
}


class _Nouns(click.Group):
    """Loads a noun's module when it is used; help needs none of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(_NOUNS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _NOUNS:
            return None
        module = importlib.import_module(f"portal.cli.{cmd_name.replace('-', '_')}")
        command = module.command
        assert isinstance(command, click.Command)  # noqa: S101 - our own modules
        return command

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002
        formatter: click.HelpFormatter,
    ) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_NOUNS.items()))


@click.command(
    cls=_Nouns,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="daricheh", prog_name="portal")
@click.option("--die-with", type=int, hidden=True, help="End when this parent has.")
def portal(die_with: int | None) -> None:
    """Internet access for public libraries."""
    if die_with is not None:
        from portal.bootstrap.parent import die_with_parent  # noqa: PLC0415

        die_with_parent(die_with)


def main() -> None:
    """Run the command line of this process."""
    # What is written here (keys, a database of people) is nobody else's business.
    os.umask(0o077)
    try:
        portal.main(prog_name="portal", standalone_mode=False)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.UsageError as error:
        error.show()
        sys.exit(2)
    except click.ClickException as error:
        click.echo(f"portal: {error.format_message()}", err=True)
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
