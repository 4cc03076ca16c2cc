"""When each engine lived, and an agent's last word without reading everybody's."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The engines of before are taken to have lived from their first fact to their last."""
    op.create_table(
        "runs",
        sa.Column("run", sa.BigInteger(), primary_key=True),
        sa.Column("began_at", sa.Float(), nullable=False),
        sa.Column("seen_at", sa.Float(), nullable=False),
    )
    op.execute("insert into runs (run, began_at, seen_at) select run, min(at), max(at) from facts group by run")
    # SQLite's indices end in the key of the row; PostgreSQL's do not.
    key = ["agent_id"] if op.get_bind().dialect.name == "sqlite" else ["agent_id", "run", "seq"]
    of_agents = sa.text("kind = 'AgentMoved'")
    op.create_index("facts_agent", "facts", key, sqlite_where=of_agents, postgresql_where=of_agents)


def downgrade() -> None:
    """As 0001 left it."""
    op.drop_index("facts_agent", "facts")
    op.drop_table("runs")
