"""Every table, once, for both databases.

Sessions and accounting records carry the month of the session's first record: on
PostgreSQL they are partitioned by it, so that retention drops a partition and a look-up
by (month, id) touches one. NULL in a limit column means unlimited.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from portal.storage.types import Instant

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

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
    # Any verified packet; the last Accounting-On or -Off.
    Column("heard_at", Instant),
    Column("restarted_at", Instant),
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

patron = Table(
    "patron",
    metadata,
    Column("id", Integer, primary_key=True),
    # The pseudonym that logs, audit entries and exports use.
    Column("handle", Text, nullable=False, unique=True),
    Column("home_branch_id", ForeignKey("branch.id"), nullable=False),
    Column("plan_id", ForeignKey("plan.id"), nullable=False),
    Column("pin_hash", Text),
    Column("blocked_until", Instant),
    Column("block_note", Text),
    Column("valid_until", Instant),
    Column("created_at", Instant, nullable=False),
    Column("erased_at", Instant),
)

# Personal values stand apart so that they can be erased and the ledger kept.
patron_person = Table(
    "patron_person",
    metadata,
    Column("patron_id", ForeignKey("patron.id"), primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),
    Column("name_sort", Text, nullable=False, index=True),
)

patron_identifier = Table(
    "patron_identifier",
    metadata,
    Column("patron_id", ForeignKey("patron.id"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("key_id", SmallInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False),  # keyed hash for look-ups
    Column("sealed", LargeBinary, nullable=False),
    Column("last4", Text, nullable=False),
    Index("ix_patron_identifier_kind_digest", "kind", "digest"),
    # A family may share one phone; a card or a national ID is one person's.
    Index(
        "uq_patron_identifier_kind_digest",
        "kind",
        "digest",
        unique=True,
        sqlite_where=text("kind <> 'phone'"),
        postgresql_where=text("kind <> 'phone'"),
    ),
)

staff = Table(
    "staff",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("username", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("branch_id", ForeignKey("branch.id")),  # NULL: the whole province
    Column("password_hash", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("disabled_at", Instant),
)

browser_session = Table(
    "browser_session",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("staff_id", ForeignKey("staff.id"), nullable=False, index=True),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("ended_at", Instant),
)

allowance_grant = Table(
    "allowance_grant",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("patron_id", ForeignKey("patron.id"), nullable=False),
    Column("day", Integer, nullable=False),  # patron's local day as yyyymmdd
    Column("seconds", Integer, nullable=False),
    Column("octets", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("staff_id", ForeignKey("staff.id")),
    Column("created_at", Instant, nullable=False),
    Column("undone_at", Instant),
    # One press of a button is one grant, however often the form arrives.
    Column("request_key", Text, unique=True),
    Index("ix_allowance_grant_patron_id_day", "patron_id", "day"),
)

ticket = Table(
    "ticket",
    metadata,
    Column("grant_id", Text, primary_key=True),
    Column("patron_id", ForeignKey("patron.id"), nullable=False),
    Column("nas_id", ForeignKey("nas.id"), nullable=False),
    Column("device", Text, nullable=False),
    # A challenge signs in once (6.1); NULL where a dialect has none.
    Column("challenge", Text),
    Column("language", Text, nullable=False),
    Column("minted_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
    Column("acct_session_id", Text),
    Column("session_month", Integer),
    Column("session_id", BigInteger),
    UniqueConstraint("nas_id", "challenge"),
    Index("ix_ticket_patron_id_expires_at", "patron_id", "expires_at"),
    Index("ix_ticket_expires_at", "expires_at"),
)

session = Table(
    "session",
    metadata,
    Column("month", Integer, primary_key=True, autoincrement=False),  # yyyymm, UTC
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("branch_id", Integer, nullable=False),
    Column("nas_id", Integer, nullable=False),
    Column("patron_id", Integer),  # NULL: unattributed
    Column("plan_version_id", Integer),
    Column("grant_id", Text),
    Column("user_name", Text, nullable=False),  # as the NAS knows it
    Column("acct_session_id", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("framed_ip", Text),
    Column("language", Text),
    Column("state", Text, nullable=False),
    Column("flags", Integer, nullable=False),
    Column("accepted_at", Instant),
    Column("started_at", Instant),  # the NAS's word
    Column("heard_at", Instant, nullable=False),  # our clock, any record
    Column("ended_at", Instant),
    Column("terminate_cause", Integer),
    # The latest accepted point of the counters: all bookings reach up to it.
    Column("point_at", Instant),
    Column("session_time", BigInteger, nullable=False),
    Column("downloaded", BigInteger, nullable=False),
    Column("uploaded", BigInteger, nullable=False),
    # What the NAS was last told, counted from the session's start.
    Column("told_timeout", BigInteger),
    Column("told_octets", BigInteger),
    Column("ends_at", Instant),
    Column("ends_by", Text),
    # When the scheduler looks at the session next, records or not.
    Column("judge_at", Instant),
    Index(
        "ix_session_live",
        "nas_id",
        "acct_session_id",
        sqlite_where=text("state IN ('pending','open','lost')"),
        postgresql_where=text("state IN ('pending','open','lost')"),
    ),
    Index(
        "ix_session_judge_at",
        "judge_at",
        sqlite_where=text("state IN ('pending','open')"),
        postgresql_where=text("state IN ('pending','open')"),
    ),
    Index(
        "ix_session_patron_live",
        "patron_id",
        sqlite_where=text("state IN ('pending','open')"),
        postgresql_where=text("state IN ('pending','open')"),
    ),
    Index("ix_session_patron_id_id", "patron_id", "id"),
    Index("ix_session_branch_id_id", "branch_id", "id"),
    postgresql_partition_by="RANGE (month)",
)

accounting_record = Table(
    "accounting_record",
    metadata,
    Column("month", Integer, primary_key=True, autoincrement=False),
    Column("session_id", BigInteger, primary_key=True, autoincrement=False),
    Column("status_type", SmallInteger, primary_key=True, autoincrement=False),
    # 0 for Start and Stop; for Interims a hash of session time and both counters.
    Column("record_key", BigInteger, primary_key=True, autoincrement=False),
    Column("session_time", BigInteger, nullable=False),
    Column("downloaded", BigInteger, nullable=False),
    Column("uploaded", BigInteger, nullable=False),
    Column("event_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("terminate_cause", Integer),
    Column("flags", Integer, nullable=False),
    Column("extra", LargeBinary),  # attributes we do not know, as they came
    postgresql_partition_by="RANGE (month)",
)

usage_day = Table(
    "usage_day",
    metadata,
    Column("patron_id", Integer, primary_key=True, autoincrement=False),
    Column("day", Integer, primary_key=True, autoincrement=False),  # yyyymmdd
    Column("session_time", BigInteger, nullable=False),
    Column("downloaded", BigInteger, nullable=False),
    Column("uploaded", BigInteger, nullable=False),
)

usage_hour = Table(
    "usage_hour",
    metadata,
    Column("branch_id", Integer, primary_key=True, autoincrement=False),
    Column("hour_at", Instant, primary_key=True, autoincrement=False),
    Column("attributed", Boolean, primary_key=True, autoincrement=False),
    Column("session_time", BigInteger, nullable=False),
    Column("downloaded", BigInteger, nullable=False),
    Column("uploaded", BigInteger, nullable=False),
)

nas_event = Table(
    "nas_event",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("nas_id", Integer, nullable=False),
    Column("status_type", SmallInteger, nullable=False),
    Column("event_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Index("ix_nas_event_nas_id_event_at", "nas_id", "event_at"),
)

# The outbox of dynamic authorization, and the proof of what became of it.
dynauth_request = Table(
    "dynauth_request",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("session_month", Integer, nullable=False),
    Column("session_id", BigInteger, nullable=False),
    Column("nas_id", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("facts", Text, nullable=False),  # JSON: what the decision rested on
    Column("state", Text, nullable=False),
    Column("open", Boolean, nullable=False),
    Column("decided_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("claimed_until", Instant),
    Column("attempts", Integer, nullable=False),
    Column("sent_at", Instant),
    Column("answered_at", Instant),
    Column("error_cause", Integer),
    Column("proof", Text),
    Column("proved_at", Instant),
    Column("timeout", BigInteger),
    Column("octets", BigInteger),
    Index(
        "uq_dynauth_request_open",
        "session_id",
        unique=True,
        sqlite_where=text("open"),
        postgresql_where=text("open"),
    ),
    Index(
        "ix_dynauth_request_due_at",
        "due_at",
        sqlite_where=text("open"),
        postgresql_where=text("open"),
    ),
    Index("ix_dynauth_request_session_id", "session_id"),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("received_at", Instant, nullable=False),
    Column("client_id", Integer),
    Column("nas_id", Integer),
    Column("packet", LargeBinary, nullable=False),
    Column("reason", Text, nullable=False),
)

audit_entry = Table(
    "audit_entry",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("branch_id", Integer),
    Column("details", Text, nullable=False),  # canonical JSON, names nobody
    Column("key_id", SmallInteger, nullable=False),
    Column("mac", LargeBinary, nullable=False),
)

# Personal values of an entry: erasable without breaking the chain.
audit_person = Table(
    "audit_person",
    metadata,
    Column("seq", ForeignKey("audit_entry.seq"), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
)

sign_in_attempt = Table(
    "sign_in_attempt",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("branch_id", Integer),
    Column("nas_id", Integer),
    Column("patron_id", Integer),
    Column("device", Text),
    Column("last4", Text),
    Column("outcome", Text, nullable=False),
    Index("ix_sign_in_attempt_branch_id_at", "branch_id", "at"),
)

# Who is alive: a process's start and its latest sign of life.
heartbeat = Table(
    "heartbeat",
    metadata,
    Column("process", Text, primary_key=True),
    Column("instance", Text, primary_key=True),
    Column("up_since", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
)
