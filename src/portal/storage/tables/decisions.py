"""Tickets, what the NAS was asked to do, the audit chain, signs of life."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from portal.storage.tables.base import metadata
from portal.storage.types import Instant

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
