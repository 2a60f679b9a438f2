"""Tasks that several roles sign, and agendas over many patients."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this revision."""
    with op.batch_alter_table("task") as batch:
        batch.add_column(sa.Column("signers", sa.String(1100), nullable=True))
        batch.add_column(sa.Column("agenda", sa.String(64), nullable=True))
    op.create_index("ix_task_agenda", "task", ["agenda"])
