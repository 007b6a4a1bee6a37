"""Settings and services for a command; what stops them ends it with one line.

The services are imported when a command opens them: a command that needs none of them,
or is only asked for its help, answers at once.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from portal.cli.frame import CannotStart, DatabaseAway, Failure
from portal.config import Settings, SettingsError, load

if TYPE_CHECKING:
    from portal.bootstrap import Services


def settings() -> Settings:
    """The settings of this process, or the end of the command."""
    try:
        return load()
    except SettingsError as error:
        raise CannotStart(str(error)) from error


@contextmanager
def services() -> Iterator["Services"]:
    """Everything connected, for the length of a command."""
    from portal.bootstrap import build  # noqa: PLC0415

    with explained(), build(settings()) as built:
        yield built


@contextmanager
def explained() -> Iterator[None]:
    """Turns what keeps the program from working into the end of the command."""
    from portal.bootstrap import KeyringError, SchemaMismatchError  # noqa: PLC0415
    from portal.service.ports import (  # noqa: PLC0415
        BadRecordError,
        StoreBusyError,
        StoreUnavailableError,
    )

    try:
        yield
    except (KeyringError, SchemaMismatchError) as error:
        raise CannotStart(str(error)) from error
    except StoreUnavailableError as error:
        raise DatabaseAway(f"the database does not answer: {error}") from error
    except BadRecordError as error:
        # Someone else has just added the same.
        raise Failure(f"the database refuses it: {error}") from error
    except StoreBusyError as error:
        raise DatabaseAway(f"the database is busy, try again: {error}") from error
