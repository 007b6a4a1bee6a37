from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from portal.directory.local import LocalDirectory
from portal.live.in_process import InProcessSlots
from portal.model.identifiers import kinds
from portal.model.patron import Candidate, Patron
from portal.service.credentials import Busy, Proof
from portal.service.keys import KeyRing
from portal.service.pins import HashCost, PinHasher

CHEAP = HashCost(memory=64, passes=1, lanes=1)
RING = KeyRing({1: bytes(range(32))})
NEWER_RING = KeyRing({1: bytes(range(32)), 2: bytes(range(1, 33))})


class CountingHasher(PinHasher):
    computed = 0

    def verify(self, stored: str | None, secret: str) -> bool:
        self.computed += 1
        return super().verify(stored, secret)


class FakeStore:
    """A store whose only patrons are those it is given."""

    def __init__(self, *candidates: Candidate) -> None:
        self.found = list(candidates)
        self.reading = False

    @contextmanager
    def read(self) -> Iterator[Any]:
        self.reading = True
        yield self
        self.reading = False

    write = read

    @property
    def patrons(self) -> "FakeStore":
        return self

    def candidates(
        self, digests: Mapping[str, Sequence[bytes]], limit: int
    ) -> list[Candidate]:
        assert all(digests.values())
        return self.found[:limit]


def candidate(number: int, pin: str | None, ring: KeyRing = RING) -> Candidate:
    patron = Patron(
        id=number,
        handle=f"p{number}",
        home_branch_id=1,
        plan_id=1,
        time_zone="Asia/Tehran",
        blocked_until=None,
        valid_until=None,
    )
    stored = None if pin is None else PinHasher(ring, CHEAP).hash(pin)
    return Candidate(patron=patron, pin_hash=stored, card_last4="0000")


def directory(
    *candidates: Candidate, ring: KeyRing = RING, slots: InProcessSlots | None = None
) -> tuple[LocalDirectory, CountingHasher]:
    hasher = CountingHasher(ring, CHEAP)
    made = LocalDirectory(
        store=FakeStore(*candidates),
        keys=ring,
        hasher=hasher,
        slots=slots or InProcessSlots(1, 1),
        queue=0.01,
    )
    return made, hasher


def proved(answer: Sequence[Proof] | Busy) -> list[int]:
    assert not isinstance(answer, Busy)
    return [proof.candidate.patron.id for proof in answer]


@pytest.mark.parametrize(
    ("pins", "matching", "cost"),
    [
        ([], [], 3),
        (["4321"], [1], 3),
        (["1111"], [], 3),
        (["4321", "1111", "4321"], [1, 3], 3),
        (["1111", "2222", "3333"], [], 3),
        ([None, "4321"], [2], 3),
        (["4321"] * 5, [1, 2, 3, 4, 5], 5),
        (["1111"] * 20, [], 8),
    ],
)
def test_the_pin_decides_and_the_cost_is_that_of_three_or_of_all(
    pins: list[str | None], matching: list[int], cost: int
) -> None:
    everyone = [candidate(place, pin) for place, pin in enumerate(pins, start=1)]
    source, hasher = directory(*everyone)

    answer = source.authenticate(kinds("12345"), "4321")

    assert proved(answer) == matching
    assert hasher.computed == cost


def test_persian_and_arabic_digits_are_the_same_pin() -> None:
    source, _ = directory(candidate(1, "4321"))

    answers = [source.authenticate(kinds("1"), pin) for pin in ("۴۳۲۱", "٤٣٢١")]

    assert [proved(answer) for answer in answers] == [[1], [1]]


def test_a_pin_hashed_under_an_older_key_is_right_and_gets_a_new_hash() -> None:
    source, hasher = directory(candidate(1, "4321"), ring=NEWER_RING)

    answer = source.authenticate(kinds("1"), "4321")

    assert not isinstance(answer, Busy)
    (proof,) = answer
    assert proof.new_hash is not None
    assert proof.new_hash.startswith("2$")
    assert hasher.verify(proof.new_hash, "4321")


def test_a_current_hash_is_left_alone() -> None:
    source, _ = directory(candidate(1, "4321"))

    answer = source.authenticate(kinds("1"), "4321")

    assert not isinstance(answer, Busy)
    assert answer[0].new_hash is None


def test_nobody_is_checked_when_there_is_no_slot() -> None:
    slots = InProcessSlots(1, 1)
    source, hasher = directory(candidate(1, "4321"), slots=slots)

    with slots.hold(0.0):
        answer = source.authenticate(kinds("1"), "4321")

    assert answer == Busy()
    assert hasher.computed == 0


def test_a_proof_does_not_print_a_hash() -> None:
    source, _ = directory(candidate(1, "4321"), ring=NEWER_RING)

    answer = source.authenticate(kinds("1"), "4321")

    assert not isinstance(answer, Busy)
    assert "new_hash" not in repr(answer[0])
