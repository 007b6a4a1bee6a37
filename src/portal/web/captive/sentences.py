"""What a patron is told: one sentence for what happened, one for what to do.

Reasons are codes everywhere else; here each gets its words. `%(when)s` is the instant
at which asking again can succeed.
"""

from dataclasses import dataclass
from datetime import datetime

from portal.model.outcome import DenyReason
from portal.service.arrival import Refusal
from portal.service.remaining import Remaining
from portal.web.captive.page import moment
from portal.web.i18n import N_, gettext


@dataclass(frozen=True, slots=True)
class Words:
    """What happened, and what to do about it."""

    what: str
    advice: str

    def said(self, **values: object) -> "Words":
        """In the language of the page being made."""
        return Words(gettext(self.what, **values), gettext(self.advice, **values))


DENY = {
    DenyReason.TIME_USED: Words(
        N_("You have used today's internet time."),
        N_("Your time is renewed %(when)s. If you need more today, ask at the desk."),
    ),
    DenyReason.DATA_USED: Words(
        N_("You have used today's data."),
        N_("Your data is renewed %(when)s. If you need more today, ask at the desk."),
    ),
    DenyReason.BLOCKED: Words(
        N_("Internet access with this card is stopped until %(when)s."),
        N_("The library desk can tell you why and what can be done."),
    ),
    DenyReason.MEMBERSHIP_ENDED: Words(
        N_("Your library membership has ended."),
        N_("Renew it at the library desk, then sign in again."),
    ),
    DenyReason.TOO_MANY_DEVICES: Words(
        N_("Your card is already online on as many devices as it allows."),
        N_("End the session on another device, wait a moment and try again."),
    ),
}

_LOST = Words(
    N_("This address did not come from the library's Wi-Fi."),
    N_("Connect to the Wi-Fi of a library and open any page; you are led here."),
)
REFUSED = {
    Refusal.NO_REDIRECT: _LOST,
    Refusal.UNKNOWN_NAS: _LOST,
    Refusal.FOREIGN_ADDRESS: _LOST,
    Refusal.FORGED: _LOST,
    Refusal.NO_CHALLENGE: Words(
        N_("The library's Wi-Fi sent an incomplete address."),
        N_("Begin again; that brings a fresh one."),
    ),
    Refusal.CHALLENGE_USED: Words(
        N_("This sign-in page has already been used."),
        N_("Begin again; that brings a fresh one."),
    ),
    Refusal.CHALLENGE_OLD: Words(
        N_("This sign-in page is older than ten minutes."),
        N_("For your safety it is no longer valid. Begin again; it takes a moment."),
    ),
}

_FAILED = {
    "reject": Words(
        N_("The library's Wi-Fi did not let this device in."),
        N_("Please sign in once more. If it happens again, ask at the desk."),
    ),
    "timeout": Words(
        N_("The library's Wi-Fi had no answer from the centre."),
        N_("Please wait a minute and sign in again."),
    ),
}
_FAILED_OTHERWISE = Words(
    N_("The connection could not be opened."),
    N_("Please sign in once more. If it happens again, ask at the desk."),
)

AWAY = Words(
    N_("The sign-in system cannot be reached right now."),
    N_("Nothing is wrong with your card. Please try again in a minute."),
)
BUSY = Words(
    N_("Many people are signing in at this moment."),
    N_("Please try again in a few seconds."),
)
NOT_KNOWN = Words(
    N_("The number or the PIN is not right."),
    N_("Check both and try again. The desk can give you a new PIN."),
)
WAIT = Words(
    N_("There were too many wrong attempts."),
    N_("Please try again in %(wait)s (%(clock)s)."),
)
NOT_FOUND = Words(
    N_("There is no page at this address."),
    N_("The start page says how to get online."),
)
SESSION_UNKNOWN = Words(
    N_("This status page is no longer valid."),
    N_("The session has ended. To go online, connect to the library's Wi-Fi again."),
)
BROKEN = Words(
    N_("Something went wrong on our side."),
    N_("Please try again in a minute. If it happens again, ask at the desk."),
)

TOO_LONG = Words(
    N_("What was sent is too long."),
    N_("Go back, make it shorter and try again."),
)
HTTP = {404: NOT_FOUND, 405: NOT_FOUND, 413: TOO_LONG}


def failed(reason: str | None) -> Words:
    """What the access server's `res=failed` means for the person."""
    return _FAILED.get(reason or "", _FAILED_OTHERWISE)


def spent(left: Remaining | None, now: datetime) -> Words | None:
    """What keeps a patron from going on after a session, if something does."""
    if left is None:
        return None
    blocked = left.patron.blocked_until
    if blocked is not None and blocked > now:
        return DENY[DenyReason.BLOCKED].said(when=moment(blocked))
    if left.patron.valid_until is not None and left.patron.valid_until <= now:
        return DENY[DenyReason.MEMBERSHIP_ENDED].said()
    when = moment(left.renews_at)
    if left.octets_left == 0:
        return DENY[DenyReason.DATA_USED].said(when=when)
    if left.time_left == 0:
        return DENY[DenyReason.TIME_USED].said(when=when)
    return None
