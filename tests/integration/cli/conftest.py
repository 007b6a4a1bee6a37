"""An installation in a folder of its own, driven by the command line alone."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from portal.cli import portal


@dataclass(frozen=True)
class Installation:
    """Settings, and `run` to give it a command."""

    environment: dict[str, str]
    folder: Path

    def run(self, *arguments: str, stdin: str = "") -> Result:
        runner = CliRunner(env=self.environment)
        return runner.invoke(portal, arguments, input=stdin)

    def ask(self, *arguments: str, stdin: str = "") -> Any:
        """The command's JSON; it has to succeed."""
        done = self.run(*arguments, "--json", stdin=stdin)
        assert done.exit_code == 0, f"{arguments}: {done.output}"
        return json.loads(done.stdout)


@pytest.fixture
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that this machine has set is seen by the commands."""
    for name in [name for name in os.environ if name.startswith("PORTAL_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def install(tmp_path: Path, clean_environment: None) -> Callable[[str], Installation]:
    """Give `install(database_url)`: a folder, cheap hashes, nothing in it yet."""

    def make(database_url: str) -> Installation:
        environment = {
            "PORTAL_VAR_DIR": str(tmp_path / "var"),
            "PORTAL_DATABASE_URL": database_url,
            "PORTAL_ARGON2_MEMORY": "8",
            "PORTAL_ARGON2_TIME": "1",
        }
        return Installation(environment, tmp_path)

    return make


@pytest.fixture
def empty(install: Callable[[str], Installation], database_url: str) -> Installation:
    """An upgraded database with nothing in it."""
    made = install(database_url)
    made.ask("db", "upgrade")
    return made


@pytest.fixture
def province(empty: Installation) -> Installation:
    """One branch with an access server, a plan, a patron and two staff members."""
    empty.ask(
        *("branch", "add", "khorramabad"),
        *("--name-fa", "خرم‌آباد", "--name-en", "Khorramabad"),
    )
    empty.ask(
        *("client", "add", "kh", "--network", "127.0.0.2", "--secret-file", "-"),
        stdin="radius-secret-1\n",
    )
    empty.ask(
        *("nas", "add", "kh-wifi", "--branch", "khorramabad", "--client", "kh"),
        *("--address", "127.0.0.2", "--uam-network", "127.2.0.0/24"),
        *("--uam-secret-file", "-"),
        stdin="uam-secret-1\n",
    )
    empty.ask(
        *("plan", "add", "members", "--name-fa", "اعضا", "--name-en", "Members"),
        *("--time-per-day", "2h", "--data-per-day", "1GB", "--devices", "2"),
    )
    empty.ask(
        *("patron", "add", "00012345", "--name", "زهرا کرمی"),
        *("--branch", "khorramabad", "--plan", "members"),
        *("--national-id", "0123456789", "--phone", "0912 123 4567"),
        *("--pin-file", "-"),
        stdin="2580\n",
    )
    empty.ask(
        *("staff", "add", "desk.kh", "--name", "Desk", "--role", "desk"),
        *("--branch", "khorramabad", "--password-file", "-"),
        stdin="a long password\n",
    )
    return empty
