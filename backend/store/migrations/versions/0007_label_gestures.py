"""Labels are given in gestures, which are saved and undone as one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from backend.store import types
from backend.store.migrations.making import keep_account, protect, table

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the history of gestures, and let events name theirs."""
    table(
        "label_gestures",
        sa.Column("id", types.BIG_ID, nullable=False),
        sa.Column("ticket", sa.Uuid(native_uuid=False), nullable=False),
        sa.Column("who", types.Words(255), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.Column("plot_type_id", sa.Integer(), nullable=False),
        sa.Column("how", types.Words(32), nullable=False),
        sa.Column("reverts", sa.Uuid(native_uuid=False)),
        sa.ForeignKeyConstraint(["plot_type_id"], ["plot_types.id"], name="fk_label_gestures_plot_type_id"),
        sa.PrimaryKeyConstraint("id", name="pk_label_gestures"),
        sa.UniqueConstraint("ticket", name="uq_label_gestures_ticket"),
    )
    op.create_index("ix_label_gestures_plot_type_id_who_id", "label_gestures", ["plot_type_id", "who", "id"])
    keep_account("label_gestures")
    protect("label_gestures")
    op.add_column("label_events", sa.Column("gesture_id", types.BIG_ID))
    op.create_index("ix_label_events_gesture_id", "label_events", ["gesture_id"])
