"""A chain to check: entries as staff leave them."""

from datetime import timedelta

from portal.model.audit import Action
from portal.service.audit import record
from portal.service.keys import KeyRing
from portal.storage.engine import SqlStore
from tests.stack.desks import NOON

KEYS = KeyRing({1: b"k" * 32})


def fill(store: SqlStore, count: int, keys: KeyRing = KEYS) -> None:
    with store.write() as uow:
        for number in range(count):
            record(
                uow,
                keys,
                actor="staff:1",
                action=Action.PATRON_OPENED,
                subject="patron:abc",
                details={"n": number, "text": "a\0b \u202e ی"},
                branch_id=1,
                personal={"name": "زهرا موسوی"},
                now=NOON + timedelta(seconds=number),
            )
