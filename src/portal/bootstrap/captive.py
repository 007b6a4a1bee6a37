"""The patron's pages connected: directory, throttle, dialects, application."""

import socket
from dataclasses import dataclass

from flask import Flask

from portal.bootstrap.services import Services
from portal.config import Settings
from portal.directory.local import LocalDirectory
from portal.live.in_process import InProcessCounters, InProcessNotes, InProcessSlots
from portal.live.redis import (
    Fuse,
    RedisCounters,
    RedisNotes,
    RedisSlots,
    connect,
)
from portal.model.estate import ProfileName
from portal.nas.uam import Uam
from portal.service.arrival import Arrivals, Dialect
from portal.service.credentials import Slots
from portal.service.notes import Memory, Notes
from portal.service.pins import HashCost, PinHasher
from portal.service.sign_in import SignIn
from portal.service.throttle import Counters, Throttle
from portal.service.visit import Visits
from portal.web.captive.app import create_app
from portal.web.captive.services import CaptiveOptions, CaptiveServices


def captive_app(services: Services) -> Flask:
    """The WSGI application of `portal web captive`."""
    settings = services.settings
    options = CaptiveOptions(
        public_url=settings.public_url.rstrip("/"),
        retention_days=settings.retention_days,
    )
    return create_app(options, captive_services(services))


def captive_services(services: Services) -> CaptiveServices:
    store, keys, clock = services.store, services.keys, services.clock
    live = _live(services.settings)
    memory = Memory(notes=live.notes, keys=keys)
    return CaptiveServices(
        keys=keys,
        clock=clock,
        memory=memory,
        arrivals=Arrivals(
            store=store, keys=keys, dialects=_dialects(), memory=memory, clock=clock
        ),
        sign_in=SignIn(
            store=store,
            keys=keys,
            clock=clock,
            source=LocalDirectory(
                store=store,
                keys=keys,
                hasher=PinHasher(keys, _cost(services.settings)),
                slots=live.slots,
            ),
            throttle=Throttle(counters=live.counters, keys=keys),
        ),
        visits=Visits(store=store, keys=keys, judge=services.judge, clock=clock),
    )


def _dialects() -> dict[str, Dialect]:
    """Our own gateway speaks CoovaChilli's pages too."""
    uam = Uam()
    return {ProfileName.COOVACHILLI.value: uam, ProfileName.GATEWAY.value: uam}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Live:
    counters: Counters
    notes: Notes
    slots: Slots


def _live(settings: Settings) -> _Live:
    url = settings.redis_url.reveal()
    most, queue = settings.argon2_at_once, settings.argon2_queue
    if not url:
        return _Live(
            counters=InProcessCounters(),
            notes=InProcessNotes(),
            slots=InProcessSlots(most, queue),
        )
    redis, fuse = connect(url), Fuse()
    return _Live(
        counters=RedisCounters(redis, fuse),
        notes=RedisNotes(redis, fuse),
        # Memory and cores are this machine's, whichever of its processes needs them.
        slots=RedisSlots(
            redis,
            fuse,
            name=socket.gethostname(),
            most=most * settings.captive_workers,
            queue=queue,
        ),
    )


def _cost(settings: Settings) -> HashCost:
    return HashCost(
        memory=settings.argon2_memory,
        passes=settings.argon2_time,
        lanes=settings.argon2_lanes,
    )
