"""One transaction and the tables reached through it."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property

from sqlalchemy import Connection

from portal.storage.attempts import AttemptTable
from portal.storage.audit import AuditTable
from portal.storage.driver import together
from portal.storage.errors import translated
from portal.storage.estate import EstateTable
from portal.storage.grants import GrantTable
from portal.storage.housekeeping import HousekeepingTable
from portal.storage.kept import Kept
from portal.storage.ledger import LedgerTable
from portal.storage.outbox import OutboxTable
from portal.storage.patrons import PatronTable
from portal.storage.people import PeopleTable
from portal.storage.sealed import SealedTable
from portal.storage.staff import StaffTable
from portal.storage.tickets import TicketTable
from portal.storage.usage_log import UsageLogTable


class SqlUnitOfWork:
    """What can be done inside one database transaction."""

    def __init__(self, connection: Connection, kept: Kept) -> None:
        self.connection = connection
        self._kept = kept

    def committed(self) -> None:
        """Called once everything is: what may be kept in memory is kept."""
        if "ledger" in vars(self):
            self.ledger.committed()

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        with translated(), self.connection.begin_nested():
            yield

    def together(self) -> AbstractContextManager[None]:
        return together(self.connection)

    @cached_property
    def estate(self) -> EstateTable:
        return EstateTable(self.connection)

    @cached_property
    def patrons(self) -> PatronTable:
        return PatronTable(self.connection, self._kept)

    @cached_property
    def tickets(self) -> TicketTable:
        return TicketTable(self.connection)

    @cached_property
    def ledger(self) -> LedgerTable:
        return LedgerTable(self.connection, self._kept)

    @cached_property
    def outbox(self) -> OutboxTable:
        return OutboxTable(self.connection)

    @cached_property
    def people(self) -> PeopleTable:
        return PeopleTable(self.connection)

    @cached_property
    def grants(self) -> GrantTable:
        return GrantTable(self.connection)

    @cached_property
    def staff(self) -> StaffTable:
        return StaffTable(self.connection)

    @cached_property
    def audit(self) -> AuditTable:
        return AuditTable(self.connection)

    @cached_property
    def attempts(self) -> AttemptTable:
        return AttemptTable(self.connection)

    @cached_property
    def usage_log(self) -> UsageLogTable:
        return UsageLogTable(self.connection)

    @cached_property
    def housekeeping(self) -> HousekeepingTable:
        return HousekeepingTable(self.connection)

    @cached_property
    def sealed(self) -> SealedTable:
        return SealedTable(self.connection)
