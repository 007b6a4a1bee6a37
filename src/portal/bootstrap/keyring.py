"""The file of the root keys: made once, added to on rotation, read by every process.

One key a line: its number, when it was made, 32 random octets in base64. Only the owner
may read it. It is replaced in one step, so that a reader finds the old file or the new
one, and processes that run find a new key by themselves.
"""

import base64
import binascii
import fcntl
import os
import secrets
import stat
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from portal.service.keys import KeyRing

RELOAD_AFTER = 1.0  # seconds for which a process may not see a new key
_KEY_OCTETS = 32
_HEADER = (
    "# Root keys. Without this file, national IDs and shared secrets cannot be read,\n"
    "# and staff and patrons cannot sign in. Back it up apart from the database.\n"
)


class KeyringError(Exception):
    """The file cannot be used; the text says why, in one line, and shows no key."""


def load_keyring(path: Path) -> KeyRing:
    """The ring of a file, which later notices keys that are added to the file."""
    return KeyRing(_RingFile(path))


def create_keyring(path: Path, now: datetime) -> bool:
    """Make a ring with one key unless the file exists; whether it was made."""
    with _alone(path):
        if path.exists():
            return False
        _write(path, {1: secrets.token_bytes(_KEY_OCTETS)}, now)
    return True


def add_key(path: Path, now: datetime) -> int:
    """Add a key, which is then the one in use; its number."""
    with _alone(path):
        roots = read_roots(path)
        number = max(roots) + 1
        if number > 255:
            raise KeyringError(f"{path}: there are 255 keys already")
        _write(path, roots | {number: secrets.token_bytes(_KEY_OCTETS)}, now)
    return number


def read_roots(path: Path) -> dict[int, bytes]:
    """Root keys by number. Raises KeyringError, also if others may read the file."""
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            lines = file.read().decode("ascii").splitlines()
    except FileNotFoundError:
        raise KeyringError(
            f"PORTAL_KEYRING: {path} is missing; `portal keys create` makes a new one,"
            " a backup brings the old one back"
        ) from None
    except OSError as error:
        raise KeyringError(f"PORTAL_KEYRING: {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise KeyringError(f"PORTAL_KEYRING: {path} is not a key ring") from None
    if mode & 0o077:
        raise KeyringError(
            f"PORTAL_KEYRING: {path} has mode {mode:04o} and others may use it;"
            f" run `chmod 600 {path}`"
        )
    return _parse(path, lines)


def _parse(path: Path, lines: list[str]) -> dict[int, bytes]:
    roots: dict[int, bytes] = {}
    for place, line in enumerate(lines, start=1):
        if not line or line.startswith("#"):
            continue
        try:
            number, _, key = line.split()
            roots[int(number)] = base64.b64decode(key, validate=True)
        except (ValueError, binascii.Error):
            raise KeyringError(
                f"PORTAL_KEYRING: {path}, line {place}: no key"
            ) from None
    try:
        KeyRing(roots)
    except ValueError as error:
        raise KeyringError(f"PORTAL_KEYRING: {path}: {error}") from None
    return roots


def _write(path: Path, roots: Mapping[int, bytes], now: datetime) -> None:
    made = _made_at(path)
    lines = [
        f"{n} {made.get(n, f'{now:%Y-%m-%dT%H:%M:%SZ}')}"
        f" {base64.b64encode(key).decode()}\n"
        for n, key in sorted(roots.items())
    ]
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(_HEADER + "".join(lines))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    _sync_folder(path.parent)


def _made_at(path: Path) -> dict[int, str]:
    if not path.exists():
        return {}
    lines = path.read_text(encoding="ascii").splitlines()
    parts = [line.split() for line in lines if line and not line.startswith("#")]
    return {int(number): made for number, made, _ in parts}


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class _alone:  # noqa: N801 - reads as a phrase: `with _alone(path)`
    """Holds the lock that keeps two rotations apart."""

    def __init__(self, path: Path) -> None:
        self._path = path.with_name(f".{path.name}.lock")

    def __enter__(self) -> None:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)


class _RingFile(Mapping[int, bytes]):
    """The keys of a file, read again when the file has been replaced."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._version = self._seen()
        self._roots = read_roots(path)
        self._looked = time.monotonic()

    def __getitem__(self, number: int) -> bytes:
        return self._fresh()[number]

    def __iter__(self) -> Iterator[int]:
        return iter(self._fresh())

    def __len__(self) -> int:
        return len(self._fresh())

    def _fresh(self) -> dict[int, bytes]:
        now = time.monotonic()
        if now - self._looked >= RELOAD_AFTER:
            self._looked = now
            self._reload()
        return self._roots

    def _reload(self) -> None:
        """A file that has become unusable changes nothing for who has read it."""
        version = self._seen()
        if version == self._version:
            return
        try:
            self._roots = read_roots(self._path)
        except KeyringError:
            return
        self._version = version

    def _seen(self) -> tuple[int, int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size
