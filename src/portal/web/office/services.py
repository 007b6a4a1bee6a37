"""What the staff pages are given: options and use cases, all made elsewhere."""

from dataclasses import dataclass
from datetime import tzinfo
from zoneinfo import ZoneInfo

from flask import Flask, current_app

from portal.service.audit_trail import AuditTrail
from portal.service.desk import Desk
from portal.service.estate import EstateOffice
from portal.service.keys import KeyRing
from portal.service.patron_page import PatronPages
from portal.service.people import People
from portal.service.ports import Clock
from portal.service.staff_accounts import StaffAccounts
from portal.service.staff_sign_in import StaffSignIn
from portal.service.usage_log import UsageLog

_EXTENSION = "portal.office"
_TEHRAN = ZoneInfo("Asia/Tehran")


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffOptions:
    """What an installation chooses for the staff pages."""

    staff_url: str  # where browsers reach them, without a slash at the end
    time_zone: tzinfo = _TEHRAN  # where no branch is known

    @property
    def secure(self) -> bool:
        """Whether cookies may travel over https only."""
        return self.staff_url.startswith("https://")


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffServices:
    """The use cases behind the staff pages."""

    keys: KeyRing
    clock: Clock
    sign_in: StaffSignIn
    accounts: StaffAccounts
    people: People
    pages: PatronPages
    desk: Desk
    usage_log: UsageLog
    audit: AuditTrail
    estate: EstateOffice


@dataclass(frozen=True, slots=True)
class _Given:
    options: StaffOptions
    services: StaffServices


def register(app: Flask, options: StaffOptions, services: StaffServices) -> None:
    app.extensions[_EXTENSION] = _Given(options, services)


def services() -> StaffServices:
    """The use cases of the application that answers this request."""
    given: _Given = current_app.extensions[_EXTENSION]
    return given.services


def options() -> StaffOptions:
    given: _Given = current_app.extensions[_EXTENSION]
    return given.options
