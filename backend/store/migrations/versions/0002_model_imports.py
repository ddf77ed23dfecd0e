"""Who took in which model from where, and whose signature it bore."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from backend.store import types
from backend.store.migrations.making import protect, table

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the history of imports."""
    table(
        "model_imports",
        sa.Column("id", types.BIG_ID, nullable=False),
        sa.Column("ticket", sa.Uuid(native_uuid=False), nullable=False),
        sa.Column("who", types.Words(255), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.Column("model_id", sa.Integer(), nullable=False),
        sa.Column("file", types.Words(), nullable=False),
        sa.Column("signed_by", types.Words(255), nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name="fk_model_imports_model_id"),
        sa.PrimaryKeyConstraint("id", name="pk_model_imports"),
        sa.UniqueConstraint("ticket", name="uq_model_imports_ticket"),
    )
    op.create_index("ix_model_imports_model_id", "model_imports", ["model_id"])
    protect("model_imports")
