"""What real access servers do differently, as flags; each with the reason it exists.

A profile is the behaviour watched on one version of CoovaChilli; `NONE` is an access
server that follows the RFCs. Code asks for a flag and never for a product's name.
"""

from dataclasses import dataclass
from enum import StrEnum


class Limit(StrEnum):
    """A limit that an access server can be told to ignore."""

    SESSION_TIMEOUT = "session-timeout"
    IDLE_TIMEOUT = "idle-timeout"
    OCTETS = "octets"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quirks:
    """Departures from the RFCs, or from good manners, that the centre must survive."""

    name: str = "none"

    software: str = ""
    """ChilliSpot-Version (14559/8) in every request; empty: not sent."""

    swapped_octets: bool = False
    """Acct-Input-Octets is the download, told by 14559/10 = 2 (the client's view).

    RFC 2866 has it the other way round. The same turn holds for
    ChilliSpot-Max-Input- and Max-Output-Octets.
    """

    message_authenticator_last: bool = False
    """At the end of an Access-Request, not in front of it."""

    unsigned_replies: bool = False
    """Takes an Accept without Message-Authenticator, as before CVE-2024-3596."""

    fixed_retransmission: bool = False
    """Four sends 3 s apart, then the record is lost; RFC 5080 2.2.1 keeps sending."""

    accounting_from_dynauth_port: bool = False
    """One socket carries accounting out and dynamic authorization in."""

    check_seconds: float = 1.0
    """Time between two looks at the limits; a session overruns by up to this much."""

    empty_first_userurl: bool = False
    """A new device's first redirect does not know the page that was asked for."""

    first_status_redirects: bool = False
    """A new device's first /json/status is answered by a redirect, not by JSON."""

    silent_refusal: bool = False
    """After an Access-Reject or a RADIUS time-out the browser gets no reply at all."""

    silent_without_credentials: bool = False
    """/logon without a user name or a password closes the connection, no reply."""

    user_name_mandatory: bool = False
    """A Disconnect or CoA without User-Name is dropped without an answer."""

    lenient_dynauth: bool = False
    """Nothing but the user name and session id is looked at in a Disconnect or CoA.

    No Event-Timestamp window (RFC 5176 6.3), no NAS identification, no refusal of
    attributes that the access server does not know.
    """

    nak_without_cause: bool = False
    """A NAK has no Error-Cause, so "no such session" has to be guessed."""

    bare_dynauth_replies: bool = False
    """ACK and NAK carry no Message-Authenticator, whatever the request had."""

    coa_replaces_limits: bool = False
    """A CoA wipes every session limit that it does not repeat."""


NONE = Quirks()

CHILLI_1_6 = Quirks(
    name="chilli-1.6",
    software="1.6",
    swapped_octets=True,
    message_authenticator_last=True,
    unsigned_replies=True,
    fixed_retransmission=True,
    accounting_from_dynauth_port=True,
    check_seconds=3.0,
    silent_without_credentials=True,
    user_name_mandatory=True,
    lenient_dynauth=True,
    nak_without_cause=True,
    bare_dynauth_replies=True,
    coa_replaces_limits=True,
)

CHILLI_1_9 = Quirks(
    name="chilli-1.9",
    software="1.9",
    swapped_octets=True,
    message_authenticator_last=True,
    unsigned_replies=True,
    fixed_retransmission=True,
    accounting_from_dynauth_port=True,
    check_seconds=3.0,
    empty_first_userurl=True,
    first_status_redirects=True,
    silent_refusal=True,
    silent_without_credentials=True,
    user_name_mandatory=True,
    lenient_dynauth=True,
    nak_without_cause=True,
    bare_dynauth_replies=True,
    coa_replaces_limits=True,
)

PROFILES = {quirks.name: quirks for quirks in (NONE, CHILLI_1_6, CHILLI_1_9)}
