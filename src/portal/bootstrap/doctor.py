"""Looking for what is wrong with an installation, one finding a matter.

A fault keeps something from working now; a warning is what an administrator would want
to know before it does.
"""

import http.client
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from portal.bootstrap.keyring import KeyringError
from portal.bootstrap.services import Services, connect
from portal.config import Endpoint, Settings
from portal.service.ports import StoreBusyError, StoreUnavailableError
from portal.service.rekey import Rekey
from portal.storage import schema
from portal.storage.engine import NotDurableError
from portal.storage.partitions import missing_months

_HEARD_WITHIN = timedelta(hours=1)
_BEATEN_WITHIN = timedelta(minutes=2)
# Below, a stolen table is cheap to try; above, a queue at the desk forms.
_HASH_SECONDS = (0.005, 0.5)


class Grade(StrEnum):
    """How serious a finding is."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Finding:
    """One matter that was looked at, and how it stands."""

    matter: str
    grade: Grade
    text: str


def examine(settings: Settings) -> Iterator[Finding]:
    """Every finding, the ones that others rest on first."""
    yield _clock(settings)
    yield _workers(settings)
    try:
        with connect(settings) as services:
            yield from _examine(services)
    except KeyringError as error:
        yield Finding("keyring", Grade.FAULT, str(error))


def _examine(services: Services) -> Iterator[Finding]:
    numbers = services.keys.numbers
    yield Finding("keyring", Grade.OK, f"key {numbers[0]} in use, of {len(numbers)}")
    try:
        yield from _database(services)
    except schema.SchemaMismatchError as error:
        yield Finding("schema", Grade.FAULT, str(error))
    except (StoreUnavailableError, StoreBusyError) as error:
        yield Finding("database", Grade.FAULT, f"it does not answer: {error}")
    yield _hashing(services)
    yield from _processes(services.settings)


def _database(services: Services) -> Iterator[Finding]:
    with services.store.read() as uow:
        schema.require_head(uow.connection)
    yield Finding("schema", Grade.OK, schema.head())
    try:
        yield Finding("durability", Grade.OK, services.store.check_durability())
    except NotDurableError as error:
        yield Finding("durability", Grade.FAULT, str(error))
    yield _sealed(services)
    yield _partitions(services)
    yield from _heartbeats(services)
    yield from _access_servers(services)


def _clock(settings: Settings) -> Finding:
    if not settings.test:
        return Finding("clock", Grade.OK, "the machine's")
    text = f"test settings are on; the clock is {settings.test_clock_offset:+g} s off"
    return Finding("clock", Grade.WARNING, text)


def _workers(settings: Settings) -> Finding:
    several = max(settings.captive_workers, settings.staff_workers) > 1
    if several and not settings.redis_url:
        text = "several workers without PORTAL_REDIS_URL: each counts attempts alone"
        return Finding("live state", Grade.WARNING, text)
    if not settings.redis_url:
        return Finding("live state", Grade.OK, "in process")
    return _redis(settings)


def _redis(settings: Settings) -> Finding:
    from redis.exceptions import RedisError  # noqa: PLC0415 - most have none

    from portal.live.redis import connect as connect_redis  # noqa: PLC0415

    try:
        with connect_redis(settings.redis_url.reveal()) as client:
            client.ping()
    except RedisError as error:
        text = f"{settings.redis_url} does not answer: {type(error).__name__}"
        return Finding("live state", Grade.FAULT, text)
    return Finding("live state", Grade.OK, str(settings.redis_url))


def _sealed(services: Services) -> Finding:
    rekey = Rekey(store=services.store, keys=services.keys, clock=services.clock)
    found = rekey.look()
    if found.lost:
        text = f"no key of the ring opens {found.lost} stored secrets or numbers"
        return Finding("secrets", Grade.FAULT, text)
    if found.renewed:
        text = f"{found.renewed} under an old key; run `portal keys reseal`"
        return Finding("secrets", Grade.WARNING, text)
    return Finding("secrets", Grade.OK, f"the ring opens all {found.current}")


def _partitions(services: Services) -> Finding:
    with services.store.read() as uow:
        missing = missing_months(uow.connection, services.clock())
    if missing:
        text = f"none for {', '.join(map(str, missing))}; is the worker running?"
        return Finding("partitions", Grade.FAULT, text)
    return Finding("partitions", Grade.OK, "made for the months ahead")


def _heartbeats(services: Services) -> Iterator[Finding]:
    now = services.clock()
    with services.store.read() as uow:
        beats = uow.estate.heartbeats()
    for process in ("radiusd", "worker"):
        seen = max((b.seen_at for b in beats if b.process == process), default=None)
        if seen is None:
            yield Finding(process, Grade.WARNING, "has never run on this database")
        elif now - seen > _BEATEN_WITHIN:
            yield Finding(process, Grade.FAULT, f"last seen {_ago(now - seen)} ago")
        else:
            yield Finding(process, Grade.OK, f"seen {_ago(now - seen)} ago")


def _access_servers(services: Services) -> Iterator[Finding]:
    now = services.clock()
    for nas in services.estate.access_servers():
        matter = f"nas {nas.name}"
        if nas.profile not in services.profiles:
            text = f"there is no profile {nas.profile!r}"
            yield Finding(matter, Grade.FAULT, text)
        elif nas.heard_at is None:
            yield Finding(matter, Grade.WARNING, "never heard")
        elif now - nas.heard_at > _HEARD_WITHIN:
            text = f"last heard {_ago(now - nas.heard_at)} ago"
            yield Finding(matter, Grade.WARNING, text)
        else:
            text = f"heard {_ago(now - nas.heard_at)} ago"
            yield Finding(matter, Grade.OK, text)


def _hashing(services: Services) -> Finding:
    started = time.perf_counter()
    services.hasher.hash("0000")
    took = time.perf_counter() - started
    least, most = _HASH_SECONDS
    text = f"one PIN takes {took * 1000:.0f} ms"
    if least <= took <= most:
        return Finding("argon2", Grade.OK, text)
    advice = "raise" if took < least else "lower"
    text = f"{text}; {advice} PORTAL_ARGON2_MEMORY or PORTAL_ARGON2_TIME"
    return Finding("argon2", Grade.WARNING, text)


def _processes(settings: Settings) -> Iterator[Finding]:
    for name, place in (
        ("captive", settings.captive_status_bind),
        ("staff", settings.staff_status_bind),
        ("radiusd", settings.radius_status_bind),
        ("worker", settings.worker_status_bind),
    ):
        status = _asked(place)
        matter = f"{name} status"
        if status is None:
            text = f"nothing answers at {place} of this machine"
            yield Finding(matter, Grade.WARNING, text)
        elif status != 200:
            yield Finding(matter, Grade.FAULT, f"{place} says {status}")
        else:
            yield Finding(matter, Grade.OK, str(place))


def _asked(place: Endpoint) -> int | None:
    connection = http.client.HTTPConnection(place.host, place.port, timeout=3)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def _ago(length: timedelta) -> str:
    return str(timedelta(seconds=max(0, int(length.total_seconds()))))
