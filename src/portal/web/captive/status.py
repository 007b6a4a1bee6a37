"""`/s/<token>`: what is left of a session, and the button that ends it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from portal.service.door import Door
from portal.service.remaining import Remaining
from portal.service.visit import Visit
from portal.web import i18n
from portal.web.captive import sentences
from portal.web.captive.page import (
    at_branch,
    at_library,
    in_other_language,
    moment,
    show,
    speak,
)
from portal.web.captive.problem import Step, show_problem
from portal.web.captive.services import services
from portal.web.i18n import gettext

# The meter turns to the warning colour at a quarter of an hour.
_TIME_IS_LOW = 15 * 60
# Less than this is rounding, not another limit.
_SOONER = 120


def status(token: str) -> Response:
    """GET: figures as of now."""
    visit = services().visits.look(token)
    speak(visit.session.language if visit else None)
    if visit is None:
        return _unknown()
    door = _door(visit)
    at_branch(door)
    if door is None:
        at_library(services().arrivals.library(visit.session.nas_id))
    if not visit.session.state.live:
        return _ended(token, visit, door)
    figures = _Figures.of(visit)
    return show(
        "status",
        token=token,
        visit=visit,
        figures=figures,
        renewed=moment(figures.renews_at) if figures.renews_at else None,
        ends=moment(figures.ends_at) if figures.ends_at else None,
        update_url=_address(token, door, i18n.language()),
        end_url=_address(token, door, i18n.language()),
        other_language_url=_address(token, door, i18n.language().other),
    )


def end(token: str) -> Response:
    """POST: end it here, and at the access server, which then says `res=logoff`."""
    visit = services().visits.end(token)
    speak(visit.session.language if visit else None)
    if visit is None:
        return _unknown()
    door = _door(visit)
    if door is not None:
        return redirect(services().arrivals.logoff_url(door), 303)
    # Its end is on its way by RADIUS alone: the page says how far that has come.
    return redirect(_address(token, None, i18n.language()), 303)


def status_address(token: str, door: Door) -> str:
    """Where a browser that has just signed in finds its session.

    The access server's address is no secret and proves nothing: it is looked up in the
    registry when it is used, and only says where "sign out" leads.
    """
    return url_for("status", token=token, at=str(door.address))


def _address(token: str, door: Door | None, language: str) -> str:
    at = str(door.address) if door else None
    return url_for("status", token=token, at=at, lang=language)


def _door(visit: Visit) -> Door | None:
    address = request.args.get("at", "")
    return services().arrivals.door(visit.session.nas_id, address)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Figures:
    """What the page shows of a patron's allowance; None where it is unlimited."""

    time_left: int | None = None
    time_most: int | None = None
    time_low: int = _TIME_IS_LOW
    octets_left: int | None = None
    octets_most: int | None = None
    octets_low: int = 0
    renews_at: datetime | None = None
    ends_at: datetime | None = None  # when this session ends before the allowance does

    @classmethod
    def of(cls, visit: Visit) -> Self:
        left = visit.status.remaining
        if left is None:
            # An open session that is nobody's: there is no allowance to show.
            return cls()
        terms, extra = left.terms, left.extra
        octets = _sum(terms.data_per_day, extra.octets)
        limited = left.time_left is not None or left.octets_left is not None
        return cls(
            time_left=left.time_left,
            time_most=_sum(terms.time_per_day, extra.seconds),
            octets_left=left.octets_left,
            octets_most=octets,
            octets_low=(octets or 0) // 10,
            renews_at=left.renews_at if limited else None,
            ends_at=_sooner(visit, left),
        )


def _sum(usual: int | None, extra: int) -> int | None:
    return None if usual is None else usual + extra


def _sooner(visit: Visit, left: Remaining) -> datetime | None:
    seconds = visit.status.seconds_left
    if seconds is None:
        return None
    if left.time_left is not None and seconds > left.time_left - _SOONER:
        return None
    return visit.now + timedelta(seconds=seconds)


def _unknown() -> Response:
    start = Step(gettext("How to get online"), url_for("alone", lang=i18n.language()))
    return show_problem(
        sentences.SESSION_UNKNOWN.said(),
        404,
        step=start,
        other_language_url=in_other_language(),
    )


def _ended(token: str, visit: Visit, door: Door | None) -> Response:
    again = services().arrivals.prelogin_url(door) if door else None
    return show(
        "ended",
        visit=visit,
        words=sentences.spent(visit.status.remaining, visit.now),
        again_url=again,
        other_language_url=_address(token, door, i18n.language().other),
    )
