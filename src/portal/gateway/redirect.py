"""The redirect by which an access server sends a browser to the captive portal.

Pure: values in, one URL out. The shape, the order of the parameters and the signature
are those that CoovaChilli 1.6 and 1.9 were seen to send.
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

# What CoovaChilli leaves alone; every other octet becomes %xx in lower case.
_UNESCAPED = frozenset(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()"
)
_ESCAPES = tuple(
    chr(octet) if octet in _UNESCAPED else f"%{octet:02x}" for octet in range(256)
)


class Result(StrEnum):
    """`res=`: what became of the browser's last request."""

    NOT_YET = "notyet"
    SUCCESS = "success"
    FAILED = "failed"
    ALREADY = "already"
    LOGOFF = "logoff"


class Failure(StrEnum):
    """`reason=` beside `res=failed`."""

    REJECT = "reject"
    TIMEOUT = "timeout"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """Everything a redirect can say; None (or zero, for times) leaves a field out."""

    result: Result
    failure: Failure | None = None
    uam_address: str
    uam_port: int
    challenge: bytes | None = None
    started: int | None = None
    """Seconds of the access server's uptime at sign-in: no wall clock."""
    session_time: int | None = None
    session_timeout: int = 0
    stop_time: int = 0
    """Unix time of WISPr-Session-Terminate-Time."""
    called_station: str
    user_name: str | None = None
    time_left: int = 0
    device: str
    device_address: str
    reply: str | None = None
    nas_identifier: str
    session_id: str
    user_url: str = ""


def escape(text: str) -> str:
    """Percent-encoding with lower-case digits, octet by octet of UTF-8."""
    octets = text.encode("utf-8", "surrogateescape")
    return "".join(_ESCAPES[octet] for octet in octets)


def redirect_url(uam_server: str, redirect: Redirect, uam_secret: bytes) -> str:
    """The portal's URL with the redirect's fields, signed when there is a secret.

    `md` is the upper-case MD5 of the URL up to but not including `&md=`, followed by
    the secret. It proves who built the URL, not when.
    """
    joint = "&" if "?" in uam_server else "?"
    fields = "&".join(f"{name}={value}" for name, value in _fields(redirect))
    url = f"{uam_server}{joint}{fields}"
    if not uam_secret:
        return url
    signed = hashlib.md5(url.encode() + uam_secret, usedforsecurity=False)
    return f"{url}&md={signed.hexdigest().upper()}"


def _fields(redirect: Redirect) -> list[tuple[str, str | int]]:
    fields: list[tuple[str, str | int | None]] = [
        ("res", redirect.result),
        ("reason", redirect.failure),
        ("uamip", redirect.uam_address),
        ("uamport", redirect.uam_port),
        ("challenge", redirect.challenge.hex() if redirect.challenge else None),
        ("starttime", redirect.started),
        ("sessiontime", redirect.session_time),
        ("sessiontimeout", redirect.session_timeout or None),
        ("stoptime", redirect.stop_time or None),
        ("called", escape(redirect.called_station)),
        ("uid", _escaped(redirect.user_name)),
        ("timeleft", redirect.time_left or None),
        ("mac", escape(redirect.device)),
        ("ip", redirect.device_address),
        ("reply", _escaped(redirect.reply)),
        ("nasid", escape(redirect.nas_identifier)),
        ("sessionid", redirect.session_id),
        ("userurl", escape(redirect.user_url)),
    ]
    return [(name, value) for name, value in fields if value is not None]


def _escaped(text: str | None) -> str | None:
    return None if text is None else escape(text)
