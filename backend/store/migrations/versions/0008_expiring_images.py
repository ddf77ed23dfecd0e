"""Images of harmless plots may expire, and work that one station at a time does for all."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from backend.store import types
from backend.store.migrations.making import table

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Say when an image expired, find alerts by plot, and make the table of upkeep with its one job."""
    op.add_column("plots", sa.Column("image_expired_at", types.UtcDateTime()))
    op.create_index("ix_alerts_plot_id", "alerts", ["plot_id"])
    table(
        "upkeep",
        sa.Column("job", types.Words(32), nullable=False),
        sa.Column("owner", types.Words(255), nullable=False),
        sa.Column("lease_until", types.UtcDateTime(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("begun_at", types.UtcDateTime()),
        sa.Column("finished_at", types.UtcDateTime()),
        sa.Column("images", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("job", name="pk_upkeep"),
    )
    upkeep = sa.table(
        "upkeep",
        sa.column("job"),
        sa.column("owner"),
        sa.column("lease_until", types.UtcDateTime()),
        *(sa.column(name) for name in ("position", "images", "bytes")),
    )
    fresh = {"owner": "", "lease_until": types.EPOCH, "position": 0, "images": 0, "bytes": 0}
    op.bulk_insert(upkeep, [{"job": "images", **fresh}])
