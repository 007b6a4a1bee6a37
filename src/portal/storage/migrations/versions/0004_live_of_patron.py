"""Patrons' live sessions by an index that no other can be taken for."""

from alembic import op
from sqlalchemy import text

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _replace("state >= 'open' AND state <= 'pending'")


def downgrade() -> None:
    _replace("state IN ('pending','open')")


def _replace(states: str) -> None:
    op.drop_index("ix_session_patron_live", "session")
    op.create_index(
        "ix_session_patron_live",
        "session",
        ["patron_id"],
        sqlite_where=text(states),
        postgresql_where=text(states),
    )
