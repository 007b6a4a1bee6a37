"""Sessions, accounting records and bookings.

Sessions and records carry the month of the session's first record: on PostgreSQL they
are partitioned by it, so that retention drops a partition and a look-up by (month, id)
touches one.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    text,
)

from portal.storage.tables.base import metadata
from portal.storage.types import Instant

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
    # A record may name a session by its NAS's number alone, a closed one too.
    Index("ix_session_nas_id_acct_session_id", "nas_id", "acct_session_id"),
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
        # Open and pending, in words that fit no other index.
        sqlite_where=text("state >= 'open' AND state <= 'pending'"),
        postgresql_where=text("state >= 'open' AND state <= 'pending'"),
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
