"""The staff pages as a WSGI application, for any server that runs one."""

from contextlib import ExitStack

from portal.bootstrap.staff import staff_app
from portal.config import Settings, load
from portal.wsgi.front import Front

# What a process opens is closed with it.
_OPEN = ExitStack()


def create(settings: Settings | None = None) -> Front:
    """Make the application; nothing is connected until it is asked something."""
    chosen = settings or load()
    app, services = _OPEN.enter_context(staff_app(chosen))
    return Front(
        app.wsgi_app,
        status=chosen.staff_status_bind,
        healthy=services.healthy,
        proxies=chosen.trusted_proxies,
    )
