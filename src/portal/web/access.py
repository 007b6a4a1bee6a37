"""Who may call a view: every route says so, and what says nothing is refused.

`@allow(Role.DESK, Role.ADMINISTRATOR)` stands right above the view. The mark changes
nothing by itself; the application's guard reads it before each request.
"""

from collections.abc import Callable
from typing import TypeVar

ANYONE = "anyone"
_MARK = "portal_callers"

_V = TypeVar("_V", bound=Callable[..., object])


def allow(*callers: str) -> Callable[[_V], _V]:
    """Mark a view with the roles that may call it, or with ANYONE."""
    if not callers:
        raise ValueError("name who may call it")

    def mark(view: _V) -> _V:
        setattr(view, _MARK, frozenset(callers))
        return view

    return mark


def callers(view: object) -> frozenset[str] | None:
    """Who may call a view; None: nobody said."""
    marked: frozenset[str] | None = getattr(view, _MARK, None)
    return marked
