"""What the province set up: branches, RADIUS clients, access servers, plans.

NULL in a limit column means unlimited.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from portal.storage.tables.base import metadata
from portal.storage.types import Instant

branch = Table(
    "branch",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("name_fa", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
)


radius_client = Table(
    "radius_client",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    # CIDR; the longest matching prefix wins.
    Column("network", Text, nullable=False, unique=True),
    Column("require_message_authenticator", Boolean, nullable=False),
    Column("limit_proxy_state", Boolean, nullable=False),
    Column("is_proxy", Boolean, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
)


radius_secret = Table(
    "radius_secret",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("client_id", ForeignKey("radius_client.id"), nullable=False, index=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("valid_from", Instant, nullable=False),
    Column("valid_until", Instant),
)


nas = Table(
    "nas",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("branch_id", ForeignKey("branch.id"), nullable=False, index=True),
    Column("client_id", ForeignKey("radius_client.id"), nullable=False),
    Column("name", Text, nullable=False, unique=True),
    Column("profile", Text, nullable=False),
    # How the NAS names itself inside its client: NAS-Identifier, NAS-IP-Address.
    Column("identifier", Text),
    Column("address", Text),
    # The sign-in address configured at the NAS; `md` is computed over it.
    Column("uam_server_url", Text, nullable=False),
    # Where the NAS's own UAM pages may live: networks (comma separated CIDR) and port.
    Column("uam_networks", Text, nullable=False),
    Column("uam_port", Integer, nullable=False),
    Column("uam_secret_sealed", LargeBinary),
    Column("dynauth_address", Text),
    Column("dynauth_port", Integer, nullable=False),
    Column("dynauth_secret_sealed", LargeBinary),
    Column("interim_interval", Integer, nullable=False),
    Column("line_rate", BigInteger, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    # Any verified packet; since when there was no gap; the last Accounting-On or -Off.
    Column("heard_at", Instant),
    Column("restarted_at", Instant),
    Column("heard_since", Instant),
    UniqueConstraint("client_id", "identifier"),
    UniqueConstraint("client_id", "address"),
)


plan = Table(
    "plan",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("name_fa", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
)


# Terms never change in place: a session keeps the version it was granted under.
plan_version = Table(
    "plan_version",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("plan_id", ForeignKey("plan.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("time_per_day", Integer),  # seconds
    Column("data_per_day", BigInteger),  # octets, both directions
    Column("speed_down", BigInteger),  # bits per second
    Column("speed_up", BigInteger),
    Column("devices", Integer),
    Column("idle_timeout", Integer),  # seconds
    Column("longest_session", Integer),  # seconds
    UniqueConstraint("plan_id", "version"),
)
