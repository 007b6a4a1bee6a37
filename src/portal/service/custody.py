"""Sessions in this transaction's hands: read under the locks of whose they are.

A session's row is written back whole. Whoever changes one that did not come with its
patron's locked account takes it from here, or undoes what another server wrote
meanwhile. Locks are taken in one order everywhere: access server, patrons, sessions,
requests in the outbox.
"""

from collections.abc import Collection

from portal.model.session import Session, SessionRef
from portal.service.ports import UnitOfWork


def held(uow: UnitOfWork, refs: Collection[SessionRef]) -> dict[SessionRef, Session]:
    """The sessions as they are now and stay until the commit; unknown ones left out."""
    origins = uow.ledger.origins(refs).values()
    uow.patrons.lock(o.patron_id for o in origins if o.patron_id is not None)
    return uow.ledger.sessions(refs, lock=True)
