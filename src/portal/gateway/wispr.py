"""The body of a UAM redirect: a page for people, WISPr XML for smart clients. Pure.

The XML stands in an HTML comment, where CoovaChilli puts it; nothing that came from
outside may end that comment.
"""

from dataclasses import dataclass
from html import escape

from portal.gateway.redirect import Failure, Redirect, Result

_NAMESPACES = (
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xsi:noNamespaceSchemaLocation="http://www.wballiance.net/wispr_2_0.xsd"'
)


@dataclass(frozen=True, slots=True)
class _Message:
    """WISPr 1.0: the name of the element, its type, its response code."""

    element: str
    number: int
    code: int


_REJECTED = _Message("AuthenticationReply", 120, 100)
_MESSAGES = {
    Result.NOT_YET: _Message("Redirect", 100, 0),
    Result.SUCCESS: _Message("AuthenticationReply", 120, 50),
    Result.FAILED: _REJECTED,
    Result.ALREADY: _Message("AuthenticationReply", 120, 102),
    Result.LOGOFF: _Message("LogoffReply", 130, 150),
}
_FAILURES = {Failure.TIMEOUT: _Message("AuthenticationReply", 120, 102)}


def body(redirect: Redirect, url: str) -> bytes:
    """The page that goes with a redirect to `url`."""
    message = _MESSAGES[redirect.result]
    if redirect.failure is not None:
        message = _FAILURES.get(redirect.failure, message)
    base = f"http://{redirect.uam_address}:{redirect.uam_port}"
    lines = [f"<MessageType>{message.number}</MessageType>"]
    lines.append(f"<ResponseCode>{message.code}</ResponseCode>")
    match redirect.result:
        case Result.NOT_YET:
            lines += [
                "<AccessProcedure>1.0</AccessProcedure>",
                f"<AccessLocation>{_inside(redirect.nas_identifier)}</AccessLocation>",
                f"<LocationName>{_inside(redirect.nas_identifier)}</LocationName>",
                f"<LoginURL>{_inside(url)}</LoginURL>",
                f"<AbortLoginURL>{_inside(base)}/abort</AbortLoginURL>",
            ]
        case Result.SUCCESS:
            lines.append(f"<LogoffURL>{_inside(base)}/logoff</LogoffURL>")
        case _:
            pass
    if redirect.reply:
        lines.append(f"<ReplyMessage>{_inside(redirect.reply)}</ReplyMessage>")
    inner = "\n".join(lines)
    page = (
        f'<html><body><p><a href="{escape(url)}">{escape(redirect.result)}</a></p>\n'
        "<!--\n"
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<WISPAccessGatewayParam {_NAMESPACES}>\n"
        f"<{message.element}>\n{inner}\n</{message.element}>\n"
        "</WISPAccessGatewayParam>\n-->\n</body></html>\n"
    )
    return page.encode("utf-8", "replace")


def _inside(text: str) -> str:
    # Two hyphens would end the comment in some parsers (HTML 13.1.6).
    return escape(text).replace("--", "-&#45;")
