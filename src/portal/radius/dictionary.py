"""Names and kinds of attributes for people: what `describe` prints."""

from enum import Enum, IntEnum, auto

from portal.radius import attributes as numbers
from portal.radius.attributes import AttributeType as A
from portal.radius.attributes import Vendor
from portal.radius.codes import (
    AcctStatusType,
    ErrorCause,
    NasPortType,
    ServiceType,
    TerminateCause,
)


class Kind(Enum):
    """How an attribute's octets read."""

    TEXT = auto()
    INTEGER = auto()
    ADDRESS = auto()
    DATE = auto()
    OCTETS = auto()
    SECRET = auto()


# Words whose usual spelling is not Capital-then-small.
_SPELLING = {
    word.upper(): word
    for word in (
        *("ACK", "ACL", "AP", "AVPair", "CHAP", "CHAP2", "CP", "CoA", "DL", "EAP"),
        *("IP", "IPv6", "MPPE", "MTU", "NAK", "NAS", "QOS", "SSID", "UAM", "UL"),
        *("URL", "VLAN", "VLANID", "WISPr"),
    )
}


def name(member: IntEnum) -> str:
    """Return the RFC's spelling: ACCT_SESSION_ID is Acct-Session-Id."""
    words = (_SPELLING.get(word, word.capitalize()) for word in member.name.split("_"))
    return "-".join(words)


_KINDS: dict[Kind, set[A]] = {
    Kind.INTEGER: {
        A.NAS_PORT,
        A.SERVICE_TYPE,
        A.FRAMED_PROTOCOL,
        A.FRAMED_MTU,
        A.LOGIN_SERVICE,
        A.SESSION_TIMEOUT,
        A.IDLE_TIMEOUT,
        A.TERMINATION_ACTION,
        A.ACCT_STATUS_TYPE,
        A.ACCT_DELAY_TIME,
        A.ACCT_INPUT_OCTETS,
        A.ACCT_OUTPUT_OCTETS,
        A.ACCT_AUTHENTIC,
        A.ACCT_SESSION_TIME,
        A.ACCT_INPUT_PACKETS,
        A.ACCT_OUTPUT_PACKETS,
        A.ACCT_TERMINATE_CAUSE,
        A.ACCT_LINK_COUNT,
        A.ACCT_INPUT_GIGAWORDS,
        A.ACCT_OUTPUT_GIGAWORDS,
        A.NAS_PORT_TYPE,
        A.PORT_LIMIT,
        A.ACCT_INTERIM_INTERVAL,
        A.ERROR_CAUSE,
    },
    Kind.ADDRESS: {
        A.NAS_IP_ADDRESS,
        A.FRAMED_IP_ADDRESS,
        A.FRAMED_IP_NETMASK,
        A.LOGIN_IP_HOST,
        A.NAS_IPV6_ADDRESS,
        A.FRAMED_IPV6_ADDRESS,
    },
    Kind.DATE: {A.EVENT_TIMESTAMP},
    Kind.OCTETS: {
        A.STATE,
        A.CLASS,
        A.VENDOR_SPECIFIC,
        A.PROXY_STATE,
        A.CHAP_CHALLENGE,
        A.TUNNEL_TYPE,
        A.TUNNEL_MEDIUM_TYPE,
        A.MESSAGE_AUTHENTICATOR,
        A.TUNNEL_PRIVATE_GROUP_ID,
        A.CHARGEABLE_USER_IDENTITY,
        A.FRAMED_INTERFACE_ID,
        A.FRAMED_IPV6_PREFIX,
        A.EAP_KEY_NAME,
        A.DELEGATED_IPV6_PREFIX,
    },
    # An EAP-Message can be a one-time password or a TLS tunnel's outside: not shown.
    Kind.SECRET: {A.USER_PASSWORD, A.CHAP_PASSWORD, A.TUNNEL_PASSWORD, A.EAP_MESSAGE},
}

STANDARD: dict[int, tuple[str, Kind]] = {
    number: (name(number), Kind.TEXT) for number in A
}
for _kind, _members in _KINDS.items():
    STANDARD.update((number, (name(number), _kind)) for number in _members)

_VENDORS: dict[Vendor, tuple[str, type[IntEnum]]] = {
    Vendor.CISCO: ("Cisco", numbers.Cisco),
    Vendor.MICROSOFT: ("MS", numbers.Microsoft),
    Vendor.HUAWEI: ("Huawei", numbers.Huawei),
    Vendor.WISPR: ("WISPr", numbers.Wispr),
    Vendor.AIRESPACE: ("Airespace", numbers.Airespace),
    Vendor.CHILLISPOT: ("ChilliSpot", numbers.ChilliSpot),
    Vendor.ARUBA: ("Aruba", numbers.Aruba),
    Vendor.MIKROTIK: ("Mikrotik", numbers.Mikrotik),
    Vendor.RUCKUS: ("Ruckus", numbers.Ruckus),
    Vendor.H3C: ("H3C", numbers.H3c),
    Vendor.MERAKI: ("Meraki", numbers.Meraki),
}

# The rest of a vendor's attributes is text.
_VENDOR_INTEGERS: dict[Vendor, frozenset[int]] = {
    Vendor.HUAWEI: frozenset((1, 2, 3, 4, 5, 6, 15, 128)),
    Vendor.WISPR: frozenset((5, 6, 7, 8)),
    Vendor.AIRESPACE: frozenset((1, 2, 7, 8, 9, 10, 13, 14, 15, 16)),
    Vendor.CHILLISPOT: frozenset((1, 2, 3, 4, 5, 10, 11, 12, 15, 21, 22, 23, 24)),
    Vendor.ARUBA: frozenset((2,)),
    Vendor.MIKROTIK: frozenset((1, 2, 13, 14, 15, 17, 18, 26)),
    Vendor.RUCKUS: frozenset((6, 127, 132, 144)),
    Vendor.H3C: frozenset((15,)),
}


def _vendor_kind(vendor: Vendor, number: int) -> Kind:
    if vendor is Vendor.MICROSOFT:
        return Kind.SECRET
    if (vendor, number) == (Vendor.MIKROTIK, numbers.Mikrotik.HOST_IP):
        return Kind.ADDRESS
    if number in _VENDOR_INTEGERS.get(vendor, ()):
        return Kind.INTEGER
    return Kind.TEXT


VENDOR: dict[tuple[int, int], tuple[str, Kind]] = {
    (vendor, number): (f"{prefix}-{name(number)}", _vendor_kind(vendor, number))
    for vendor, (prefix, members) in _VENDORS.items()
    for number in members
}

MEANINGS: dict[int, type[IntEnum]] = {
    A.SERVICE_TYPE: ServiceType,
    A.ACCT_STATUS_TYPE: AcctStatusType,
    A.ACCT_TERMINATE_CAUSE: TerminateCause,
    A.NAS_PORT_TYPE: NasPortType,
    A.ERROR_CAUSE: ErrorCause,
}
