"""Labels are given away from the hall: which hall this is, which label bundles left it, and who disagrees."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from alembic import op

from backend.store import types
from backend.store.clock import now
from backend.store.migrations.making import LONG_TEXT, keep_account, protect, table

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make both tables, give this hall its identity, and let labels be found by how they were given."""
    table(
        "hall_identity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hall", sa.Uuid(native_uuid=False), nullable=False),
        sa.Column("made_at", types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_hall_identity"),
    )
    identity = sa.table(
        "hall_identity",
        sa.column("id", sa.Integer()),
        sa.column("hall", sa.Uuid(native_uuid=False)),
        sa.column("made_at", types.UtcDateTime()),
    )
    op.execute(identity.insert().values(id=1, hall=uuid.uuid4(), made_at=now()))
    table(
        "label_bundles",
        sa.Column("id", types.BIG_ID, nullable=False),
        sa.Column("ticket", sa.Uuid(native_uuid=False), nullable=False),
        sa.Column("who", types.Words(255), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.Column("digest", types.Digest(), nullable=False),
        sa.Column("manifest", LONG_TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_label_bundles"),
        sa.UniqueConstraint("ticket", name="uq_label_bundles_ticket"),
    )
    keep_account("label_bundles")
    protect("label_bundles")
    op.create_index("ix_label_events_how_id", "label_events", ["how", "id"])
