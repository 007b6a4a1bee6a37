"""A patron's page and what is done from it: grant, undo, block, unblock."""

import secrets
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from flask import request
from werkzeug.wrappers import Response

from portal.model.calendar import DateError, DateReason, day_start, local_day
from portal.model.staff import CEILINGS, GrantReason
from portal.model.usage import Extra
from portal.service.desk import Granted
from portal.service.patron_page import PatronPage, PatronStateKind
from portal.service.staff_refusal import RefusalReason, Refused
from portal.web import filters
from portal.web.access import allow
from portal.web.i18n import gettext
from portal.web.office import browser, words
from portal.web.office.page import (
    EVERY_ROLE,
    at_own_branch,
    branch_name,
    go,
    refusal_page,
    refusal_words,
    show,
)
from portal.web.office.services import services
from portal.web.office.typed import parse_day, parse_number, parse_ref
from portal.web.staff.blueprint import pages

SECONDS_OFFERED = (900, 1800, 3600, 7200)
OCTETS_OFFERED = (250 * 10**6, 500 * 10**6, 10**9, 2 * 10**9)
OTHER = "other"
_PAGE_REFUSED = frozenset({RefusalReason.NOT_FOUND, RefusalReason.OTHER_BRANCH})


@pages.get("/patrons/<handle:handle>")
@allow(*EVERY_ROLE)
def patron(handle: str) -> Response:
    member = browser.signed_in()
    at_own_branch(member)
    before = parse_ref(request.args.get("before", ""))
    page = services().pages.open(member, handle, before=before)
    if isinstance(page, Refused):
        return refusal_page(page)
    kind, sentence = words.STATES[page.state.kind]
    when = words.moment(page.state.at) if page.state.at else ""
    return show(
        "staff/patron",
        page=page,
        state=(kind, gettext(sentence, when=when)),
        branch_name=branch_name,
        paged=before is not None,
    )


# ------------------------------------------------------------------------------ grant


@pages.get("/patrons/<handle:handle>/grant")
@allow(*EVERY_ROLE)
def patron_grant(handle: str) -> Response:
    return _grant_form(handle, values=request.args.to_dict(), key=_new_key())


@pages.post("/patrons/<handle:handle>/grant")
@allow(*EVERY_ROLE)
def patron_grant_done(handle: str) -> Response:
    form = request.form
    chosen = form.get("reason", "")
    outcome = services().desk.grant(
        browser.signed_in(),
        handle,
        Extra(
            seconds=parse_number(form.get("seconds", ""), most=10**7) or 0,
            octets=parse_number(form.get("octets", ""), most=10**15) or 0,
        ),
        reason=form.get("other", "") if chosen == OTHER else chosen,
        request_key=form.get("key", "")[:64] or _new_key(),
    )
    match outcome:
        case Granted():
            return go("staff.patron", handle=handle, said="granted")
        case Refused(reason=reason) if reason in _PAGE_REFUSED:
            return refusal_page(outcome)
        case Refused():
            stale = outcome.reason is RefusalReason.STALE_FORM
            return _grant_form(
                handle,
                values=form.to_dict(),
                key=_new_key() if stale else form.get("key") or _new_key(),
                refused=outcome,
            )


def _grant_form(
    handle: str, *, values: dict[str, str], key: str, refused: Refused | None = None
) -> Response:
    member = browser.signed_in()
    at_own_branch(member)
    page = services().pages.open(member, handle, purpose="grant")
    if isinstance(page, Refused):
        return refusal_page(page)
    return show(
        "staff/grant",
        409 if refused else 200,
        page=page,
        values=values,
        key=key,
        refused=refused,
        wrong=refusal_words(refused) if refused else "",
        seconds_offered=SECONDS_OFFERED,
        octets_offered=OCTETS_OFFERED,
        reasons=[*((r.value, words.grant_reason(r)) for r in GrantReason)],
        other=OTHER,
    )


def _new_key() -> str:
    return secrets.token_urlsafe(16)


@pages.post("/grants/<int(max=9223372036854775807):grant_id>/undo")
@allow(*EVERY_ROLE)
def grant_undo(grant_id: int) -> Response:
    outcome = services().desk.undo_grant(browser.signed_in(), grant_id)
    if isinstance(outcome, Refused):
        return refusal_page(outcome)
    return go("staff.patron", handle=outcome.handle, said="undone")


# ------------------------------------------------------------------------------ block


@pages.get("/patrons/<handle:handle>/block")
@allow(*EVERY_ROLE)
def patron_block(handle: str) -> Response:
    return _block_form(handle)


@pages.post("/patrons/<handle:handle>/block")
@allow(*EVERY_ROLE)
def patron_block_done(handle: str) -> Response:
    member = browser.signed_in()
    at_own_branch(member)
    page = services().pages.open(member, handle, purpose="block")
    if isinstance(page, Refused):
        return refusal_page(page)
    try:
        until = _block_end(page)
    except DateError as error:
        return _block_form(handle, day_wrong=gettext(words.DATES[error.reason]))
    outcome = services().desk.block(member, handle, until, request.form.get("note", ""))
    match outcome:
        case Refused(reason=reason) if reason in _PAGE_REFUSED:
            return refusal_page(outcome)
        case Refused(reason=RefusalReason.REASON_MISSING):
            return _block_form(handle, note_wrong=refusal_words(outcome))
        case Refused():
            return _block_form(handle, day_wrong=_too_far(outcome, page))
        case _:
            return go("staff.patron", handle=handle, said="blocked")


def _block_end(page: PatronPage) -> datetime:
    """The end of the chosen last day, on the wall of the patron's branch."""
    tz = ZoneInfo(page.card.patron.time_zone)
    today = local_day(services().clock(), tz)
    chosen = request.form.get("days", "")
    if chosen == OTHER:
        last = parse_day(request.form.get("until", ""), today)
    else:
        days = parse_number(chosen, most=3660)
        if days is None:
            raise DateError(DateReason.EMPTY)
        last = today + timedelta(days=days)
    return day_start(last + timedelta(days=1), tz)


def _too_far(refused: Refused, page: PatronPage) -> str:
    """A block ends with a day: the furthest one that may still be chosen."""
    if refused.until is None:
        return refusal_words(refused)
    end = local_day(refused.until, ZoneInfo(page.card.patron.time_zone))
    last = filters.current().day_short(end - timedelta(days=1))
    return gettext("You may block until the end of %(day)s at most.", day=last)


def _block_form(handle: str, *, day_wrong: str = "", note_wrong: str = "") -> Response:
    member = browser.signed_in()
    at_own_branch(member)
    page = services().pages.open(member, handle, purpose="block")
    if isinstance(page, Refused):
        return refusal_page(page)
    if not page.may_block:
        return refusal_page(Refused(RefusalReason.OTHER_BRANCH))
    return show(
        "staff/block",
        409 if day_wrong or note_wrong else 200,
        page=page,
        values=request.form.to_dict(),
        day_wrong=day_wrong,
        note_wrong=note_wrong,
        choices=_block_choices(page),
        longest=CEILINGS[member.role].block,
    )


def _block_choices(page: PatronPage) -> list[tuple[str, str, str]]:
    here = filters.current()
    today: date = local_day(services().clock(), ZoneInfo(page.card.patron.time_zone))
    offered = (
        (0, gettext("Today")),
        (6, gettext("One week")),
        (29, gettext("Thirty days")),
    )
    return [
        (
            str(days),
            label,
            gettext(
                "until the end of %(day)s", day=here.day(today + timedelta(days=days))
            ),
        )
        for days, label in offered
    ]


@pages.get("/patrons/<handle:handle>/unblock")
@allow(*EVERY_ROLE)
def patron_unblock(handle: str) -> Response:
    member = browser.signed_in()
    at_own_branch(member)
    page = services().pages.open(member, handle, purpose="unblock")
    if isinstance(page, Refused):
        return refusal_page(page)
    if not page.may_block:
        return refusal_page(Refused(RefusalReason.OTHER_BRANCH))
    if page.state.kind is not PatronStateKind.BLOCKED:
        return refusal_page(Refused(RefusalReason.NOT_BLOCKED))
    return show("staff/unblock", page=page)


@pages.post("/patrons/<handle:handle>/unblock")
@allow(*EVERY_ROLE)
def patron_unblock_done(handle: str) -> Response:
    outcome = services().desk.unblock(browser.signed_in(), handle)
    if isinstance(outcome, Refused):
        return refusal_page(outcome)
    return go("staff.patron", handle=handle, said="unblocked")
