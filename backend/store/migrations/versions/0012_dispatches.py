"""What goes out besides the screen, and the history of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from backend.store import types
from backend.store.migrations.making import keep_account, protect, table

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of what is to be told, and the history of attempts."""
    table(
        "dispatches",
        sa.Column("id", types.BIG_ID, nullable=False),
        sa.Column("alert_id", sa.BigInteger(), nullable=False),
        sa.Column("episode", sa.BigInteger(), nullable=False),
        sa.Column("route", types.Words(64), nullable=False),
        sa.Column("tier", sa.SmallInteger(), nullable=False),
        sa.Column("destination", types.Words(64), nullable=False),
        sa.Column("for_role", types.Words(64)),
        sa.Column("due_at", types.UtcDateTime(), nullable=False),
        sa.Column("state", types.Words(16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", types.UtcDateTime(), nullable=False),
        sa.Column("owner", types.Words(255)),
        sa.Column("lease_until", types.UtcDateTime(), nullable=False),
        sa.Column("sent_at", types.UtcDateTime()),
        sa.PrimaryKeyConstraint("id", name="pk_dispatches"),
        sa.UniqueConstraint(
            "alert_id",
            "episode",
            "route",
            "tier",
            "destination",
            name="uq_dispatches_alert_id_episode_route_tier_destination",
        ),
    )
    op.create_index("ix_dispatches_state_next_at", "dispatches", ["state", "next_at"])
    op.create_index("ix_dispatches_destination_sent_at", "dispatches", ["destination", "sent_at"])
    table(
        "dispatch_events",
        sa.Column("id", types.BIG_ID, nullable=False),
        sa.Column("ticket", sa.Uuid(native_uuid=False), nullable=False),
        sa.Column("who", types.Words(255), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.Column("alert_id", sa.BigInteger(), nullable=False),
        sa.Column("plot_id", sa.BigInteger(), nullable=False),
        sa.Column("destination", types.Words(64), nullable=False),
        sa.Column("kind", types.Words(32), nullable=False),
        sa.Column("outcome", types.Words(16), nullable=False),
        sa.Column("tier", sa.SmallInteger(), nullable=False),
        sa.Column("words", types.Words(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_dispatch_events"),
        sa.UniqueConstraint("ticket", name="uq_dispatch_events_ticket"),
    )
    op.create_index("ix_dispatch_events_alert_id_id", "dispatch_events", ["alert_id", "id"])
    keep_account("dispatch_events")
    protect("dispatch_events")
