"""Pages that need no session: how to get online, help, and what is kept of a visit."""

from flask import Response

from portal.web.captive.page import in_other_language, show, speak
from portal.web.captive.services import options


def _page(template: str) -> Response:
    speak()
    return show(template, other_language_url=in_other_language())


def alone() -> Response:
    """`/`: whoever came here without being sent."""
    return _page("alone")


def help_() -> Response:
    return _page("help")


def privacy() -> Response:
    speak()
    return show(
        "privacy",
        days=options().retention_days,
        other_language_url=in_other_language(),
    )


def terms() -> Response:
    return _page("terms")


def resources() -> Response:
    return _page("resources")


def account() -> Response:
    return _page("account")
