"""Putting a run's table into README.md, with the machine and the day."""

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

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
        f"{day}: {os.cpu_count()} cores, {memory:.0f} GiB, Linux"
        f" {platform.release().split('-')[0]}, Python {platform.python_version()};"
        f" load average at the end {load:.1f}."
    )
