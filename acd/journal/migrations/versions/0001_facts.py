"""The facts: one row each, never changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The table and what it is asked by."""
    op.create_table(
        "facts",
        sa.Column("run", sa.BigInteger(), primary_key=True),
        sa.Column("seq", sa.Integer(), primary_key=True),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("contact_id", sa.String(64)),
        sa.Column("agent_id", sa.String(32)),
        sa.Column("queue", sa.String(64)),
        sa.Column("language", sa.String(2)),
        sa.Column("old", sa.String(24)),
        sa.Column("new", sa.String(24)),
        sa.Column("body", sa.Text(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("facts_contact", "facts", ["contact_id"])
    op.create_index("facts_kind_at", "facts", ["kind", "at"])


def downgrade() -> None:
    """Back to nothing."""
    op.drop_table("facts")
