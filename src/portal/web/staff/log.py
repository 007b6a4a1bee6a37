"""The usage log of a branch: days, rows, a name on request, the file."""

from zoneinfo import ZoneInfo

from flask import Response as FlaskResponse
from flask import request, url_for
from werkzeug.wrappers import Response

from portal.model.calendar import DayRange, Preset, local_day
from portal.model.estate import Branch
from portal.model.session import SessionRef
from portal.service.staff_refusal import RefusalReason, Refused
from portal.service.usage_log import LONGEST_EXPORT
from portal.web import filters
from portal.web.access import allow
from portal.web.filters import show_times_of
from portal.web.i18n import N_, gettext
from portal.web.office import browser, words
from portal.web.office.page import EVERY_ROLE, local, problem, refusal_page, show
from portal.web.office.services import services
from portal.web.office.typed import (
    TypedDays,
    day_text,
    parse_number,
    parse_ref,
    ref_text,
    typed_days,
)
from portal.web.staff.blueprint import pages

_PRESETS = {
    Preset.TODAY: N_("Today"),
    Preset.YESTERDAY: N_("Yesterday"),
    Preset.THIS_WEEK: N_("This week"),
    Preset.THIS_MONTH: N_("This month"),
    Preset.LAST_MONTH: N_("Last month"),
}


@pages.get("/log")
@allow(*EVERY_ROLE)
def log() -> Response:
    chosen = _chosen_branch()
    if isinstance(chosen, Refused):
        return refusal_page(chosen)
    branch, offered = chosen
    typed = _typed(branch)
    before = parse_ref(request.args.get("before", ""))
    page = services().usage_log.page(
        browser.signed_in(),
        branch.id,
        typed.days,
        before,
    )
    if isinstance(page, Refused):
        return refusal_page(page)
    return show(
        "staff/log",
        page=page,
        offered=[(b.id, local(b.name_fa, b.name_en)) for b in offered],
        presets=_presets(branch, typed.days),
        errors={name: gettext(words.DATES[why]) for name, why in typed.errors.items()},
        typed={name: request.args.get(name, "") for name in typed.errors},
        days_text=(day_text(typed.days.from_day), day_text(typed.days.until_day)),
        older=_address(branch, typed.days, page.older) if page.older else "",
        newest=_address(branch, typed.days) if before else "",
        before=ref_text(before) if before else "",
    )


@pages.post("/log/export")
@allow(*EVERY_ROLE)
def log_export() -> Response:
    chosen = _chosen_branch()
    if isinstance(chosen, Refused):
        return refusal_page(chosen)
    export = services().usage_log.export(
        browser.signed_in(), chosen[0].id, _typed(chosen[0]).days
    )
    if isinstance(export, Refused):
        return _no_file(export)
    file = FlaskResponse(export.chunks, mimetype="text/csv")
    file.headers.set("Content-Disposition", "attachment", filename=export.filename)
    return file


def _no_file(refused: Refused) -> Response:
    if refused.reason is not RefusalReason.TOO_LONG:
        return refusal_page(refused)
    days = filters.current().number(LONGEST_EXPORT.days)
    return problem(
        gettext("A file holds at most %(count)s days.", count=days),
        gettext("Go back and choose a shorter range."),
        409,
    )


@pages.post("/log/<ref:ref>/name")
@allow(*EVERY_ROLE)
def log_name(ref: SessionRef) -> Response:
    """Who stands behind a row; a page of its own, which no history keeps."""
    revealed = services().usage_log.reveal(browser.signed_in(), ref)
    if isinstance(revealed, Refused):
        return refusal_page(revealed)
    return show("staff/log_name", revealed=revealed, back=_back())


def _back() -> str:
    """The page of the log that the button stood on."""
    kept = {
        name: request.form[name]
        for name in ("branch", "from", "until", "before")
        if request.form.get(name)
    }
    return url_for("staff.log", **kept)  # type: ignore[arg-type]


def _chosen_branch() -> tuple[Branch, list[Branch]] | Refused:
    """The branch asked for, or the first that this person may read."""
    offered = services().usage_log.branches(browser.signed_in())
    asked = request.values.get("branch", "")
    for branch in offered:
        if not asked or branch.id == parse_number(asked):
            show_times_of(ZoneInfo(branch.time_zone))
            return branch, offered
    return Refused(RefusalReason.OTHER_BRANCH)


def _typed(branch: Branch) -> TypedDays:
    today = local_day(services().clock(), ZoneInfo(branch.time_zone))
    values = request.values
    return typed_days(values.get("from", ""), values.get("until", ""), today)


def _presets(branch: Branch, days: DayRange) -> list[tuple[str, str, bool]]:
    today = local_day(services().clock(), ZoneInfo(branch.time_zone))
    return [
        (
            gettext(label),
            _address(branch, preset.days(today)),
            preset.days(today) == days,
        )
        for preset, label in _PRESETS.items()
    ]


def _address(branch: Branch, days: DayRange, before: SessionRef | None = None) -> str:
    values: dict[str, object] = {
        "branch": branch.id,
        "from": day_text(days.from_day),
        "until": day_text(days.until_day),
    }
    if before is not None:
        values["before"] = ref_text(before)
    return url_for("staff.log", **values)  # type: ignore[arg-type]
