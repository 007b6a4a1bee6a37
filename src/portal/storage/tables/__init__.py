"""Every table, once, for both databases."""

from portal.storage.tables.base import metadata
from portal.storage.tables.decisions import (
    audit_entry,
    audit_person,
    dynauth_request,
    heartbeat,
    sign_in_attempt,
    ticket,
)
from portal.storage.tables.estate import (
    branch,
    nas,
    plan,
    plan_version,
    radius_client,
    radius_secret,
)
from portal.storage.tables.ledger import (
    accounting_record,
    nas_event,
    quarantine,
    session,
    usage_day,
    usage_hour,
)
from portal.storage.tables.people import (
    allowance_grant,
    browser_session,
    patron,
    patron_identifier,
    patron_person,
    staff,
)

__all__ = [
    "accounting_record",
    "allowance_grant",
    "audit_entry",
    "audit_person",
    "branch",
    "browser_session",
    "dynauth_request",
    "heartbeat",
    "metadata",
    "nas",
    "nas_event",
    "patron",
    "patron_identifier",
    "patron_person",
    "plan",
    "plan_version",
    "quarantine",
    "radius_client",
    "radius_secret",
    "session",
    "sign_in_attempt",
    "staff",
    "ticket",
    "usage_day",
    "usage_hour",
]
