"""Many stations: who is there, what happened lately; the highest priority is first in line; plots may be skipped."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from backend.store import types
from backend.store.migrations.making import table

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_SLOTS = 16


def upgrade() -> None:
    """Make stations anew (every start enters itself again), the journal, and what the queue needs."""
    op.drop_table("stations")
    table(
        "stations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", types.Words(255), nullable=False),
        sa.Column("life", types.ShortHash(), nullable=False),
        sa.Column("kind", types.Words(32), nullable=False),
        sa.Column("version", types.Words(64), nullable=False),
        sa.Column("host", types.Words(255), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("started_at", types.UtcDateTime(), nullable=False),
        sa.Column("heartbeat_at", types.UtcDateTime(), nullable=False),
        sa.Column("stopped_at", types.UtcDateTime()),
        sa.Column("skew_ms", sa.Integer(), nullable=False),
        sa.Column("events", types.Words(255), nullable=False),
        sa.Column("events_key", types.Words(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_stations"),
        sa.UniqueConstraint("name", name="uq_stations_name"),
    )
    table(
        "journal",
        sa.Column("id", types.BIG_ID, nullable=False),
        sa.Column("writer", types.ShortHash(), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("changed", types.Words(), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_journal"),
    )
    op.execute("UPDATE work SET priority = 10 - priority")
    for slot in range(_SLOTS):
        op.execute(f"INSERT INTO tallies (state, slot, value) VALUES ('skipped', {slot}, 0)")  # noqa: S608 - no values
