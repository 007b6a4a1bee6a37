"""The head of the audit chain as a small file outside the database.

One line: number, MAC, key number and a tag over them, so that whoever can write the
file but has no keys cannot move the head back to hide a missing tail.
"""

import os
import tempfile
from pathlib import Path

from portal.model.audit import Head
from portal.service.keys import KeyRing, Purpose, SealBrokenError, same


class HeadUnreadableError(Exception):
    """The kept head was altered, or a key that sealed it is gone."""


class HeadFile:
    """Reads and replaces the kept head."""

    def __init__(self, path: Path, keys: KeyRing) -> None:
        self._path = path
        self._keys = keys

    def read(self) -> Head | None:
        """The kept head; None if none was ever written."""
        try:
            line = self._path.read_text("ascii")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise HeadUnreadableError from error
        try:
            seq, mac, key_id, tag = line.split()
            head = Head(int(seq), bytes.fromhex(mac))
            sealed = same(self._tag(head, int(key_id)), bytes.fromhex(tag))
        except (ValueError, SealBrokenError) as error:
            raise HeadUnreadableError from error
        if not sealed:
            raise HeadUnreadableError
        return head

    def write(self, head: Head) -> None:
        """Replace the file in one step: a reader sees the old line or the new one."""
        number = self._keys.current
        tag = self._tag(head, number).hex()
        line = f"{head.seq} {head.mac.hex()} {number} {tag}\n"
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(
            dir=self._path.parent, prefix=f".{self._path.name}."
        )
        draft = Path(name)
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as stream:
                stream.write(line)
                stream.flush()
                os.fsync(stream.fileno())
            draft.replace(self._path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise

    def _tag(self, head: Head, number: int) -> bytes:
        text = f"head {head.seq} {head.mac.hex()}"
        return self._keys.tag(Purpose.AUDIT, text.encode(), number)
