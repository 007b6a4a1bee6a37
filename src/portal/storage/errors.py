"""Database errors in the words of the ports."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc

from portal.service.ports import (
    BadRecordError,
    StoreBusyError,
    StoreUnavailableError,
)

# PostgreSQL classes: 40 serialization and deadlock, 55P03 lock not available,
# 57014 statement cancelled by a time-out.
_BUSY_STATES = ("40", "55P03", "57014")


@contextmanager
def translated() -> Iterator[None]:
    """Database errors in the words of the ports."""
    try:
        yield
    except (exc.DataError, exc.IntegrityError) as error:
        raise BadRecordError(_first_line(error)) from error
    except (exc.OperationalError, exc.InterfaceError, exc.InternalError) as error:
        if _is_busy(error):
            raise StoreBusyError(_first_line(error)) from error
        raise StoreUnavailableError(_first_line(error)) from error
    except exc.TimeoutError as error:
        raise StoreBusyError("no free connection") from error


def _first_line(error: exc.DBAPIError) -> str:
    return str(error.orig).splitlines()[0] if str(error.orig) else repr(error.orig)


def _is_busy(error: exc.DBAPIError) -> bool:
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return str(state).startswith(_BUSY_STATES)
    text = str(error.orig)
    return "database is locked" in text or "database table is locked" in text
