"""Reasons, states and acts in words: codes everywhere else, sentences here."""

from datetime import datetime
from typing import Any

from markupsafe import Markup

from portal.model.audit import Action, BrokenWhy
from portal.model.calendar import DateReason, local_day
from portal.model.identifiers import IdentifierKind
from portal.model.outcome import EndReason, RequestState
from portal.model.session import SessionState
from portal.model.staff import GrantReason, Role
from portal.radius.codes import TerminateCause
from portal.service.patron_page import PatronStateKind
from portal.service.staff_refusal import RefusalReason
from portal.web import filters
from portal.web.i18n import N_, gettext

REFUSALS = {
    RefusalReason.NOT_FOUND: N_("What you were looking for is not here any more."),
    RefusalReason.OTHER_BRANCH: N_("This belongs to another library."),
    RefusalReason.ADMINISTRATORS_ONLY: N_("This page is for administrators."),
    RefusalReason.NOTHING_ASKED: N_("Choose how much time or data to give."),
    RefusalReason.REASON_MISSING: N_("Say why; a few words are enough."),
    RefusalReason.CEILING: N_("This is more than may still be given today."),
    RefusalReason.UNLIMITED_ALREADY: N_("This plan has no such limit already."),
    RefusalReason.STALE_FORM: N_(
        "This form was used before. If more is needed, press the button once more."
    ),
    RefusalReason.TOO_LATE: N_("It can be undone for ten minutes only."),
    RefusalReason.NOT_YOURS: N_("Only who gave it, or an administrator, can undo it."),
    RefusalReason.ALREADY_UNDONE: N_("It was undone before."),
    RefusalReason.IN_THE_PAST: N_("This day is over. Choose a later one."),
    RefusalReason.TOO_LONG: N_("This is longer than you may choose."),
    RefusalReason.NOT_BLOCKED: N_("There is no block to lift."),
    RefusalReason.ALREADY_ENDED: N_("This session has already ended."),
}

STATES = {
    PatronStateKind.BLOCKED: ("warn", N_("Blocked until %(when)s")),
    PatronStateKind.MEMBERSHIP_ENDED: ("warn", N_("The membership ended %(when)s")),
    PatronStateKind.ONLINE: ("ok", N_("Online since %(when)s")),
    PatronStateKind.TIME_USED: ("info", N_("Time is used up; renewed %(when)s")),
    PatronStateKind.DATA_USED: ("info", N_("Data is used up; renewed %(when)s")),
    PatronStateKind.READY: ("info", N_("Not online, free to sign in")),
}

KINDS = {
    IdentifierKind.CARD: N_("Card"),
    IdentifierKind.NATIONAL_ID: N_("National ID"),
    IdentifierKind.PHONE: N_("Mobile number"),
}

ROLES = {Role.DESK: N_("Desk"), Role.ADMINISTRATOR: N_("Administrator")}

GRANT_REASONS = {
    GrantReason.STUDY: N_("Study or research"),
    GrantReason.CONNECTION_TROUBLE: N_("Trouble with the connection"),
    GrantReason.EXAM_OR_DEADLINE: N_("Exam or deadline"),
    GrantReason.SPECIAL_NEED: N_("Special need"),
}

SESSION_STATES = {
    SessionState.PENDING: ("info", N_("Connecting")),
    SessionState.OPEN: ("ok", N_("Online")),
    SessionState.LOST: ("warn", N_("Lost from sight")),
    SessionState.STOPPED: ("plain", N_("Ended")),
    SessionState.RESTARTED: ("plain", N_("Ended by a restart")),
    SessionState.NEVER_STARTED: ("plain", N_("Never began")),
}

END_REASONS = {
    EndReason.TIME_QUOTA: N_("Today's time was used up"),
    EndReason.DATA_QUOTA: N_("Today's data was used up"),
    EndReason.BLOCKED: N_("The patron was blocked"),
    EndReason.MEMBERSHIP_ENDED: N_("The membership ended"),
    EndReason.LONGEST_SESSION: N_("The longest session was reached"),
    EndReason.STAFF: N_("Ended by staff"),
    EndReason.PATRON: N_("Ended by the patron"),
}
LIMITS_CHANGED = N_("New limits for the session")

REQUEST_STATES = {
    RequestState.WAITING: ("info", N_("Waiting to be sent")),
    RequestState.SENT: ("info", N_("Sent to the access server")),
    RequestState.ACKNOWLEDGED: ("info", N_("The access server agreed; not proved yet")),
    RequestState.VERIFIED: ("ok", N_("Proved")),
    RequestState.FAILED: ("bad", N_("Not carried out")),
    RequestState.UNKNOWN: ("warn", N_("The access server is silent; tried again")),
    RequestState.SUPERSEDED: ("plain", N_("No longer needed")),
}

TERMINATE_CAUSES = {
    TerminateCause.USER_REQUEST: N_("The patron signed out"),
    TerminateCause.LOST_CARRIER: N_("The device left the network"),
    TerminateCause.IDLE_TIMEOUT: N_("The device was idle"),
    TerminateCause.SESSION_TIMEOUT: N_("The time or data was used up"),
    TerminateCause.ADMIN_RESET: N_("Ended by the centre"),
    TerminateCause.NAS_REBOOT: N_("The access server restarted"),
}
OTHER_CAUSE = N_("Ended by the access server")

ACTIONS = {
    Action.PATRON_ADDED: N_("Added a patron"),
    Action.PATRON_OPENED: N_("Opened a patron's page"),
    Action.PATRON_BLOCKED: N_("Blocked a patron"),
    Action.PATRON_UNBLOCKED: N_("Lifted a block"),
    Action.PATRON_PIN_SET: N_("Set a patron's PIN"),
    Action.PATRON_ERASED: N_("Erased a patron's personal values"),
    Action.ALLOWANCE_GRANTED: N_("Gave time or data"),
    Action.GRANT_UNDONE: N_("Took a grant back"),
    Action.SESSION_ENDED: N_("Ended a session"),
    Action.NAME_REVEALED: N_("Revealed a name in the usage log"),
    Action.LOG_EXPORTED: N_("Exported the usage log"),
    Action.AUDIT_OPENED: N_("Opened an audit entry"),
    Action.AUDIT_CHECKED: N_("Checked the audit chain"),
    Action.STAFF_ADDED: N_("Added a staff account"),
    Action.STAFF_CHANGED: N_("Changed a staff account"),
    Action.STAFF_SIGNED_IN: N_("Signed in"),
    Action.STAFF_SIGNED_OUT: N_("Signed out"),
    Action.BRANCH_ADDED: N_("Added a library"),
    Action.CLIENT_ADDED: N_("Added a RADIUS client"),
    Action.CLIENT_CHANGED: N_("Changed a RADIUS client"),
    Action.NAS_ADDED: N_("Added an access server"),
    Action.NAS_CHANGED: N_("Changed an access server"),
    Action.PLAN_ADDED: N_("Added a plan"),
    Action.PLAN_CHANGED: N_("Changed a plan"),
    Action.KEYS_ROTATED: N_("Renewed the keys"),
    Action.DEMO_FILLED: N_("Filled in demo data"),
}

# Names of details that an entry can have; another is shown as it is.
DETAILS = {
    "note": N_("Note"),
    "reason": N_("Why"),
    "until": N_("Until"),
    "from": N_("From"),
    "seconds": N_("Time"),
    "octets": N_("Data"),
    "role": N_("Role"),
    "session": N_("Session"),
    "patron": N_("Patron"),
    "plan": N_("Plan"),
    "name": N_("Name"),
    "purpose": N_("Purpose"),
    "day": N_("Day"),
}

BROKEN = {
    BrokenWhy.MISSING: N_("An entry was removed."),
    BrokenWhy.ALTERED: N_("An entry was changed, inserted or moved."),
    BrokenWhy.TAIL_MISSING: N_("Entries at the end were removed."),
    BrokenWhy.HEAD_DIFFERS: N_("The chain was written anew."),
    BrokenWhy.HEAD_UNREADABLE: N_("The head kept outside was tampered with."),
    BrokenWhy.KEY_MISSING: N_("A key that sealed an entry is missing."),
}

DATES = {
    DateReason.EMPTY: N_("Type a day."),
    DateReason.FORMAT: N_("Type a day like 1405/08/30, or a word such as today."),
    DateReason.NO_SUCH_DAY: N_("There is no such day."),
}


def moment(instant: datetime) -> str:
    """Day and time as a part of a sentence: `tomorrow at 00:00`."""
    here = filters.current()
    day = here.day_word(local_day(instant, here.tz))
    return gettext("%(day)s at %(clock)s", day=day, clock=here.clock(instant))


def grant_reason(reason: str) -> str:
    """A reason of the list in words; the giver's own words as they are."""
    try:
        return gettext(GRANT_REASONS[GrantReason(reason)])
    except ValueError:
        return reason


def end_reason(reason: str) -> str:
    try:
        return gettext(END_REASONS[EndReason(reason)])
    except ValueError:
        return gettext(LIMITS_CHANGED)


def terminate_cause(number: int | None) -> str:
    if number is None:
        return ""
    try:
        return gettext(TERMINATE_CAUSES[TerminateCause(number)])
    except (ValueError, KeyError):
        return gettext(OTHER_CAUSE)


def action(code: str) -> str:
    """An act in words; one that this program does not know is shown as its code."""
    try:
        return gettext(ACTIONS[Action(code)])
    except ValueError:
        return code


def detail(name: str, value: object) -> tuple[str | Markup, str | Markup]:
    """A detail of an audit entry as term and value."""
    term = gettext(DETAILS[name]) if name in DETAILS else filters.code(name)
    match name, value:
        case "seconds", int():
            return term, filters.lasted(value)
        case "octets", int():
            return term, filters.sized(value)
        case "reason", str():
            return term, grant_reason(value)
        case "until", str() if "T" in value:
            return term, filters.when(datetime.fromisoformat(value))
        case "note", str():
            return term, value
        case _:
            return term, filters.code(value)


def for_templates() -> dict[str, Any]:
    """What templates call these words by."""
    return {
        "action_words": action,
        "cause_words": terminate_cause,
        "detail_words": detail,
        "end_words": end_reason,
        "reason_words": grant_reason,
        "moment": moment,
        "kinds": KINDS,
        "request_states": REQUEST_STATES,
        "roles": ROLES,
        "session_states": SESSION_STATES,
    }
