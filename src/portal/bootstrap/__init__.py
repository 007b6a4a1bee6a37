"""The only place that connects things: settings in, working services out.

`services` has what every process shares; captive, staff, radiusd and worker each add
their own in a module of that name, so that no process loads another's code.
"""

from portal.bootstrap.clock import clock_of
from portal.bootstrap.keyring import (
    KeyringError,
    add_key,
    create_keyring,
    load_keyring,
)
from portal.bootstrap.services import (
    Services,
    Upgraded,
    build,
    require_startable,
    upgrade,
)
from portal.storage.schema import SchemaMismatchError

__all__ = [
    "KeyringError",
    "SchemaMismatchError",
    "Services",
    "Upgraded",
    "add_key",
    "build",
    "clock_of",
    "create_keyring",
    "load_keyring",
    "require_startable",
    "upgrade",
]
