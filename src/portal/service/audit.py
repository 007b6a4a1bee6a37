"""The audit chain: every act of staff and of policy, in order, under a keyed MAC.

`record` belongs to the transaction that changes something, after its other locks, so
that writers queue for the head last. Each MAC covers the MAC before it, so an entry
that is altered, removed or inserted breaks the chain where it stands; a tail cut off
shows against the head that is kept outside the database.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from portal.model.audit import (
    FIRST_SEQ,
    GENESIS,
    Action,
    AuditEntry,
    Broken,
    BrokenWhy,
    Detail,
    Head,
    Verified,
    canonical,
    details_text,
)
from portal.service.audit_head import HeadFile, HeadUnreadableError
from portal.service.keys import KeyRing, Purpose, SealBrokenError, same
from portal.service.staff_ports import AuditStore, AuditUnitOfWork

_CHUNK = 1000


def record(  # noqa: PLR0913 - as many arguments as an entry has fields
    uow: AuditUnitOfWork,
    keys: KeyRing,
    *,
    actor: str,
    action: Action,
    subject: str,
    details: Mapping[str, Detail],
    branch_id: int | None = None,
    personal: Mapping[str, str] | None = None,
    now: datetime,
) -> int:
    """Append an entry in the caller's transaction; its number.

    `details` are codes and amounts that name nobody; `personal` (names, notes) is
    sealed beside the entry and can be erased without breaking the chain.
    """
    head = uow.audit.lock_head()
    entry = AuditEntry(
        seq=head.seq + 1,
        at=now,
        actor=actor,
        action=action.value,
        subject=subject,
        branch_id=branch_id,
        details=details_text(details),
        key_id=keys.current,
    )
    signed = replace(entry, mac=_mac(keys, head.mac, entry))
    uow.audit.add(signed, _sealed(keys, entry.seq, personal))
    return entry.seq


def personal_values(
    keys: KeyRing, sealed: Mapping[int, bytes]
) -> dict[int, dict[str, str]]:
    """The personal values of entries, by number; what does not open is left out."""
    opened = {}
    for seq, text in sealed.items():
        try:
            plain = keys.open(Purpose.ENCRYPTION, text, personal_context(seq))
        except SealBrokenError:
            continue
        opened[seq] = json.loads(plain)
    return opened


def verify(
    store: AuditStore, keys: KeyRing, head_file: Path | None
) -> Verified | Broken:
    """Walk the whole chain, and hold its tail against the head kept outside.

    The head is read first: what is appended meanwhile only makes the chain longer.
    """
    try:
        kept = HeadFile(head_file, keys).read() if head_file else None
    except HeadUnreadableError:
        return Broken(FIRST_SEQ, BrokenWhy.HEAD_UNREADABLE)
    outcome = _walk(_entries(store), keys, Head(FIRST_SEQ - 1, GENESIS), kept)
    if isinstance(outcome, Broken):
        return outcome
    if kept is not None and kept.seq > outcome.seq:
        return Broken(outcome.seq + 1, BrokenWhy.TAIL_MISSING)
    return Verified(outcome.seq, kept.seq if kept else None)


def fits(keys: KeyRing, previous: Head, entries: Iterable[AuditEntry]) -> Broken | None:
    """Check a run of entries (oldest first) that follows `previous`."""
    outcome = _walk(entries, keys, previous, None)
    return outcome if isinstance(outcome, Broken) else None


def write_head(store: AuditStore, keys: KeyRing, head_file: Path) -> Verified | Broken:
    """Keep the present head outside the database, if the one kept before still fits.

    A head that the chain no longer reaches is evidence: it is never overwritten.
    """
    file = HeadFile(head_file, keys)
    try:
        kept = file.read()
    except HeadUnreadableError:
        return Broken(FIRST_SEQ, BrokenWhy.HEAD_UNREADABLE)
    with store.read() as uow:
        head = uow.audit.head()
        found = uow.audit.find(kept.seq) if kept and kept.seq >= FIRST_SEQ else None
    if kept is not None and kept.seq >= FIRST_SEQ:
        if found is None:
            return Broken(min(kept.seq, head.seq + 1), BrokenWhy.TAIL_MISSING)
        if not same(found.mac, kept.mac):
            return Broken(kept.seq, BrokenWhy.HEAD_DIFFERS)
    file.write(head)
    return Verified(head.seq, head.seq)


def _entries(store: AuditStore) -> Iterator[AuditEntry]:
    """All entries in chunks, each in its own short transaction."""
    seq = FIRST_SEQ - 1
    while True:
        with store.read() as uow:
            chunk = uow.audit.after(seq, _CHUNK)
        if not chunk:
            return
        yield from chunk
        seq = chunk[-1].seq


def _walk(
    entries: Iterable[AuditEntry], keys: KeyRing, previous: Head, kept: Head | None
) -> Head | Broken:
    for entry in entries:
        why = _flaw(keys, previous, entry)
        if why is not None:
            seq = previous.seq + 1 if why is BrokenWhy.MISSING else entry.seq
            return Broken(seq, why)
        if kept is not None and kept.seq == entry.seq and not same(kept.mac, entry.mac):
            return Broken(entry.seq, BrokenWhy.HEAD_DIFFERS)
        previous = Head(entry.seq, entry.mac)
    return previous


def _flaw(keys: KeyRing, previous: Head, entry: AuditEntry) -> BrokenWhy | None:
    if entry.seq > previous.seq + 1:
        return BrokenWhy.MISSING
    try:
        expected = _mac(keys, previous.mac, entry)
    except SealBrokenError:
        return BrokenWhy.KEY_MISSING
    return None if same(expected, entry.mac) else BrokenWhy.ALTERED


def _mac(keys: KeyRing, previous: bytes, entry: AuditEntry) -> bytes:
    return keys.tag(Purpose.AUDIT, previous + entry.sealed_text(), entry.key_id)


def personal_context(seq: int) -> bytes:
    """What the personal values beside an entry are bound to."""
    return f"audit {seq}".encode()


def _sealed(
    keys: KeyRing, seq: int, personal: Mapping[str, str] | None
) -> bytes | None:
    if not personal:
        return None
    plain = canonical(dict(personal))
    return keys.seal(Purpose.ENCRYPTION, plain, personal_context(seq))
