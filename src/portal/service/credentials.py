"""Who says that a person is who they say: the port that every credential source fits.

A number may mean several accounts and the secret decides, so a source answers with all
accounts that it proved. What a proof is worth afterwards is policy's business.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from portal.model.identifiers import IdentifierKind
from portal.model.patron import Candidate


@dataclass(frozen=True, slots=True)
class Proof:
    """An account whose secret was right; `new_hash` replaces an outdated stored one."""

    candidate: Candidate
    new_hash: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Busy:
    """Too many secrets are being checked at this moment; nothing was decided."""


class CredentialSource(Protocol):
    """Answers "whose number and secret are these?"."""

    def authenticate(
        self, number: Mapping[IdentifierKind, str], secret: str
    ) -> Sequence[Proof] | Busy:
        """`number` in every kind it can be, canonical; no proof is an empty answer.

        Answer and cost must not tell how many accounts the number meant. Raises
        StoreUnavailableError when the source's own store is away.
        """
        ...


class Slots(Protocol):
    """How many costly computations may run at once."""

    def hold(self, wait: float) -> AbstractContextManager[bool]:
        """Wait up to `wait` seconds for a slot; False: there was none."""
        ...
