"""Why a staff act is refused, as values; the sentences live in the translations."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from portal.model.usage import Extra


class RefusalReason(StrEnum):
    """Why nothing was done."""

    NOT_FOUND = "not_found"
    OTHER_BRANCH = "other_branch"  # not this desk's to see or to steer
    ADMINISTRATORS_ONLY = "administrators_only"
    NOTHING_ASKED = "nothing_asked"
    REASON_MISSING = "reason_missing"
    CEILING = "ceiling"  # more than this role may give; `room` is what is left
    UNLIMITED_ALREADY = "unlimited_already"
    STALE_FORM = "stale_form"  # this form has already served for something else
    TOO_LATE = "too_late"  # to be undone
    NOT_YOURS = "not_yours"  # given by someone else
    ALREADY_UNDONE = "already_undone"
    IN_THE_PAST = "in_the_past"
    TOO_LONG = "too_long"  # `until` is the furthest that this role may go
    NOT_BLOCKED = "not_blocked"
    ALREADY_ENDED = "already_ended"


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was changed; the reason, and the bound that was met."""

    reason: RefusalReason
    room: Extra | None = None
    until: datetime | None = None
