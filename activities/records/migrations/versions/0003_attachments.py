"""Photos, voice notes and drawn signatures, sealed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from activities.records.types import Instant

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this revision."""
    op.create_table(
        "attachment",
        sa.Column("patient", sa.String(64), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("media", sa.String(32), nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("by", sa.String(128), nullable=False),
        sa.Column("used", sa.Boolean, nullable=False),
        sa.Column("content_sealed", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("patient", "key", name="pk_attachment"),
    )
