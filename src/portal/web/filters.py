"""The template filters: every figure of `presentation`, and codes safe in bidi text.

`{{ octets|size }}`, `{{ seconds|duration }}`, `{{ instant|when }}`, `{{ mac|code }}`.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo

from flask import Flask, current_app, g
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from portal.web import i18n
from portal.web.presentation import Presentation, whole_seconds


def code(text: object) -> Markup:
    """A code, address or Latin name, isolated from the direction around it."""
    return Markup('<bdi dir="ltr">{}</bdi>').format(text)


def last4(end_of_number: str) -> Markup:
    """The end of a card number, all that a list may show."""
    return code(f"…{end_of_number}")


def sized(octets: int | None) -> Markup:
    """A compact size with the exact one in its title."""
    here = current()
    if octets is None:
        return Markup("{}").format(here.size(None))
    return Markup('<data value="{}" title="{}">{}</data>').format(
        octets, here.size_exact(octets), here.size(octets)
    )


def lasted(length: timedelta | float | None) -> Markup:
    """A duration in words with hours, minutes and seconds in its title."""
    here = current()
    if length is None:
        return Markup("{}").format(here.duration(None))
    return Markup('<time datetime="PT{}S" title="{}">{}</time>').format(
        whole_seconds(length), here.duration_exact(length), here.duration(length)
    )


def when(instant: datetime | None) -> Markup:
    """Day word and time, with the full date and seconds in the title."""
    here = current()
    if instant is None:
        return Markup("—")
    stamp = instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        stamp, here.moment_exact(instant), here.moment(instant)
    )


# --------------------------------------------------------------------------- request

_EXTENSION = "portal.presentation"
_FIGURES = (
    *("digits", "number", "percent", "size", "size_exact", "speed"),
    *("duration", "duration_exact", "day", "day_short", "day_field", "month"),
    *("day_word", "clock", "clock_exact", "moment", "moment_exact", "days"),
)


def register(app: Flask, *, clock: Callable[[], datetime], tz: tzinfo) -> None:
    """Give templates a filter for every figure: `{{ octets|size }}`, `{{ at|when }}`.

    `tz` is shown where a view names no branch (`show_times_of`).
    """
    app.extensions[_EXTENSION] = (clock, tz)
    filters = app.jinja_env.filters
    filters.update({name: _at_render(_figure(name)) for name in _FIGURES})
    filters.update(
        sized=_at_render(sized), lasted=_at_render(lasted), when=_at_render(when)
    )
    filters.update(code=code, last4=last4)


def show_times_of(tz: tzinfo) -> None:
    """Show this page's days and times as the walls of a branch show them."""
    g.presentation_tz = tz


def current() -> Presentation:
    """The presentation of the page being made: one language, one place, one moment."""
    clock, tz = current_app.extensions[_EXTENSION]
    if "presentation_now" not in g:
        g.presentation_now = clock()
    return Presentation(
        i18n.language(), g.get("presentation_tz", tz), g.presentation_now
    )


def _figure(name: str) -> Callable[..., str]:
    def figure(*values: object, **options: object) -> str:
        shown: str = getattr(current(), name)(*values, **options)
        return shown

    return figure


def _at_render(shown: Callable[..., str]) -> Callable[..., str]:
    """Keep Jinja from folding `{{ 30|number }}` into one language when it compiles."""

    @pass_context
    def filter_(_context: Context, *values: object, **options: object) -> str:
        return shown(*values, **options)

    return filter_
