"""CoovaChilli's UAM: its signed redirects, and the addresses a browser is sent back to.

Everything is computed from what was observed on 1.6 and 1.9. The UAM secret never
leaves the portal: the portal computes the address and the phone carries it.
"""

import hashlib
import hmac
import re
from ipaddress import ip_address
from itertools import cycle
from urllib.parse import quote, unquote, urlsplit

from portal.model.mac import MacAddress
from portal.model.persian import normalise
from portal.model.redirect import Address, Redirect, Result

# A redirect longer than this overruns the buffers of the access servers themselves.
_LONGEST_QUERY = 4096
_LONGEST_USER_URL = 200
_SIGNATURE = "&md="
_MD = re.compile("[0-9A-Fa-f]{32}")
_CHALLENGE = re.compile("[0-9A-Fa-f]{32}")
_SESSION_ID = re.compile(r"[\x21-\x7e]{1,64}")


class Uam:
    """The dialect of CoovaChilli and of whatever copies it."""

    def __init__(self, *, pap: bool = False) -> None:
        self._pap = pap

    def read_redirect(self, raw_query: str) -> Redirect | None:
        """The query string exactly as received; None if it is no redirect of UAM.

        Only what `md` covers is read: whatever follows it is not the access server's.
        """
        signed = _signed_part(raw_query)
        if signed is None or len(signed) > _LONGEST_QUERY:
            return None
        fields = _fields(signed)
        if fields is None:
            return None
        try:
            return _redirect(fields)
        except (KeyError, ValueError):
            return None

    def is_genuine(self, raw_query: str, server_url: str, secret: bytes) -> bool:
        """Whether `md` was made with the secret of the server registered for this URL.

        `md` is MD5 over the URL as configured there, up to `&md=`, then the secret. A
        TLS proxy in front of us changes scheme and host, so both come from the
        registry and only the query from the wire, unparsed: its escapes are lower-case
        and would not survive being read and written again.
        """
        signed = _signed_part(raw_query)
        if signed is None or not secret:
            return False
        received = raw_query[len(signed) + len(_SIGNATURE) :].partition("&")[0]
        if _MD.fullmatch(received) is None:
            return False
        url = f"{server_url.partition('?')[0]}?{signed}".encode("utf-8", "replace")
        expected = hashlib.md5(url + secret, usedforsecurity=False).digest()
        return hmac.compare_digest(bytes.fromhex(received), expected)

    def logon_url(
        self,
        origin: str,
        *,
        user_name: str,
        password: bytes,
        challenge: bytes,
        secret: bytes,
    ) -> str:
        """Where the browser proves a ticket: CHAP with ident 0, or PAP if so asked."""
        mixed = challenge
        if secret:
            mixed = hashlib.md5(challenge + secret, usedforsecurity=False).digest()
        name = quote(user_name, safe="")
        if self._pap:
            return f"{origin}/logon?username={name}&password={_hidden(password, mixed)}"
        # RFC 1994 4.1: identifier, secret, challenge.
        proof = hashlib.md5(b"\0" + password + mixed, usedforsecurity=False)
        return f"{origin}/logon?username={name}&response={proof.hexdigest()}"

    def logoff_url(self, origin: str) -> str:
        return f"{origin}/logoff"

    def status_url(self, origin: str) -> str:
        """Comes back signed: `already` with the session, or `notyet`."""
        return f"{origin}/status"

    def prelogin_url(self, origin: str) -> str:
        """Comes back signed with a fresh challenge."""
        return f"{origin}/prelogin"


def _signed_part(raw_query: str) -> str | None:
    # The last one: `&` is escaped in every value, so no value can hold another.
    signed, joint, _ = raw_query.rpartition(_SIGNATURE)
    return signed if joint else None


def _fields(signed: str) -> dict[str, str] | None:
    """Names and values; None where a name stands twice and two readers could differ."""
    fields: dict[str, str] = {}
    for pair in signed.split("&"):
        name, _, value = pair.partition("=")
        if name in fields:
            return None
        fields[name] = unquote(value, errors="replace")
    return fields


def _redirect(fields: dict[str, str]) -> Redirect:
    session_id = fields["sessionid"]
    if _SESSION_ID.fullmatch(session_id) is None:
        raise ValueError("no session id")
    return Redirect(
        result=Result(fields["res"]),
        failure=fields.get("reason"),
        address=ip_address(fields["uamip"]),
        port=_port(fields["uamport"]),
        challenge=_challenge(fields.get("challenge", "")),
        device=MacAddress.parse(fields["mac"]),
        nas_identifier=fields.get("nasid", ""),
        session_id=session_id,
        # CoovaChilli 1.9 sends an empty one from /json/status.
        user_name=fields.get("uid") or None,
        user_url=_user_url(fields.get("userurl", "")),
        language=fields.get("lang") or None,
    )


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65536:
        raise ValueError("not a port")
    return int(text)


def _challenge(text: str) -> bytes | None:
    if not text:
        return None
    if _CHALLENGE.fullmatch(text) is None:
        raise ValueError("not a challenge")
    return bytes.fromhex(text)


def _user_url(text: str) -> str | None:
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return None
    shown = normalise(text)
    return shown if len(shown) <= _LONGEST_USER_URL else f"{shown[:200]}…"


def _hidden(password: bytes, mixed: bytes) -> str:
    pairs = zip(password, cycle(mixed), strict=False)
    return bytes(octet ^ key for octet, key in pairs).hex()


def origin(address: Address, port: int) -> str:
    """`http://address:port`, as a browser and a Content-Security-Policy write it."""
    host = f"[{address}]" if address.version == 6 else str(address)
    return f"http://{host}:{port}"
