from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.service.keys import KeyRing
from portal.service.pins import USUAL_COST, HashCost, PinHasher

CHEAP = HashCost(memory=64, passes=1, lanes=1)
ONE = KeyRing({1: b"a" * 32})
TWO = KeyRing({1: b"a" * 32, 2: b"b" * 32})


def test_a_stored_pin_is_verified_and_another_is_not() -> None:
    hasher = PinHasher(ONE, CHEAP)

    stored = hasher.hash("4821")

    assert hasher.verify(stored, "4821")
    assert not hasher.verify(stored, "4822")
    assert not hasher.verify(stored, "")


@pytest.mark.parametrize("typed", ["۴۸۲۱", "٤٨٢١", "4821"])
def test_digits_of_any_keyboard_are_the_same_pin(typed: str) -> None:
    hasher = PinHasher(ONE, CHEAP)

    assert hasher.verify(hasher.hash("4821"), typed)
    assert hasher.verify(hasher.hash(typed), "4821")


def test_a_stored_pin_names_its_key_and_parameters_and_not_itself() -> None:
    stored = PinHasher(TWO).hash("4821")

    assert stored.startswith("2$argon2id$v=19$m=19456,t=2,p=1$")
    assert "4821" not in stored


def test_a_pin_of_the_old_key_is_verified_and_wants_a_new_hash() -> None:
    stored = PinHasher(ONE, CHEAP).hash("4821")

    hasher = PinHasher(TWO, CHEAP)

    assert hasher.verify(stored, "4821")
    assert hasher.needs_rehash(stored)
    assert not hasher.needs_rehash(hasher.hash("4821"))


def test_other_parameters_want_a_new_hash() -> None:
    stored = PinHasher(ONE, CHEAP).hash("4821")

    assert PinHasher(ONE, USUAL_COST).needs_rehash(stored)


def test_a_table_without_the_ring_verifies_nothing() -> None:
    stored = PinHasher(ONE, CHEAP).hash("4821")

    assert not PinHasher(KeyRing({1: b"c" * 32}), CHEAP).verify(stored, "4821")
    assert not PinHasher(KeyRing({2: b"a" * 32}), CHEAP).verify(stored, "4821")


@pytest.mark.parametrize("stored", [None, "", "1", "1$", "x$argon2id$", "0$x", "9$a$b"])
def test_the_unknown_and_rubbish_cost_one_computation(
    stored: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    hasher = PinHasher(ONE, CHEAP)
    spent: list[str] = []
    honest = hasher.dummy

    def counted(secret: str) -> bool:
        spent.append(secret)
        return honest(secret)

    monkeypatch.setattr(hasher, "dummy", counted)

    assert not hasher.verify(stored, "4821")
    assert spent == ["4821"]


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=40))
def test_any_text_can_be_a_password(secret: str) -> None:
    hasher = PinHasher(ONE, CHEAP)

    assert hasher.verify(hasher.hash(secret), secret)


def test_two_hashes_of_one_pin_differ() -> None:
    hasher: Any = PinHasher(ONE, CHEAP)

    assert hasher.hash("4821") != hasher.hash("4821")
