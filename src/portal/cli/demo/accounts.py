"""The demo's accounts, kept in a file of their owner's so that each start shows them.

Staff passwords are made at the first start, so no two demos share one.
"""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from portal.cli.demo.people import BRANCHES, PATRONS
from portal.model.staff import Role

_SYLLABLES = [c + v for c in "bdfghklmnprstvz" for v in "aeiou"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoAccount:
    """A staff account of the demo."""

    username: str
    name: str
    role: str
    branch: str | None
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """Every account, and whether all demo data have been written."""

    staff: tuple[DemoAccount, ...]
    filled: bool


def read_accounts(file: Path) -> Accounts | None:
    """None if this folder has no demo yet."""
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    staff = tuple(DemoAccount(**account) for account in kept["staff"])
    return Accounts(staff=staff, filled=kept["filled"])


def write_accounts(file: Path, accounts: Accounts) -> None:
    draft = file.with_name(f".{file.name}.new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        kept = asdict(accounts) | {"patrons": [asdict(person) for person in PATRONS]}
        json.dump(kept, stream, ensure_ascii=False, indent=2)
    draft.replace(file)


def new_accounts() -> Accounts:
    """One desk a branch, and one administrator."""
    desks = [
        DemoAccount(
            username=f"desk.{branch.code}",
            name=f"میز {branch.name_fa}",
            role=Role.DESK,
            branch=branch.code,
            password=_password(),
        )
        for branch in BRANCHES
    ]
    administrator = DemoAccount(
        username="admin",
        name="ادارهٔ کل",
        role=Role.ADMINISTRATOR,
        branch=None,
        password=_password(),
    )
    return Accounts(staff=(*desks, administrator), filled=False)


def _password() -> str:
    """Three groups that can be read out and typed: 37 bits, for loopback and a day."""
    groups = ("".join(secrets.choice(_SYLLABLES) for _ in range(2)) for _ in range(3))
    return "-".join(groups)
