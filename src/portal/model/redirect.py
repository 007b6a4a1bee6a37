"""What an access server says about a browser that it sends to the sign-in page."""

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address

from portal.model.mac import MacAddress

Address = IPv4Address | IPv6Address


class Result(StrEnum):
    """What became of the browser's last request at the access server."""

    NOT_YET = "notyet"
    SUCCESS = "success"
    FAILED = "failed"
    ALREADY = "already"
    LOGOFF = "logoff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """A redirect as it was read; nothing in it is proved until it is verified."""

    result: Result
    failure: str | None  # reject, timeout, mtu, other: beside `failed` alone
    address: Address  # of the access server, as the device reaches it
    port: int
    challenge: bytes | None
    device: MacAddress
    nas_identifier: str
    session_id: str
    user_name: str | None
    user_url: str | None  # http or https, to be shown and never followed
    language: str | None
