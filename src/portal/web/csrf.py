"""Whether a form came from a page of ours: Sec-Fetch-Site, then Origin, then a token.

Browsers of today say where a request comes from, and a page cannot forge these headers.
The token in the form covers browsers that say nothing.
"""

from urllib.parse import urlsplit

from werkzeug.datastructures import Headers

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def from_elsewhere(headers: Headers, *, host: str, own_url: str) -> bool:
    """Whether the browser itself says that another site made this request.

    `host` is the Host header, `own_url` the address that the installation goes by.
    """
    site = headers.get("Sec-Fetch-Site")
    if site is not None:
        # "none" is the person at the browser: an address typed, a page reloaded.
        return site not in {"same-origin", "none"}
    origin = headers.get("Origin")
    if origin is None:
        return False
    if origin == "null":
        return True
    try:
        named = urlsplit(origin).netloc
    except ValueError:
        return True
    return named not in {host, urlsplit(own_url).netloc}
