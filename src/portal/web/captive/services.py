"""What the patron's pages are given: options and use cases, all made elsewhere."""

from dataclasses import dataclass
from datetime import tzinfo
from zoneinfo import ZoneInfo

from flask import Flask, current_app

from portal.service.arrival import Arrivals
from portal.service.keys import KeyRing
from portal.service.notes import Memory
from portal.service.ports import Clock
from portal.service.sign_in import SignIn
from portal.service.visit import Visits

_EXTENSION = "portal.captive"
_TEHRAN = ZoneInfo("Asia/Tehran")


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptiveOptions:
    """What an installation chooses for the patron's pages."""

    public_url: str  # where phones reach them, without a slash at the end
    retention_days: int = 180  # as the page on privacy says it
    time_zone: tzinfo = _TEHRAN  # where no branch is known


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptiveServices:
    """The use cases behind the patron's pages."""

    keys: KeyRing
    clock: Clock
    arrivals: Arrivals
    sign_in: SignIn
    visits: Visits
    memory: Memory


@dataclass(frozen=True, slots=True)
class _Given:
    options: CaptiveOptions
    services: CaptiveServices


def register(app: Flask, options: CaptiveOptions, services: CaptiveServices) -> None:
    app.extensions[_EXTENSION] = _Given(options, services)


def services() -> CaptiveServices:
    """The use cases of the application that answers this request."""
    given: _Given = current_app.extensions[_EXTENSION]
    return given.services


def options() -> CaptiveOptions:
    given: _Given = current_app.extensions[_EXTENSION]
    return given.options
