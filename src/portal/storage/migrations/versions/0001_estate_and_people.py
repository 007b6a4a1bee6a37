"""Create the estate, people and the audit chain."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# An instant is whole microseconds since 1970 UTC.
INSTANT = sa.BigInteger()


def upgrade() -> None:
    op.create_table(
        "branch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name_fa", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_branch")),
        sa.UniqueConstraint("code", name=op.f("uq_branch_code")),
    )
    op.create_table(
        "radius_client",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("require_message_authenticator", sa.Boolean(), nullable=False),
        sa.Column("limit_proxy_state", sa.Boolean(), nullable=False),
        sa.Column("is_proxy", sa.Boolean(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_radius_client")),
        sa.UniqueConstraint("name", name=op.f("uq_radius_client_name")),
        sa.UniqueConstraint("network", name=op.f("uq_radius_client_network")),
    )
    op.create_table(
        "radius_secret",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("valid_from", INSTANT, nullable=False),
        sa.Column("valid_until", INSTANT),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_radius_secret")),
        sa.ForeignKeyConstraint(
            ["client_id"],
            ["radius_client.id"],
            name=op.f("fk_radius_secret_client_id_radius_client"),
        ),
    )
    op.create_index("ix_radius_secret_client_id", "radius_secret", ["client_id"])
    op.create_table(
        "nas",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.Column("identifier", sa.Text()),
        sa.Column("address", sa.Text()),
        sa.Column("uam_server_url", sa.Text(), nullable=False),
        sa.Column("uam_networks", sa.Text(), nullable=False),
        sa.Column("uam_port", sa.Integer(), nullable=False),
        sa.Column("uam_secret_sealed", sa.LargeBinary()),
        sa.Column("dynauth_address", sa.Text()),
        sa.Column("dynauth_port", sa.Integer(), nullable=False),
        sa.Column("dynauth_secret_sealed", sa.LargeBinary()),
        sa.Column("interim_interval", sa.Integer(), nullable=False),
        sa.Column("line_rate", sa.BigInteger(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("heard_at", INSTANT),
        sa.Column("restarted_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nas")),
        sa.ForeignKeyConstraint(
            ["branch_id"], ["branch.id"], name=op.f("fk_nas_branch_id_branch")
        ),
        sa.ForeignKeyConstraint(
            ["client_id"],
            ["radius_client.id"],
            name=op.f("fk_nas_client_id_radius_client"),
        ),
        sa.UniqueConstraint(
            "client_id", "address", name=op.f("uq_nas_client_id_address")
        ),
        sa.UniqueConstraint(
            "client_id", "identifier", name=op.f("uq_nas_client_id_identifier")
        ),
        sa.UniqueConstraint("name", name=op.f("uq_nas_name")),
    )
    op.create_index("ix_nas_branch_id", "nas", ["branch_id"])
    op.create_table(
        "plan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name_fa", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan")),
        sa.UniqueConstraint("code", name=op.f("uq_plan_code")),
    )
    op.create_table(
        "plan_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("time_per_day", sa.Integer()),
        sa.Column("data_per_day", sa.BigInteger()),
        sa.Column("speed_down", sa.BigInteger()),
        sa.Column("speed_up", sa.BigInteger()),
        sa.Column("devices", sa.Integer()),
        sa.Column("idle_timeout", sa.Integer()),
        sa.Column("longest_session", sa.Integer()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_version")),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plan.id"], name=op.f("fk_plan_version_plan_id_plan")
        ),
        sa.UniqueConstraint(
            "plan_id", "version", name=op.f("uq_plan_version_plan_id_version")
        ),
    )
    op.create_table(
        "patron",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("home_branch_id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("pin_hash", sa.Text()),
        sa.Column("blocked_until", INSTANT),
        sa.Column("block_note", sa.Text()),
        sa.Column("valid_until", INSTANT),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("erased_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patron")),
        sa.ForeignKeyConstraint(
            ["home_branch_id"],
            ["branch.id"],
            name=op.f("fk_patron_home_branch_id_branch"),
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plan.id"], name=op.f("fk_patron_plan_id_plan")
        ),
        sa.UniqueConstraint("handle", name=op.f("uq_patron_handle")),
    )
    op.create_table(
        "patron_person",
        sa.Column("patron_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("name_sort", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("patron_id", name=op.f("pk_patron_person")),
        sa.ForeignKeyConstraint(
            ["patron_id"], ["patron.id"], name=op.f("fk_patron_person_patron_id_patron")
        ),
    )
    op.create_index("ix_patron_person_name_sort", "patron_person", ["name_sort"])
    op.create_table(
        "patron_identifier",
        sa.Column("patron_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key_id", sa.SmallInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("last4", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("patron_id", "kind", name=op.f("pk_patron_identifier")),
        sa.ForeignKeyConstraint(
            ["patron_id"],
            ["patron.id"],
            name=op.f("fk_patron_identifier_patron_id_patron"),
        ),
    )
    op.create_index(
        "ix_patron_identifier_kind_digest", "patron_identifier", ["kind", "digest"]
    )
    op.create_index(
        "uq_patron_identifier_kind_digest",
        "patron_identifier",
        ["kind", "digest"],
        unique=True,
        sqlite_where=sa.text("kind <> 'phone'"),
        postgresql_where=sa.text("kind <> 'phone'"),
    )
    op.create_table(
        "staff",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("branch_id", sa.Integer()),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("disabled_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.ForeignKeyConstraint(
            ["branch_id"], ["branch.id"], name=op.f("fk_staff_branch_id_branch")
        ),
        sa.UniqueConstraint("username", name=op.f("uq_staff_username")),
    )
    op.create_table(
        "browser_session",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_browser_session")),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_browser_session_staff_id_staff")
        ),
    )
    op.create_index("ix_browser_session_staff_id", "browser_session", ["staff_id"])
    op.create_table(
        "allowance_grant",
        sa.Column("id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("patron_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("octets", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.Integer()),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("undone_at", INSTANT),
        sa.Column("request_key", sa.Text()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allowance_grant")),
        sa.ForeignKeyConstraint(
            ["patron_id"],
            ["patron.id"],
            name=op.f("fk_allowance_grant_patron_id_patron"),
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_allowance_grant_staff_id_staff")
        ),
        sa.UniqueConstraint("request_key", name=op.f("uq_allowance_grant_request_key")),
    )
    op.create_index(
        "ix_allowance_grant_patron_id_day", "allowance_grant", ["patron_id", "day"]
    )
    op.create_table(
        "sign_in_attempt",
        sa.Column("id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("branch_id", sa.Integer()),
        sa.Column("nas_id", sa.Integer()),
        sa.Column("patron_id", sa.Integer()),
        sa.Column("device", sa.Text()),
        sa.Column("last4", sa.Text()),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempt")),
    )
    op.create_index(
        "ix_sign_in_attempt_branch_id_at", "sign_in_attempt", ["branch_id", "at"]
    )
    op.create_table(
        "audit_entry",
        sa.Column("seq", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("branch_id", sa.Integer()),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("key_id", sa.SmallInteger(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_entry")),
    )
    op.create_table(
        "audit_person",
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_person")),
        sa.ForeignKeyConstraint(
            ["seq"], ["audit_entry.seq"], name=op.f("fk_audit_person_seq_audit_entry")
        ),
    )


def downgrade() -> None:
    op.drop_table("audit_person")
    op.drop_table("audit_entry")
    op.drop_table("sign_in_attempt")
    op.drop_table("allowance_grant")
    op.drop_table("browser_session")
    op.drop_table("staff")
    op.drop_table("patron_identifier")
    op.drop_table("patron_person")
    op.drop_table("patron")
    op.drop_table("plan_version")
    op.drop_table("plan")
    op.drop_table("nas")
    op.drop_table("radius_secret")
    op.drop_table("radius_client")
    op.drop_table("branch")
