"""What would happen if a patron signed in now: for the desk that is asked "why?"."""

from datetime import datetime

from portal.model.outcome import Deny, Limits
from portal.policy.admission import admit
from portal.service.ports import UnitOfWork


def prospect(uow: UnitOfWork, patron_id: int, now: datetime) -> Limits | Deny | None:
    """What a further device would be told; None if there is no such patron."""
    account = uow.patrons.accounts([patron_id], now, lock=False).get(patron_id)
    if account is None:
        return None
    reserved = [t.device for t in uow.tickets.unused_of([patron_id], now)]
    return admit(account, device="", reserved=reserved, now=now)
