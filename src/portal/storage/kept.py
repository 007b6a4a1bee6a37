"""What a store has read once and need not read again, because it never changes."""

from dataclasses import dataclass, field

from portal.model.estate import PlanTerms
from portal.model.session import Origin, SessionRef

_ORIGINS_KEPT = 200_000


@dataclass(slots=True)
class Kept:
    """Shared by all units of work of one store, whatever their thread."""

    origins: dict[SessionRef, Origin] = field(default_factory=dict)
    terms: tuple[int, dict[int, PlanTerms]] = (-1, {})
    """How many versions of plans there were, and the newest of each plan by its id.

    Versions are only ever added: as long as there are as many, they are the same.
    """

    def keep_origins(self, found: dict[SessionRef, Origin]) -> None:
        if len(self.origins) > _ORIGINS_KEPT:
            self.origins.clear()
        self.origins.update(found)
