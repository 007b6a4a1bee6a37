"""The staff application: the desk and the head office, and what all their pages share.

Importing a module of views hangs them on their blueprint.
"""

from flask import Flask, redirect
from werkzeug.wrappers import Response

from portal.web import assets, filters, i18n
from portal.web.access import ANYONE, allow
from portal.web.admin import audit, estate
from portal.web.admin.blueprint import pages as admin_pages
from portal.web.office import browser, page, typed
from portal.web.office.services import StaffOptions, StaffServices, register
from portal.web.staff import home, log, patron, session, sign_in
from portal.web.staff.blueprint import pages as staff_pages

__all__ = ["StaffOptions", "StaffServices", "create_app"]

_LARGEST_REQUEST = 64 * 1024
_VIEWS = (audit, estate, home, log, patron, session, sign_in)


def create_app(options: StaffOptions, services: StaffServices) -> Flask:
    """The WSGI application; it connects to nothing until it is asked something."""
    app = Flask("portal.web", static_folder="static", template_folder="templates")
    app.config.update(
        MAX_CONTENT_LENGTH=_LARGEST_REQUEST, SEND_FILE_MAX_AGE_DEFAULT=31_536_000
    )
    i18n.register(app)
    filters.register(app, clock=services.clock, tz=options.time_zone)
    assets.register(app)
    register(app, options, services)
    typed.register(app)
    # Cookies go out whatever the guard answers, so they are registered before it.
    browser.register(app)
    page.register(app)
    app.register_blueprint(staff_pages)
    app.register_blueprint(admin_pages)
    app.add_url_rule("/", "start", _start)
    return app


@allow(ANYONE)
def _start() -> Response:
    return redirect("/staff/", code=303)
