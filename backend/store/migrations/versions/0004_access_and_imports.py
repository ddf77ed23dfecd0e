"""Whose account wrote an entry of a history, the history of grants, and what is brought from another system."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from backend.store import types
from backend.store.migrations.making import LONG_TEXT, keep_account, protect, table

revision = "0004"
down_revision = "0002"
branch_labels = None
depends_on = None

_HISTORIES = ("label_events", "activations", "threshold_events", "model_imports", "configuration_events")


def upgrade() -> None:
    """Extend the histories; make the new tables."""
    make_grants()
    make_sources()
    make_foreign_records()
    make_foreign_history()
    for history in (*_HISTORIES, "grant_events"):
        keep_account(history)
    protect("grant_events")


def make_grants() -> None:
    """The history of who was given which role."""
    table(
        "grant_events",
        sa.Column("id", types.BIG_ID, nullable=False),
        sa.Column("ticket", sa.Uuid(native_uuid=False), nullable=False),
        sa.Column("who", types.Words(255), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.Column("subject", types.Words(255), nullable=False),
        sa.Column("role_before", types.Words(32), nullable=False),
        sa.Column("role_after", types.Words(32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_grant_events"),
        sa.UniqueConstraint("ticket", name="uq_grant_events_ticket"),
    )


def make_sources() -> None:
    """Where things are brought from, how far each part is, and what did not fit."""
    table(
        "foreign_sources",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", types.Words(255), nullable=False),
        sa.Column("begun_at", types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_foreign_sources"),
        sa.UniqueConstraint("name", name="uq_foreign_sources_name"),
    )
    table(
        "foreign_progress",
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("part", types.Words(32), nullable=False),
        sa.Column("last_id", sa.BigInteger(), nullable=False),
        sa.Column("read", sa.BigInteger(), nullable=False),
        sa.Column("taken", sa.BigInteger(), nullable=False),
        sa.Column("known", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["foreign_sources.id"], name="fk_foreign_progress_source_id"),
        sa.PrimaryKeyConstraint("source_id", "part", name="pk_foreign_progress"),
        sqlite_with_rowid=False,
    )
    table(
        "foreign_refusals",
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("part", types.Words(32), nullable=False),
        sa.Column("reason", types.Words(191), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("examples", types.Words(255), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["foreign_sources.id"], name="fk_foreign_refusals_source_id"),
        sa.PrimaryKeyConstraint("source_id", "part", "reason", name="pk_foreign_refusals"),
        sqlite_with_rowid=False,
    )


def make_foreign_records() -> None:
    """Which plot is which, and what has no place elsewhere."""
    table(
        "foreign_plots",
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("foreign_id", sa.BigInteger(), nullable=False),
        sa.Column("plot_id", types.BIG_ID, nullable=False),
        sa.Column("training_weight", sa.Integer(), nullable=False),
        sa.Column("forced", types.Words(16), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["foreign_sources.id"], name="fk_foreign_plots_source_id"),
        sa.PrimaryKeyConstraint("source_id", "foreign_id", name="pk_foreign_plots"),
        sqlite_with_rowid=False,
    )
    table(
        "foreign_records",
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("part", types.Words(32), nullable=False),
        sa.Column("foreign_id", sa.BigInteger(), nullable=False),
        sa.Column("content", LONG_TEXT, nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["foreign_sources.id"], name="fk_foreign_records_source_id"),
        sa.PrimaryKeyConstraint("source_id", "part", "foreign_id", name="pk_foreign_records"),
    )


def make_foreign_history() -> None:
    """What other systems decided on plots of which there may be no image here, and the thresholds they had."""
    table(
        "foreign_thresholds",
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("foreign_id", sa.BigInteger(), nullable=False),
        sa.Column("model", sa.BigInteger(), nullable=False),
        sa.Column("classification_id", sa.Integer(), nullable=False),
        sa.Column("threshold", sa.Double(), nullable=False),
        sa.Column("method", types.Words(64), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["foreign_sources.id"], name="fk_foreign_thresholds_source_id"),
        sa.PrimaryKeyConstraint("source_id", "foreign_id", name="pk_foreign_thresholds"),
        sqlite_with_rowid=False,
    )
    table(
        "foreign_verdicts",
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("foreign_id", sa.BigInteger(), nullable=False),
        sa.Column("plot_type_id", sa.Integer(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("chunk", sa.Integer(), nullable=False),
        sa.Column("model", sa.BigInteger()),
        sa.Column("taken_at", types.UtcDateTime()),
        sa.Column("decided_at", types.UtcDateTime(), nullable=False),
        sa.Column("classification_id", sa.Integer()),
        sa.Column("confidence", sa.Double()),
        sa.Column("output", types.Words(), nullable=False),
        sa.Column("thresholds", types.Words(), nullable=False),
        sa.Column("unbiased", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["foreign_sources.id"], name="fk_foreign_verdicts_source_id"),
        sa.PrimaryKeyConstraint("source_id", "foreign_id", name="pk_foreign_verdicts"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_foreign_verdicts_plot_type_id_decided_at", "foreign_verdicts", ["plot_type_id", "decided_at"])
