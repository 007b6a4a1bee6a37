"""Every setting: its name, type, default and meaning, and the only reader of them.

A setting comes from the environment (`PORTAL_NAME`), from a file named by
`PORTAL_NAME_FILE` if it is a secret, or from the TOML file named by `PORTAL_CONFIG`
(there without the prefix, in lower case), in this order. Nothing else in the program
looks at the environment.
"""

from portal.config.settings import Settings
from portal.config.sources import (
    Description,
    SettingsError,
    describe,
    effective,
    load,
)
from portal.config.values import Endpoint, SecretUrl

__all__ = [
    "Description",
    "Endpoint",
    "SecretUrl",
    "Settings",
    "SettingsError",
    "describe",
    "effective",
    "load",
]
