"""Putting a run's table into README.md, with the machine and the day."""

import os
import platform
import re
import sqlite3
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.stack import postgresql, process

_README = Path(__file__).with_name("README.md")
_BEGIN, _END = "<!-- table -->", "<!-- end of table -->"


def write(lines: Sequence[str]) -> None:
    """Replace what stands between the two marks."""
    text = _README.read_text()
    before, rest = text.split(_BEGIN)
    _, after = rest.split(_END)
    body = "\n".join([_machine(), "", *lines])
    _README.write_text(f"{before}{_BEGIN}\n{body}\n{_END}{after}")


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[0]
    day = datetime.now(UTC).date().isoformat()
    return (
        f"{day}: {os.cpu_count()} cores ({_processor()}), {memory:.0f} GiB, Linux"
        f" {platform.release().split('-')[0]}, Python {platform.python_version()},"
        f" {_version('freeradius', '-v')}, {_version(_postgres(), '--version')}, SQLite"
        f" {sqlite3.sqlite_version}; load average at the end {load:.1f}."
    )


def _processor() -> str:
    described = Path("/proc/cpuinfo").read_text()
    found = re.search(r"^model name\s*: (.+)$", described, re.MULTILINE)
    return found[1] if found else platform.machine()


def _postgres() -> str:
    return str(process.found("postgres", *postgresql.PLACES))


def _version(program: str, option: str) -> str:
    """The first name and number that a program tells of itself."""
    run = subprocess.run([program, option], capture_output=True, text=True, check=True)
    found = re.search(r"(FreeRADIUS|PostgreSQL)\D*([\d.]+)", run.stdout)
    return f"{found[1]} {found[2]}" if found else program
