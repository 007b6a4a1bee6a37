"""Since when a NAS is heard; closed sessions by their number too."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Whole microseconds since 1970 UTC.
    op.add_column("nas", sa.Column("heard_since", sa.BigInteger()))
    op.create_index(
        "ix_session_nas_id_acct_session_id", "session", ["nas_id", "acct_session_id"]
    )


def downgrade() -> None:
    op.drop_index("ix_session_nas_id_acct_session_id", "session")
    op.drop_column("nas", "heard_since")
