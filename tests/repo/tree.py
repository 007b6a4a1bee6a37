"""The files of the project, for the tests that guard them."""

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "portal"

# What the tools and the portal itself leave behind, see .gitignore.
_MADE = {
    ".git", ".venv", "var", "screenshots", "__pycache__", ".hypothesis", "build", "dist",
    ".import_linter_cache", ".mypy_cache", ".pytest_cache", ".ruff_cache",
}  # fmt: skip


@cache
def files() -> tuple[Path, ...]:
    """Every file that belongs to the project; without git, every file not made here."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listing.returncode == 0:
        names = listing.stdout.decode().split("\0")
        found = (ROOT / name for name in names if name)
    else:
        found = (
            path
            for path in ROOT.rglob("*")
            if not _MADE & set(path.relative_to(ROOT).parts)
        )
    return tuple(sorted(path for path in found if path.is_file()))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def texts() -> dict[str, str]:
    """Return the files that are text, by name."""
    readable = {}
    for path in files():
        try:
            readable[name(path)] = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
    return readable


@cache
def modules() -> tuple[Path, ...]:
    """Every Python module of the package and of the tests."""
    return tuple(path for path in files() if path.suffix == ".py")
