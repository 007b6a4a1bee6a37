"""Response headers that keep a page to itself, in both processes."""

from collections.abc import Iterable

from werkzeug.datastructures import Headers

PROTECTION = {
    # The address of a page holds a token or a device; it is nobody else's business.
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    # For browsers too old for frame-ancestors.
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def content_policy(
    *, form_targets: Iterable[str] = (), sources: Iterable[str] = ("style-src 'self'",)
) -> str:
    """A Content-Security-Policy that allows nothing but what is named.

    `form_targets` are origins beyond our own. Chromium holds a redirect after a POST
    to form-action as well, so every stop on the way belongs in it.
    """
    targets = " ".join(["'self'", *dict.fromkeys(form_targets)])
    return "; ".join(
        [
            "default-src 'none'",
            *sources,
            f"form-action {targets}",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ]
    )


def protect(headers: Headers, policy: str) -> None:
    """Add what every page carries; what a view has set already stands."""
    headers.setdefault("Content-Security-Policy", policy)
    for name, value in PROTECTION.items():
        headers.setdefault(name, value)
