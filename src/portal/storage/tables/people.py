"""Patrons, what staff granted them, and staff."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
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
