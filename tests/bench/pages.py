"""What a sign-in and a page of the usage log cost, beside the steps of a packet."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from portal.directory.local import LocalDirectory
from portal.live.in_process import InProcessSlots
from portal.model.calendar import DayRange, local_day
from portal.model.identifiers import IdentifierKind
from portal.model.staff import Role, StaffMember
from portal.reports.usage import csv_file
from portal.service.usage_log import LogPage, UsageLog
from tests.bench.costs import Cost
from tests.bench.province import Province

_TIMES = 20


def page_costs(province: Province) -> dict[str, Cost]:
    """A PIN checked against the directory, and the newest page of a branch's log."""
    services = province.services
    directory = LocalDirectory(
        store=services.store,
        keys=services.keys,
        hasher=services.hasher,
        slots=InProcessSlots(1, 0),
    )
    # Whoever the number is: it takes as long for a stranger as for a patron.
    number = {IdentifierKind.CARD: "1234567"}
    usage_log = UsageLog(
        store=services.store, keys=services.keys, clock=services.clock, csv=csv_file
    )
    head_office = StaffMember(
        id=1, username="bench", name="Bench", role=Role.ADMINISTRATOR, branch_id=None
    )
    today = local_day(services.clock(), ZoneInfo("Asia/Tehran"))
    days = DayRange(today - timedelta(days=1), today + timedelta(days=1))
    costs = {"check a PIN": Cost(), "page of the log": Cost()}
    for _ in range(_TIMES):
        with costs["check a PIN"].of(1):
            directory.authenticate(number, "4711")
        with costs["page of the log"].of(1):
            page = usage_log.page(head_office, province.nas.branch_id, days)
        assert isinstance(page, LogPage), page
        assert page.rows, "the sessions of the packets before"
    return costs
