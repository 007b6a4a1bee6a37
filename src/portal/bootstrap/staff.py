"""The staff pages connected."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask

from portal.bootstrap.desk import desk_services
from portal.bootstrap.live import live_state
from portal.bootstrap.services import Services, connect
from portal.config import Settings
from portal.service.staff_sign_in import StaffSignIn
from portal.web.staff.app import StaffOptions, StaffServices, create_app


@contextmanager
def staff_app(settings: Settings) -> Iterator[tuple[Flask, Services]]:
    """The application, until the block ends; the database may be away.

    Raises KeyringError.
    """
    with connect(settings) as services:
        options = StaffOptions(staff_url=settings.staff_url)
        yield create_app(options, staff_services(services)), services


def staff_services(services: Services) -> StaffServices:
    """The use cases behind the staff pages."""
    desk = desk_services(services)
    return StaffServices(
        keys=services.keys,
        clock=services.clock,
        sign_in=StaffSignIn(
            store=services.store,
            keys=services.keys,
            clock=services.clock,
            hasher=services.hasher,
            counters=live_state(services.settings).counters,
        ),
        accounts=desk.accounts,
        people=desk.people,
        pages=desk.pages,
        desk=desk.desk,
        usage_log=desk.usage_log,
        audit=desk.audit,
        estate=services.estate,
    )
