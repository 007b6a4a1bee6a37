"""Attribute numbers by their RFC and dictionary names; how they print is dictionary.py.

Only numbers this product reads, sends or shows. Unknown ones travel as raw octets.
"""

from enum import IntEnum


class AttributeType(IntEnum):
    """Attribute types of the RFCs; the spelling is the RFC's, with underscores."""

    USER_NAME = 1
    USER_PASSWORD = 2
    CHAP_PASSWORD = 3
    NAS_IP_ADDRESS = 4
    NAS_PORT = 5
    SERVICE_TYPE = 6
    FRAMED_PROTOCOL = 7
    FRAMED_IP_ADDRESS = 8
    FRAMED_IP_NETMASK = 9
    FILTER_ID = 11
    FRAMED_MTU = 12
    LOGIN_IP_HOST = 14
    LOGIN_SERVICE = 15
    REPLY_MESSAGE = 18
    STATE = 24
    CLASS = 25
    VENDOR_SPECIFIC = 26
    SESSION_TIMEOUT = 27
    IDLE_TIMEOUT = 28
    TERMINATION_ACTION = 29
    CALLED_STATION_ID = 30
    CALLING_STATION_ID = 31
    NAS_IDENTIFIER = 32
    PROXY_STATE = 33
    ACCT_STATUS_TYPE = 40
    ACCT_DELAY_TIME = 41
    ACCT_INPUT_OCTETS = 42
    ACCT_OUTPUT_OCTETS = 43
    ACCT_SESSION_ID = 44
    ACCT_AUTHENTIC = 45
    ACCT_SESSION_TIME = 46
    ACCT_INPUT_PACKETS = 47
    ACCT_OUTPUT_PACKETS = 48
    ACCT_TERMINATE_CAUSE = 49
    ACCT_MULTI_SESSION_ID = 50
    ACCT_LINK_COUNT = 51
    ACCT_INPUT_GIGAWORDS = 52
    ACCT_OUTPUT_GIGAWORDS = 53
    EVENT_TIMESTAMP = 55
    CHAP_CHALLENGE = 60
    NAS_PORT_TYPE = 61
    PORT_LIMIT = 62
    TUNNEL_TYPE = 64
    TUNNEL_MEDIUM_TYPE = 65
    TUNNEL_PASSWORD = 69
    CONNECT_INFO = 77
    EAP_MESSAGE = 79
    MESSAGE_AUTHENTICATOR = 80
    TUNNEL_PRIVATE_GROUP_ID = 81
    ACCT_INTERIM_INTERVAL = 85
    NAS_PORT_ID = 87
    FRAMED_POOL = 88
    CHARGEABLE_USER_IDENTITY = 89
    NAS_FILTER_RULE = 92
    NAS_IPV6_ADDRESS = 95
    FRAMED_INTERFACE_ID = 96
    FRAMED_IPV6_PREFIX = 97
    ERROR_CAUSE = 101
    EAP_KEY_NAME = 102
    DELEGATED_IPV6_PREFIX = 123
    OPERATOR_NAME = 126
    FRAMED_IPV6_ADDRESS = 168


class Vendor(IntEnum):
    """IANA enterprise numbers of the vendors whose attributes we know."""

    CISCO = 9
    MICROSOFT = 311
    HUAWEI = 2011
    WISPR = 14122
    AIRESPACE = 14179
    CHILLISPOT = 14559
    ARUBA = 14823
    MIKROTIK = 14988
    RUCKUS = 25053
    H3C = 25506
    MERAKI = 29671


class Cisco(IntEnum):
    """Vendor 9: one text attribute of name=value pairs."""

    AVPAIR = 1


class Microsoft(IntEnum):
    """Vendor 311, RFC 2548: keys and MS-CHAP, never printed."""

    CHAP_RESPONSE = 1
    CHAP_CHALLENGE = 11
    CHAP_MPPE_KEYS = 12
    MPPE_SEND_KEY = 16
    MPPE_RECV_KEY = 17
    CHAP2_RESPONSE = 25
    CHAP2_SUCCESS = 26


class Huawei(IntEnum):
    """Vendor 2011: rates in bit/s."""

    INPUT_BURST_SIZE = 1
    INPUT_AVERAGE_RATE = 2
    INPUT_PEAK_RATE = 3
    OUTPUT_BURST_SIZE = 4
    OUTPUT_AVERAGE_RATE = 5
    OUTPUT_PEAK_RATE = 6
    REMANENT_VOLUME = 15
    PORTAL_URL = 27
    REMAIN_TIME = 128
    HTTP_REDIRECT_URL = 140
    DOWN_QOS_PROFILE = 182
    AVPAIR = 188


class Wispr(IntEnum):
    """Vendor 14122: bandwidths in bit/s, terminate time ISO 8601 with a zone."""

    LOCATION_ID = 1
    LOCATION_NAME = 2
    LOGOFF_URL = 3
    REDIRECTION_URL = 4
    BANDWIDTH_MIN_UP = 5
    BANDWIDTH_MIN_DOWN = 6
    BANDWIDTH_MAX_UP = 7
    BANDWIDTH_MAX_DOWN = 8
    SESSION_TERMINATE_TIME = 9
    SESSION_TERMINATE_END_OF_DAY = 10
    BILLING_CLASS_OF_SERVICE = 11


class Airespace(IntEnum):
    """Vendor 14179, Cisco's wireless controllers: contracts in kbit/s."""

    WLAN_ID = 1
    QOS_LEVEL = 2
    ACL_NAME = 6
    DATA_BANDWIDTH_AVERAGE_DOWN = 7
    REAL_TIME_BANDWIDTH_AVERAGE_DOWN = 8
    DATA_BANDWIDTH_BURST_DOWN = 9
    REAL_TIME_BANDWIDTH_BURST_DOWN = 10
    DATA_BANDWIDTH_AVERAGE_UP = 13
    REAL_TIME_BANDWIDTH_AVERAGE_UP = 14
    DATA_BANDWIDTH_BURST_UP = 15
    REAL_TIME_BANDWIDTH_BURST_UP = 16


class ChilliSpot(IntEnum):
    """Vendor 14559, CoovaChilli: octet limits 64-bit in two halves, kbit/s."""

    MAX_INPUT_OCTETS = 1
    MAX_OUTPUT_OCTETS = 2
    MAX_TOTAL_OCTETS = 3
    BANDWIDTH_MAX_UP = 4
    BANDWIDTH_MAX_DOWN = 5
    CONFIG = 6
    LANG = 7
    VERSION = 8
    ORIGINAL_URL = 9
    # 2 = client: Acct-Input is what the device received; the RFC says the reverse.
    ACCT_VIEW_POINT = 10
    REQUIRE_UAM = 11
    REQUIRE_SPLASH = 12
    SESSION_STATE = 15
    SESSION_ID = 16
    AP_SESSION_ID = 17
    USER_AGENT = 18
    ACCEPT_LANGUAGE = 19
    MAX_INPUT_GIGAWORDS = 21
    MAX_OUTPUT_GIGAWORDS = 22
    MAX_TOTAL_GIGAWORDS = 23
    VLAN_ID = 24
    LOCATION = 25
    INJECT_URL = 70


class Aruba(IntEnum):
    """Vendor 14823."""

    USER_ROLE = 1
    USER_VLAN = 2
    ESSID_NAME = 5
    LOCATION_ID = 6
    AP_GROUP = 10
    DEVICE_TYPE = 12
    CAPTIVE_PORTAL_URL = 43


class Mikrotik(IntEnum):
    """Vendor 14988, RouterOS: receive is what the device uploads; limits in octets."""

    RECV_LIMIT = 1
    XMIT_LIMIT = 2
    GROUP = 3
    RATE_LIMIT = 8
    REALM = 9
    HOST_IP = 10
    ADVERTISE_URL = 12
    ADVERTISE_INTERVAL = 13
    RECV_LIMIT_GIGAWORDS = 14
    XMIT_LIMIT_GIGAWORDS = 15
    TOTAL_LIMIT = 17
    TOTAL_LIMIT_GIGAWORDS = 18
    ADDRESS_LIST = 19
    VLANID = 26
    SWITCHING_FILTER = 30


class Ruckus(IntEnum):
    """Vendor 25053."""

    USER_GROUPS = 1
    SSID = 3
    LOCATION = 5
    GRACE_PERIOD = 6
    ZONE_ID = 127
    WISPR_REDIRECT_POLICY = 132
    ZONE_NAME = 134
    WLAN_NAME = 135
    CP_TOKEN = 143
    MAX_DL_UL_QUOTA = 144


class H3c(IntEnum):
    """Vendor 25506."""

    REMANENT_VOLUME = 15
    USER_GROUP = 140
    WEB_URL = 250


class Meraki(IntEnum):
    """Vendor 29671: for information only."""

    DEVICE_NAME = 1
    NETWORK_NAME = 2
    AP_NAME = 3
    AP_TAGS = 4
