"""The box that the demo prints when everything answers: one address, the accounts."""

import unicodedata
from collections.abc import Sequence
from pathlib import Path

from portal.cli.demo.accounts import Accounts
from portal.cli.demo.people import PATRONS
from portal.config import Settings

_SHOWN = 4


def box(settings: Settings, accounts: Accounts | None, file: Path) -> str:
    """The text, without a newline at the end."""
    lines = ["Everything is running. Open this address:", ""]
    lines += [f"    http://{settings.sim_bind}/", ""]
    if accounts is None:
        lines.append("The database was not empty: its own accounts apply.")
    else:
        lines += _accounts(accounts, file)
    lines += ["", f"Data, keys and logs are in {settings.var_dir}. Ctrl-C ends it."]
    return framed(lines)


def _accounts(accounts: Accounts, file: Path) -> list[str]:
    lines = ["patron: card     PIN   plan"]
    one_a_plan = {person.plan: person for person in reversed(PATRONS)}
    lines += [
        f"        {person.card} {person.pin}  {person.plan}"
        for person in sorted(one_a_plan.values(), key=lambda p: p.card)[:_SHOWN]
    ]
    lines += ["", "staff:  name              password"]
    lines += [
        f"        {account.username:<17} {account.password}"
        for account in accounts.staff
    ]
    return [*lines, "", f"All {len(PATRONS)} patrons are in {file}."]


def framed(lines: Sequence[str]) -> str:
    width = max(map(_width, lines))
    body = [f"│ {line}{' ' * (width - _width(line))} │" for line in lines]
    rule = "─" * (width + 2)
    return "\n".join([f"┌{rule}┐", *body, f"└{rule}┘"])


def _width(text: str) -> int:
    """Columns on a terminal; combining characters take none."""
    return sum(unicodedata.combining(character) == 0 for character in text)
