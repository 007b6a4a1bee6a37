"""Every address of both applications says who may call it."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

from portal.model.staff import Role
from portal.web import access
from portal.web.captive.app import ROUTES
from portal.web.captive.app import create_app as create_captive_app
from portal.web.captive.services import CaptiveOptions
from portal.web.staff.app import StaffOptions
from portal.web.staff.app import create_app as create_staff_app

# Applications are made of options and use cases; no route is called here.
SERVICES: Any = SimpleNamespace(clock=lambda: datetime(2026, 11, 21, tzinfo=UTC))
CALLERS = {access.ANYONE, *Role}


def staff_app() -> Flask:
    return create_staff_app(StaffOptions(staff_url="http://localhost"), SERVICES)


def captive_app() -> Flask:
    return create_captive_app(CaptiveOptions(public_url="http://localhost"), SERVICES)


def endpoints(app: Flask) -> set[str]:
    return {rule.endpoint for rule in app.url_map.iter_rules()} - {"static"}


def test_every_staff_route_declares_who_may_call_it() -> None:
    app = staff_app()

    undeclared = {
        endpoint
        for endpoint in endpoints(app)
        if not access.callers(app.view_functions[endpoint])
    }

    assert undeclared == set()


def test_staff_routes_are_declared_for_known_callers_only() -> None:
    app = staff_app()

    named = set().union(
        *(access.callers(app.view_functions[e]) or () for e in endpoints(app))
    )

    assert named <= CALLERS


def test_the_head_office_is_for_administrators_alone() -> None:
    app = staff_app()

    admin = {e for e in endpoints(app) if e.startswith("admin.")}

    assert admin
    for endpoint in admin:
        callers = access.callers(app.view_functions[endpoint])
        assert callers == frozenset({Role.ADMINISTRATOR.value})


def test_anyone_may_sign_in_and_nothing_else() -> None:
    app = staff_app()

    open_to_all = {
        e
        for e in endpoints(app)
        if access.ANYONE in (access.callers(app.view_functions[e]) or ())
    }

    assert open_to_all == {"start", "staff.sign_in", "staff.sign_in_done"}


def test_every_captive_route_declares_who_may_call_it() -> None:
    declared = {route.name: route.caller for route in ROUTES}

    assert endpoints(captive_app()) == set(declared)
    assert all(declared.values())


@pytest.mark.parametrize("app", [staff_app, captive_app])
def test_no_route_both_shows_and_changes(app: Any) -> None:
    for rule in app().url_map.iter_rules():
        methods = (rule.methods or set()) - {"HEAD", "OPTIONS"}
        assert len(methods) == 1, rule


def test_a_view_that_names_nobody_cannot_be_declared() -> None:
    with pytest.raises(ValueError, match="who may call it"):
        access.allow()
