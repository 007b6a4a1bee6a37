"""What staff do, connected: for the staff pages and for the command line."""

from dataclasses import dataclass

from portal.bootstrap.services import Services
from portal.reports.usage import csv_file
from portal.service.audit_trail import AuditTrail
from portal.service.desk import Desk
from portal.service.patron_page import PatronPages
from portal.service.people import People
from portal.service.staff_accounts import StaffAccounts
from portal.service.usage_log import UsageLog


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskServices:
    """The use cases of the desk and the head office."""

    people: People
    accounts: StaffAccounts
    desk: Desk
    pages: PatronPages
    usage_log: UsageLog
    audit: AuditTrail


def desk_services(services: Services) -> DeskServices:
    store, keys, clock = services.store, services.keys, services.clock
    hasher = services.hasher
    return DeskServices(
        people=People(store=store, keys=keys, clock=clock, hasher=hasher),
        accounts=StaffAccounts(store=store, keys=keys, clock=clock, hasher=hasher),
        desk=Desk(store=store, keys=keys, clock=clock, judge=services.judge),
        pages=PatronPages(store=store, keys=keys, clock=clock),
        usage_log=UsageLog(store=store, keys=keys, clock=clock, csv=csv_file),
        audit=AuditTrail(
            store=store, keys=keys, clock=clock, head_file=services.audit_head
        ),
    )
