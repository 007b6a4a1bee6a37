"""Where settings are read: environment, secret files, the configuration file."""

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from portal.config.settings import Settings
from portal.config.values import Spec

PREFIX = "PORTAL_"


class SettingsError(Exception):
    """A setting that is unknown or cannot be used; the text names it, in one line."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name, self.reason = name, reason


@dataclass(frozen=True, slots=True)
class Description:
    """One setting as an administrator is told of it."""

    name: str
    default: str
    meaning: str
    secret: bool


@dataclass(frozen=True, slots=True)
class _Source:
    """A value as it was given, and the name under which it was."""

    label: str
    value: str


def _specs() -> Iterator[tuple[str, Spec]]:
    for declared in fields(Settings):
        yield declared.name, declared.metadata["spec"]


def describe() -> list[Description]:
    """Every setting in the order of the table."""
    return [
        Description(_variable(name), spec.default, spec.meaning, spec.secret)
        for name, spec in _specs()
    ]


def effective(settings: Settings) -> dict[str, str]:
    """Name and value of every setting, passwords hidden."""
    return {_variable(n): _shown(getattr(settings, n)) for n, _ in _specs()}


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process. Raises SettingsError for the first bad one."""
    environment = os.environ if environment is None else environment
    given = _from_file(environment) | _from_environment(environment)
    values: dict[str, Any] = {}
    for name, spec in _specs():
        default = spec.default.format_map(values)
        source = given.get(name)
        if source is None or not source.value:
            source = _Source(_variable(name), default)
        values[name] = _parsed(spec, source)
    settings = Settings(**values)
    if settings.test_clock_offset and not settings.test:
        raise SettingsError(
            _variable("test_clock_offset"), "is only for tests; it needs PORTAL_TEST=1"
        )
    return settings


def _variable(name: str) -> str:
    return PREFIX + name.upper()


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple):
        return ",".join(str(part) for part in value)
    return str(value)


def _parsed(spec: Spec, source: _Source) -> Any:
    try:
        return spec.parse(source.value)
    except ValueError as error:
        shown = "the value" if spec.secret else repr(source.value)
        raise SettingsError(source.label, f"{shown} {error}") from None


def _from_environment(environment: Mapping[str, str]) -> dict[str, _Source]:
    known = {_variable(name): (name, spec) for name, spec in _specs()}
    files = {f"{v}_FILE": name for v, (name, spec) in known.items() if spec.secret}
    found = {}
    for variable in sorted(v for v in environment if v.startswith(PREFIX)):
        value = environment[variable]
        if variable in known:
            found[known[variable][0]] = _Source(variable, value)
        elif variable in files and value:
            if environment.get(variable.removesuffix("_FILE")):
                raise SettingsError(variable, "is set together with the setting itself")
            found[files[variable]] = _Source(variable, _secret(variable, value))
        elif variable not in files and variable != f"{PREFIX}CONFIG":
            raise SettingsError(variable, _unknown(variable, [*known, *files]))
    return found


def _from_file(environment: Mapping[str, str]) -> dict[str, _Source]:
    variable = f"{PREFIX}CONFIG"
    path = environment.get(variable)
    if not path:
        return {}
    try:
        table = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(variable, f"{path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(variable, f"{path} is not TOML: {error}") from None
    known = {name for name, _ in _specs()}
    for name in table:
        if name not in known:
            raise SettingsError(f"{name} in {path}", _unknown(name, known))
    return {n: _Source(f"{n} in {path}", _plain(v)) for n, v in table.items()}


def _plain(value: object) -> str:
    """A TOML value in the form that the environment has."""
    if isinstance(value, list):
        return ",".join(str(part) for part in value)
    return str(int(value)) if isinstance(value, bool) else str(value)


def _secret(variable: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(variable, f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SettingsError(variable, f"{path} is not text") from None


def _unknown(name: str, known: Any) -> str:
    near = get_close_matches(name, sorted(known), n=1)
    return "is not a setting" + (f"; did you mean {near[0]}?" if near else "")
