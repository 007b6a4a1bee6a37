"""What is installed is exactly what the locks say, from wherever it comes."""

import re
import tomllib
from functools import cache

import pytest

from tests.repo import tree

LOCKS = ["requirements.lock", "requirements-dev.lock"]


def lines(lock: str) -> list[str]:
    text = (tree.ROOT / lock).read_text().replace("\\\n", " ")
    return [
        " ".join(line.split())
        for line in text.splitlines()
        if line.strip() and not line.lstrip().startswith("#")
    ]


def pins(lock: str) -> dict[str, str]:
    return {
        name: version
        for line in lines(lock)
        for name, _, version in [line.split()[0].partition("==")]
    }


@cache
def project() -> str:
    return (tree.ROOT / "pyproject.toml").read_text()


@pytest.mark.parametrize("lock", LOCKS)
def test_every_line_is_an_exact_version_with_hashes(lock: str) -> None:
    pinned = re.compile(r"[a-z0-9-]+==[\w.!+]+( --hash=sha256:[0-9a-f]{64})+")

    loose = [line for line in lines(lock) if not pinned.fullmatch(line)]

    assert loose == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_no_download_address(lock: str) -> None:
    text = (tree.ROOT / lock).read_text()

    assert "://" not in text
    assert not re.search(r"^\s*(-[a-z]|--(?!hash)|/)", text, re.MULTILINE)


def test_the_development_lock_holds_the_other_one() -> None:
    run, develop = (pins(lock) for lock in LOCKS)

    assert run.items() <= develop.items()


def test_every_declared_package_is_locked() -> None:
    table = tomllib.loads(project())["project"]
    name = re.compile(r"[A-Za-z0-9-]+")
    declared = {name.match(line)[0] for line in table["dependencies"]}  # type: ignore[index]
    develop = {name.match(line)[0] for line in table["optional-dependencies"]["dev"]}  # type: ignore[index]

    assert declared <= pins("requirements.lock").keys()
    assert develop <= pins("requirements-dev.lock").keys()


def test_every_package_that_runs_gives_its_reason() -> None:
    block = project().partition("dependencies = [\n")[2].partition("\n]")[0]

    silent = [line for line in block.splitlines() if " # " not in line]

    assert silent == []
