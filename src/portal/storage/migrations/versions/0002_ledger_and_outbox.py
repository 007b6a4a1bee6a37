"""Create tickets, the ledger, the outbox and signs of life."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# An instant is whole microseconds since 1970 UTC.
INSTANT = sa.BigInteger()


def upgrade() -> None:
    op.create_table(
        "ticket",
        sa.Column("grant_id", sa.Text(), nullable=False),
        sa.Column("patron_id", sa.Integer(), nullable=False),
        sa.Column("nas_id", sa.Integer(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("challenge", sa.Text()),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("minted_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT),
        sa.Column("acct_session_id", sa.Text()),
        sa.Column("session_month", sa.Integer()),
        sa.Column("session_id", sa.BigInteger()),
        sa.PrimaryKeyConstraint("grant_id", name=op.f("pk_ticket")),
        sa.ForeignKeyConstraint(
            ["nas_id"], ["nas.id"], name=op.f("fk_ticket_nas_id_nas")
        ),
        sa.ForeignKeyConstraint(
            ["patron_id"], ["patron.id"], name=op.f("fk_ticket_patron_id_patron")
        ),
        sa.UniqueConstraint(
            "nas_id", "challenge", name=op.f("uq_ticket_nas_id_challenge")
        ),
    )
    op.create_index("ix_ticket_expires_at", "ticket", ["expires_at"])
    op.create_index(
        "ix_ticket_patron_id_expires_at", "ticket", ["patron_id", "expires_at"]
    )
    op.create_table(
        "session",
        sa.Column("month", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("nas_id", sa.Integer(), nullable=False),
        sa.Column("patron_id", sa.Integer()),
        sa.Column("plan_version_id", sa.Integer()),
        sa.Column("grant_id", sa.Text()),
        sa.Column("user_name", sa.Text(), nullable=False),
        sa.Column("acct_session_id", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("framed_ip", sa.Text()),
        sa.Column("language", sa.Text()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("flags", sa.Integer(), nullable=False),
        sa.Column("accepted_at", INSTANT),
        sa.Column("started_at", INSTANT),
        sa.Column("heard_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.Column("terminate_cause", sa.Integer()),
        sa.Column("point_at", INSTANT),
        sa.Column("session_time", sa.BigInteger(), nullable=False),
        sa.Column("downloaded", sa.BigInteger(), nullable=False),
        sa.Column("uploaded", sa.BigInteger(), nullable=False),
        sa.Column("told_timeout", sa.BigInteger()),
        sa.Column("told_octets", sa.BigInteger()),
        sa.Column("ends_at", INSTANT),
        sa.Column("ends_by", sa.Text()),
        sa.Column("judge_at", INSTANT),
        sa.PrimaryKeyConstraint("month", "id", name=op.f("pk_session")),
        postgresql_partition_by="RANGE (month)",
    )
    op.create_index("ix_session_branch_id_id", "session", ["branch_id", "id"])
    op.create_index(
        "ix_session_judge_at",
        "session",
        ["judge_at"],
        sqlite_where=sa.text("state IN ('pending','open')"),
        postgresql_where=sa.text("state IN ('pending','open')"),
    )
    op.create_index(
        "ix_session_live",
        "session",
        ["nas_id", "acct_session_id"],
        sqlite_where=sa.text("state IN ('pending','open','lost')"),
        postgresql_where=sa.text("state IN ('pending','open','lost')"),
    )
    op.create_index("ix_session_patron_id_id", "session", ["patron_id", "id"])
    op.create_index(
        "ix_session_patron_live",
        "session",
        ["patron_id"],
        sqlite_where=sa.text("state IN ('pending','open')"),
        postgresql_where=sa.text("state IN ('pending','open')"),
    )
    op.create_table(
        "accounting_record",
        sa.Column("month", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("session_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column(
            "status_type", sa.SmallInteger(), nullable=False, autoincrement=False
        ),
        sa.Column("record_key", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("session_time", sa.BigInteger(), nullable=False),
        sa.Column("downloaded", sa.BigInteger(), nullable=False),
        sa.Column("uploaded", sa.BigInteger(), nullable=False),
        sa.Column("event_at", INSTANT, nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("terminate_cause", sa.Integer()),
        sa.Column("flags", sa.Integer(), nullable=False),
        sa.Column("extra", sa.LargeBinary()),
        sa.PrimaryKeyConstraint(
            "month",
            "session_id",
            "status_type",
            "record_key",
            name=op.f("pk_accounting_record"),
        ),
        postgresql_partition_by="RANGE (month)",
    )
    op.create_table(
        "usage_day",
        sa.Column("patron_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("day", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("session_time", sa.BigInteger(), nullable=False),
        sa.Column("downloaded", sa.BigInteger(), nullable=False),
        sa.Column("uploaded", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("patron_id", "day", name=op.f("pk_usage_day")),
    )
    op.create_table(
        "usage_hour",
        sa.Column("branch_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("hour_at", INSTANT, nullable=False, autoincrement=False),
        sa.Column("attributed", sa.Boolean(), nullable=False, autoincrement=False),
        sa.Column("session_time", sa.BigInteger(), nullable=False),
        sa.Column("downloaded", sa.BigInteger(), nullable=False),
        sa.Column("uploaded", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "branch_id", "hour_at", "attributed", name=op.f("pk_usage_hour")
        ),
    )
    op.create_table(
        "nas_event",
        sa.Column("id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("nas_id", sa.Integer(), nullable=False),
        sa.Column("status_type", sa.SmallInteger(), nullable=False),
        sa.Column("event_at", INSTANT, nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nas_event")),
    )
    op.create_index("ix_nas_event_nas_id_event_at", "nas_event", ["nas_id", "event_at"])
    op.create_table(
        "dynauth_request",
        sa.Column("id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("session_month", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.Column("nas_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("decided_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("claimed_until", INSTANT),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sent_at", INSTANT),
        sa.Column("answered_at", INSTANT),
        sa.Column("error_cause", sa.Integer()),
        sa.Column("proof", sa.Text()),
        sa.Column("proved_at", INSTANT),
        sa.Column("timeout", sa.BigInteger()),
        sa.Column("octets", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dynauth_request")),
    )
    op.create_index(
        "ix_dynauth_request_due_at",
        "dynauth_request",
        ["due_at"],
        sqlite_where=sa.text("open"),
        postgresql_where=sa.text("open"),
    )
    op.create_index("ix_dynauth_request_session_id", "dynauth_request", ["session_id"])
    op.create_index(
        "uq_dynauth_request_open",
        "dynauth_request",
        ["session_id"],
        unique=True,
        sqlite_where=sa.text("open"),
        postgresql_where=sa.text("open"),
    )
    op.create_table(
        "quarantine",
        sa.Column("id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("client_id", sa.Integer()),
        sa.Column("nas_id", sa.Integer()),
        sa.Column("packet", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
    )
    op.create_table(
        "heartbeat",
        sa.Column("process", sa.Text(), nullable=False),
        sa.Column("instance", sa.Text(), nullable=False),
        sa.Column("up_since", INSTANT, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("process", "instance", name=op.f("pk_heartbeat")),
    )


def downgrade() -> None:
    op.drop_table("heartbeat")
    op.drop_table("quarantine")
    op.drop_table("dynauth_request")
    op.drop_table("nas_event")
    op.drop_table("usage_hour")
    op.drop_table("usage_day")
    op.drop_table("accounting_record")
    op.drop_table("session")
    op.drop_table("ticket")
