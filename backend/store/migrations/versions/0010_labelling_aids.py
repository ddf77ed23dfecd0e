"""Second labels, marks on images that are kept, rates of the sample, and plots that were made for training."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from backend.store import types
from backend.store.migrations.making import keep_account, protect, table

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _second_labels()
    _kept_images()
    _collecting()
    _synthetic()


def _entry(history: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("id", types.BIG_ID, nullable=False),
        sa.Column("ticket", sa.Uuid(native_uuid=False), nullable=False),
        sa.Column("who", types.Words(255), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{history}"),
        sa.UniqueConstraint("ticket", name=f"uq_{history}_ticket"),
        sa.ForeignKeyConstraint(["plot_type_id"], ["plot_types.id"], name=f"fk_{history}_plot_type_id"),
    ]


def _second_labels() -> None:
    table(
        "second_labels",
        sa.Column("plot_id", types.BIG_ID, nullable=False),
        sa.Column("plot_type_id", sa.Integer(), nullable=False),
        sa.Column("first_label", sa.Integer(), nullable=False),
        sa.Column("first_who", types.Words(255), nullable=False),
        sa.Column("label_before", sa.Integer(), nullable=False),
        sa.Column("label_after", sa.Integer(), nullable=False),
        sa.Column("how", types.Words(32), nullable=False),
        sa.Column("gesture_id", types.BIG_ID, nullable=False),
        *_entry("second_labels"),
        sa.ForeignKeyConstraint(["plot_id"], ["plots.id"], name="fk_second_labels_plot_id"),
    )
    op.create_index("ix_second_labels_plot_id_id", "second_labels", ["plot_id", "id"])
    op.create_index("ix_second_labels_plot_type_id_id", "second_labels", ["plot_type_id", "id"])
    op.create_index("ix_second_labels_gesture_id", "second_labels", ["gesture_id"])
    keep_account("second_labels")
    protect("second_labels")


def _kept_images() -> None:
    table(
        "kept_images",
        sa.Column("plot_id", types.BIG_ID, nullable=False, autoincrement=False),
        sa.Column("reason", sa.SmallInteger(), nullable=False, autoincrement=False),
        sa.Column("plot_type_id", sa.Integer(), nullable=False),
        sa.Column("since", types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("plot_id", "reason", name="pk_kept_images"),
        sa.ForeignKeyConstraint(["plot_id"], ["plots.id"], name="fk_kept_images_plot_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_kept_images_plot_type_id_reason", "kept_images", ["plot_type_id", "reason"])


def _collecting() -> None:
    table(
        "collecting_events",
        sa.Column("plot_type_id", sa.Integer(), nullable=False),
        sa.Column("percent_before", sa.Double(), nullable=False),
        sa.Column("percent_after", sa.Double(), nullable=False),
        *_entry("collecting_events"),
    )
    op.create_index("ix_collecting_events_plot_type_id_id", "collecting_events", ["plot_type_id", "id"])
    keep_account("collecting_events")
    protect("collecting_events")


def _synthetic() -> None:
    table(
        "synthetic_plots",
        sa.Column("plot_id", types.BIG_ID, nullable=False, autoincrement=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=False),
        sa.Column("recipe", types.Words(), nullable=False),
        sa.Column("who", types.Words(255), nullable=False),
        sa.Column("made_at", types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("plot_id", name="pk_synthetic_plots"),
        sa.ForeignKeyConstraint(["plot_id"], ["plots.id"], name="fk_synthetic_plots_plot_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_synthetic_plots_parent_id", "synthetic_plots", ["parent_id"])
