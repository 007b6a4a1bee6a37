from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from portal.live.in_process import InProcessCounters
from portal.model.estate import Branch, Nas
from portal.model.identifiers import IdentifierKind
from portal.model.patron import Candidate, Patron
from portal.service.credentials import Busy, Proof
from portal.service.door import Door, Entry
from portal.service.keys import KeyRing
from portal.service.ports import StoreUnavailableError
from portal.service.sign_in import (
    Incomplete,
    NotKnown,
    ProvedCard,
    SeveralCards,
    SignIn,
    SignInAttempt,
    Wait,
)
from portal.service.throttle import ACCOUNT, Throttle

NOW = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
KEYS = KeyRing({1: bytes(range(32))})
PHONE = "02-4C-52-00-00-01"


class FakeSource:
    """Answers what it is told to, and remembers what it was asked."""

    def __init__(self) -> None:
        self.answer: Sequence[Proof] | Busy | Exception = []
        self.asked: list[Mapping[IdentifierKind, str]] = []

    def authenticate(
        self, number: Mapping[IdentifierKind, str], secret: str
    ) -> Sequence[Proof] | Busy:
        assert secret
        self.asked.append(number)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class FakeStore:
    """Keeps the log of attempts and the renewed hashes, and nothing else."""

    def __init__(self) -> None:
        self.log: list[SignInAttempt] = []
        self.renewed: list[tuple[int, str, str]] = []

    @contextmanager
    def write(self) -> Iterator[Any]:
        yield self

    read = write

    @property
    def attempts(self) -> "FakeStore":
        return self

    def add(self, attempt: SignInAttempt) -> None:
        self.log.append(attempt)

    def renew_pin(self, patron_id: int, *, stored: str, renewed: str) -> None:
        self.renewed.append((patron_id, stored, renewed))


@pytest.fixture
def source() -> FakeSource:
    return FakeSource()


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


@pytest.fixture
def sign_in(source: FakeSource, store: FakeStore) -> SignIn:
    return SignIn(
        store=store,
        keys=KEYS,
        clock=lambda: NOW,
        source=source,
        throttle=Throttle(counters=InProcessCounters(), keys=KEYS),
    )


@pytest.fixture
def entry() -> Entry:
    nas = Nas(
        id=1,
        branch_id=1,
        client_id=1,
        name="nas-1",
        profile="coovachilli",
        identifier="branch-1",
        address=None,
        uam_server_url="http://127.0.0.1:8080/login",
        uam_networks=(ip_network("127.1.0.0/16"),),
        uam_port=3990,
        uam_secret_sealed=None,
        dynauth_address=None,
        dynauth_port=3799,
        dynauth_secret_sealed=None,
        interim_interval=60,
        line_rate=10**9,
    )
    branch = Branch(1, "b1", "شعبه", "Branch", "Asia/Tehran")
    door = Door(nas, branch, ip_address("127.1.0.1"))
    return Entry(door=door, device=PHONE, challenge=bytes(16), user_url=None)


def proof(number: int, *, new_hash: str | None = None) -> Proof:
    patron = Patron(
        id=number,
        handle=f"p{number}",
        home_branch_id=1,
        plan_id=1,
        time_zone="Asia/Tehran",
        blocked_until=None,
        valid_until=None,
    )
    last4 = f"000{number}"
    candidate = Candidate(patron=patron, pin_hash="old", card_last4=last4)
    return Proof(candidate, new_hash)


@pytest.mark.parametrize(
    ("number", "pin", "missing"),
    [
        ("", "", ("number", "pin")),
        ("12345", "  ", ("pin",)),
        (" - ", "4321", ("number",)),
        ("علی", "4321", ("number",)),
    ],
)
def test_what_is_empty_or_no_number_asks_nobody(
    sign_in: SignIn,
    source: FakeSource,
    store: FakeStore,
    entry: Entry,
    number: str,
    pin: str,
    missing: tuple[str, ...],
) -> None:
    outcome = sign_in.attempt(entry, number=number, pin=pin, language="fa")

    assert outcome == Incomplete(missing)
    assert source.asked == []
    assert store.log == []


def test_a_number_is_asked_for_as_every_kind_it_can_be(
    sign_in: SignIn, source: FakeSource, entry: Entry
) -> None:
    sign_in.attempt(entry, number="۹۱۲۱۲۳۴۵۶۶", pin="1", language="fa")

    assert source.asked == [
        {
            IdentifierKind.CARD: "9121234566",
            IdentifierKind.NATIONAL_ID: "9121234566",
            IdentifierKind.PHONE: "+989121234566",
        }
    ]


def test_no_proof_is_logged_without_a_person(
    sign_in: SignIn, store: FakeStore, entry: Entry
) -> None:
    outcome = sign_in.attempt(entry, number="12345", pin="1", language="fa")

    assert outcome == NotKnown()
    (attempt,) = store.log
    assert (attempt.outcome, attempt.patron_id, attempt.last4) == (
        "not_known",
        None,
        None,
    )


def test_several_proofs_are_a_question_and_no_ticket(
    sign_in: SignIn, source: FakeSource, store: FakeStore, entry: Entry
) -> None:
    source.answer = [proof(1), proof(2, new_hash="new")]

    outcome = sign_in.attempt(entry, number="12345", pin="1", language="fa")

    assert outcome == SeveralCards((ProvedCard(1, "0001"), ProvedCard(2, "0002")))
    assert store.renewed == [(2, "old", "new")]
    assert store.log == []


@pytest.mark.parametrize("trouble", [Busy(), StoreUnavailableError("gone")])
def test_what_nobody_decided_is_held_against_nobody(
    sign_in: SignIn, source: FakeSource, entry: Entry, trouble: Busy | Exception
) -> None:
    source.answer = trouble
    for _ in range(ACCOUNT.free + 20):
        if isinstance(trouble, Exception):
            with pytest.raises(StoreUnavailableError):
                sign_in.attempt(entry, number="12345", pin="1", language="fa")
        else:
            outcome = sign_in.attempt(entry, number="12345", pin="1", language="fa")
            assert outcome == Busy()

    source.answer = []
    assert sign_in.attempt(entry, number="12345", pin="1", language="fa") == NotKnown()


def test_whoever_has_to_wait_is_not_checked(
    sign_in: SignIn, source: FakeSource, entry: Entry
) -> None:
    for _ in range(ACCOUNT.free + 1):
        sign_in.attempt(entry, number="12345", pin="1", language="fa")
    asked = len(source.asked)

    outcome = sign_in.attempt(entry, number="12345", pin="4321", language="fa")

    assert outcome == Wait(NOW + ACCOUNT.first)
    assert len(source.asked) == asked
