"""Every code that a page can show has its words."""

from enum import Enum
from typing import Any

import pytest

from portal.model.audit import Action, BrokenWhy
from portal.model.calendar import DateReason
from portal.model.identifiers import IdentifierKind
from portal.model.outcome import EndReason, RequestState
from portal.model.session import SessionState
from portal.model.staff import GrantReason, Role
from portal.service.patron_page import PatronStateKind
from portal.service.staff_refusal import RefusalReason
from portal.web.office import words


@pytest.mark.parametrize(
    ("codes", "table"),
    [
        (RefusalReason, words.REFUSALS),
        (PatronStateKind, words.STATES),
        (IdentifierKind, words.KINDS),
        (Role, words.ROLES),
        (GrantReason, words.GRANT_REASONS),
        (SessionState, words.SESSION_STATES),
        (EndReason, words.END_REASONS),
        (RequestState, words.REQUEST_STATES),
        (Action, words.ACTIONS),
        (BrokenWhy, words.BROKEN),
        (DateReason, words.DATES),
    ],
)
def test_every_code_has_its_words(codes: type[Enum], table: dict[Any, object]) -> None:
    assert set(table) == set(codes)
