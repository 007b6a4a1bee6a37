"""Amounts and secrets as they are typed: `2h`, `5GB`, `8Mbit`, a file for a secret."""

import re
import sys
from pathlib import Path
from typing import Any

import click

_NUMBER = r"\d{1,12}"
_DURATION = re.compile(
    rf"(?:({_NUMBER})d)?(?:({_NUMBER})h)?(?:({_NUMBER})m)?(?:({_NUMBER})s?)?"
)
_LONGEST_DURATION = 100 * 365 * 24 * 3600
_AMOUNT = re.compile(rf"({_NUMBER}(?:\.{_NUMBER})?)\s*([a-zA-Z/]*)")
_OCTETS = {
    "": 1,
    "B": 1,
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "TB": 10**12,
    "KIB": 2**10,
    "MIB": 2**20,
    "GIB": 2**30,
    "TIB": 2**40,
}
_BITS = {
    "": 1,
    "BIT": 1,
    "K": 10**3,
    "KBIT": 10**3,
    "M": 10**6,
    "MBIT": 10**6,
    "G": 10**9,
    "GBIT": 10**9,
}


class _Duration(click.ParamType[int]):
    """Seconds: `90m`, `1h30m`, `7200`."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        if isinstance(value, int):
            return value
        match = _DURATION.fullmatch(value)
        if not value or match is None:
            self.fail(
                f"{value!r} is not a duration such as 2h, 90m or 1h30m", param, ctx
            )
        days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
        length = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
        if length > _LONGEST_DURATION:
            self.fail(f"{value!r} is longer than a hundred years", param, ctx)
        return length


class _Amount(click.ParamType[int]):
    """A number with a unit."""

    def __init__(self, name: str, units: dict[str, int], example: str) -> None:
        self.name = name
        self._units = units
        self._example = example

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        if isinstance(value, int):
            return value
        match = _AMOUNT.fullmatch(value)
        unit = match[2].upper() if match else ""
        if match is None or unit not in self._units:
            self.fail(f"{value!r} is not an amount such as {self._example}", param, ctx)
        return int(float(match[1]) * self._units[unit])


DURATION = _Duration()
OCTETS = _Amount("size", _OCTETS, "500MB, 2GB or 2GiB")
BITS = _Amount("speed", _BITS, "512kbit or 8Mbit")


class _SecretFile(click.ParamType[str]):
    """A secret in the first line of a file, or of stdin for `-`.

    Two options of one command that both say `-` take one line each, in the order in
    which the command names them.
    """

    name = "file"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        try:
            line = self._line(value, param)
        except OSError as error:
            self.fail(f"{value}: {error.strerror}", param, ctx)
        except UnicodeDecodeError:
            self.fail(f"{value} is not text", param, ctx)
        if not line:
            self.fail(f"{value}: the first line is empty", param, ctx)
        return line

    def _line(self, value: str, param: click.Parameter | None) -> str:
        if value != "-":
            with Path(value).open(encoding="utf-8") as file:
                return file.readline().rstrip("\r\n")
        if sys.stdin.isatty():
            shown = param.human_readable_name if param else "secret"
            answer: str = click.prompt(shown, hide_input=True, err=True)
            return answer
        return sys.stdin.readline().rstrip("\r\n")


SECRET_FILE = _SecretFile()
