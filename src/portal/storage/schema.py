"""Which revision a database is at, and taking it to the one this program needs.

Revisions are numbered and their modules carry the number in front, so knowing the
newest one takes a look at a folder and not at alembic, which only `upgrade` loads.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import resources

from sqlalchemy import Connection, inspect, text

from portal.storage.partitions import ensure_partitions

_SCRIPTS = "portal.storage.migrations"


@dataclass(frozen=True, slots=True)
class SchemaState:
    """The revision of a database (None: empty) beside the one this program needs."""

    current: str | None
    head: str

    @property
    def up_to_date(self) -> bool:
        return self.current == self.head


class SchemaMismatchError(Exception):
    """The database is older or newer than this program; the text says what to do."""

    def __init__(self, state: SchemaState) -> None:
        super().__init__(_advice(state))
        self.state = state


def _advice(state: SchemaState) -> str:
    if state.current is None:
        return "the database is empty; run `portal db upgrade`"
    if state.current < state.head:
        return (
            f"the database schema is at {state.current}, this program needs "
            f"{state.head}; run `portal db upgrade`"
        )
    return (
        f"the database schema is at {state.current}, newer than this program's "
        f"{state.head}; install the newer program, or restore the backup that was "
        f"taken before `portal db upgrade`"
    )


@cache
def head() -> str:
    """The newest revision this program has."""
    folder = resources.files(f"{_SCRIPTS}.versions")
    return max(entry.name[:4] for entry in folder.iterdir() if entry.name[:4].isdigit())


def state(connection: Connection) -> SchemaState:
    """Where the database stands; one query, no lock."""
    if not inspect(connection).has_table("alembic_version"):
        return SchemaState(None, head())
    current = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return SchemaState(current, head())


def require_head(connection: Connection) -> None:
    """Raise SchemaMismatchError unless the database is at this program's revision."""
    found = state(connection)
    if not found.up_to_date:
        raise SchemaMismatchError(found)


def upgrade(connection: Connection, now: datetime) -> SchemaState:
    """Take the database to the head, inside the caller's transaction.

    Two at once take turns: the second finds nothing to do. Returns the state before.
    Raises SchemaMismatchError if the database is newer than this program.
    """
    if connection.dialect.name == "postgresql":
        # Any fixed number does; it is only ever compared with itself.
        connection.execute(text("SELECT pg_advisory_xact_lock(20261121)"))
    before = state(connection)
    if before.current is not None and before.current > before.head:
        raise SchemaMismatchError(before)
    migrate(connection, "head")
    ensure_partitions(connection, now)
    return before


def migrate(connection: Connection, revision: str, *, down: bool = False) -> None:
    """Run the revisions up (or down) to `revision` on this very connection."""
    from alembic import command  # noqa: PLC0415 - half a second that only this needs
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", "portal:storage/migrations")
    config.attributes["connection"] = connection
    (command.downgrade if down else command.upgrade)(config, revision)
