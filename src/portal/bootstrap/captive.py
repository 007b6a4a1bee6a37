"""The patrons' pages connected. Nothing of the staff's is imported here."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask

from portal.bootstrap.live import live_state
from portal.bootstrap.services import Services, connect
from portal.config import Settings
from portal.directory.local import LocalDirectory
from portal.model.estate import ProfileName
from portal.nas.uam import Uam
from portal.service.arrival import Arrivals
from portal.service.notes import Memory
from portal.service.sign_in import SignIn
from portal.service.throttle import Throttle
from portal.service.visit import Visits
from portal.web.captive.app import create_app
from portal.web.captive.services import CaptiveOptions, CaptiveServices


@contextmanager
def captive_app(settings: Settings) -> Iterator[tuple[Flask, Services]]:
    """The application, until the block ends; the database may be away.

    Raises KeyringError.
    """
    with connect(settings) as services:
        options = CaptiveOptions(
            public_url=settings.public_url, retention_days=settings.retention_days
        )
        yield create_app(options, captive_services(services)), services


def captive_services(services: Services) -> CaptiveServices:
    """The use cases behind the patrons' pages."""
    settings, keys, clock = services.settings, services.keys, services.clock
    live = live_state(settings)
    memory = Memory(notes=live.notes, keys=keys)
    return CaptiveServices(
        keys=keys,
        clock=clock,
        arrivals=Arrivals(
            store=services.store,
            keys=keys,
            dialects={name.value: Uam() for name in ProfileName},
            memory=memory,
            clock=clock,
        ),
        sign_in=SignIn(
            store=services.store,
            keys=keys,
            clock=clock,
            source=LocalDirectory(
                store=services.store,
                keys=keys,
                hasher=services.hasher,
                slots=live.slots,
            ),
            throttle=Throttle(counters=live.counters, keys=keys),
        ),
        visits=Visits(
            store=services.store, keys=keys, judge=services.judge, clock=clock
        ),
        memory=memory,
    )
