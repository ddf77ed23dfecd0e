"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from backend.store import types
from backend.store.migrations.making import protect, table

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

LONG_TEXT = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql")
LONG_BLOB = sa.LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql")
APPEND_ONLY = ("label_events", "activations", "threshold_events", "configuration_events")
STATES = ("pending", "judged", "no_model", "quarantined", "imported")
SLOTS = 16


def upgrade() -> None:
    """Make all tables, the root of all groups, the tallies at nought."""
    make_catalogue()
    make_plots()
    make_judgements()
    make_blobs()
    make_histories()
    make_indexes()
    op.execute("INSERT INTO plot_groups (id, parent_id, name) VALUES (1, 1, '')")
    rows = ", ".join(f"('{state}', {slot}, 0)" for state in STATES for slot in range(SLOTS))
    op.execute(f"INSERT INTO tallies (state, slot, value) VALUES {rows}")  # noqa: S608 - constants
    for history in APPEND_ONLY:
        protect(history)


def make_catalogue() -> None:
    """Tables of plot types, groups, classifications, runs."""
    table(
        "plot_types",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", types.Words(255), nullable=False),
        sa.Column("description", types.Words(), nullable=False),
        sa.Column("contact", types.Words(255), nullable=False),
        sa.Column("guidance", types.Words(), nullable=False),
        sa.Column("first_seen", types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_plot_types"),
        sa.UniqueConstraint("name", name="uq_plot_types_name"),
    )
    table(
        "plot_groups",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=False),
        sa.Column("name", types.Words(255), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["plot_groups.id"], name="fk_plot_groups_parent_id"),
        sa.PrimaryKeyConstraint("id", name="pk_plot_groups"),
        sa.UniqueConstraint("parent_id", "name", name="uq_plot_groups_parent_id_name"),
    )
    table(
        "group_members",
        sa.Column("plot_type_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["plot_groups.id"], name="fk_group_members_group_id"),
        sa.ForeignKeyConstraint(["plot_type_id"], ["plot_types.id"], name="fk_group_members_plot_type_id"),
        sa.PrimaryKeyConstraint("plot_type_id", "position", name="pk_group_members"),
    )
    table(
        "classifications",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", types.Words(255), nullable=False),
        sa.Column("severity", sa.SmallInteger(), nullable=False),
        sa.Column("colour", types.Words(7), nullable=False),
        sa.Column("symbol", types.Words(16), nullable=False),
        sa.Column("description", types.Words(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_classifications"),
        sa.UniqueConstraint("name", name="uq_classifications_name"),
    )
    table(
        "valid_classifications",
        sa.Column("plot_type_id", sa.Integer(), nullable=False),
        sa.Column("classification_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["classification_id"], ["classifications.id"], name="fk_valid_classifications_classification_id"
        ),
        sa.ForeignKeyConstraint(["plot_type_id"], ["plot_types.id"], name="fk_valid_classifications_plot_type_id"),
        sa.PrimaryKeyConstraint("plot_type_id", "classification_id", name="pk_valid_classifications"),
    )
    table(
        "runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("period", types.Words(255), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("first_seen", types.UtcDateTime()),
        sa.Column("last_seen", types.UtcDateTime()),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
        sa.UniqueConstraint("number", "period", name="uq_runs_number_period"),
    )


def make_plots() -> None:
    """Tables of plots, ledger, work, quarantine, tallies."""
    table(
        "plots",
        sa.Column("id", types.BIG_ID, nullable=False),
        sa.Column("plot_type_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("chunk", sa.Integer(), nullable=False),
        sa.Column("sha256", types.Digest(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("taken_at", types.UtcDateTime(), nullable=False),
        sa.Column("received_at", types.UtcDateTime(), nullable=False),
        sa.Column("seen_at", types.UtcDateTime()),
        sa.Column("state", types.Words(16), nullable=False),
        sa.Column("model_id", sa.Integer()),
        sa.Column("source", types.FileName()),
        sa.ForeignKeyConstraint(["plot_type_id"], ["plot_types.id"], name="fk_plots_plot_type_id"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_plots_run_id"),
        sa.PrimaryKeyConstraint("id", name="pk_plots"),
        sa.UniqueConstraint(
            "sha256", "run_id", "plot_type_id", "chunk", name="uq_plots_sha256_run_id_plot_type_id_chunk"
        ),
    )
    table(
        "input_files",
        sa.Column("stamp", types.ShortHash(), nullable=False),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("plot_id", sa.BigInteger()),
        sa.Column("quarantine_id", sa.BigInteger()),
        sa.PrimaryKeyConstraint("stamp", name="pk_input_files"),
        sqlite_with_rowid=False,
    )
    table(
        "work",
        sa.Column("plot_id", types.BIG_ID, autoincrement=False, nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("owner", types.Words(255)),
        sa.Column("lease_until", types.UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("message", types.Words(), nullable=False),
        sa.ForeignKeyConstraint(["plot_id"], ["plots.id"], name="fk_work_plot_id"),
        sa.PrimaryKeyConstraint("plot_id", name="pk_work"),
    )
    table(
        "quarantine",
        sa.Column("id", types.BIG_ID, nullable=False),
        sa.Column("path", types.Words(), nullable=False),
        sa.Column("path_hash", types.ShortHash(), nullable=False),
        sa.Column("reason", types.Words(32), nullable=False),
        sa.Column("message", types.Words(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("since", types.UtcDateTime(), nullable=False),
        sa.Column("plot_type", types.Words(255), nullable=False),
        sa.Column("resolved_at", types.UtcDateTime()),
        sa.PrimaryKeyConstraint("id", name="pk_quarantine"),
    )
    table(
        "tallies",
        sa.Column("state", types.Words(16), nullable=False),
        sa.Column("slot", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("state", "slot", name="pk_tallies"),
        sqlite_with_rowid=False,
    )


def make_judgements() -> None:
    """Tables of predictions and verdicts."""
    table(
        "predictions",
        sa.Column("plot_id", types.BIG_ID, autoincrement=False, nullable=False),
        sa.Column("model_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("probabilities", sa.LargeBinary(length=65535), nullable=False),
        sa.Column("heat_map", sa.LargeBinary(length=65535)),
        sa.Column("embedding", sa.LargeBinary(length=65535), nullable=False),
        sa.Column("precision", types.Words(8), nullable=False),
        sa.Column("milliseconds", sa.Float(), nullable=False),
        sa.Column("stage_ms", types.Words(), nullable=False),
        sa.ForeignKeyConstraint(["plot_id"], ["plots.id"], name="fk_predictions_plot_id"),
        sa.PrimaryKeyConstraint("plot_id", "model_id", name="pk_predictions"),
    )
    table(
        "verdicts",
        sa.Column("plot_id", types.BIG_ID, autoincrement=False, nullable=False),
        sa.Column("model_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("classification_id", sa.Integer(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("gate", types.Words(16), nullable=False),
        sa.Column("severity", sa.SmallInteger(), nullable=False),
        sa.Column("decided_at", types.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["plot_id"], ["plots.id"], name="fk_verdicts_plot_id"),
        sa.PrimaryKeyConstraint("plot_id", "model_id", name="pk_verdicts"),
        sqlite_with_rowid=False,
    )


def make_blobs() -> None:
    """Tables of bytes in chunks."""
    table(
        "blobs",
        sa.Column("sha256", types.Digest(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("touched_at", types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_blobs"),
    )
    table(
        "blob_chunks",
        sa.Column("sha256", types.Digest(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("data", LONG_BLOB, nullable=False),
        sa.ForeignKeyConstraint(["sha256"], ["blobs.sha256"], name="fk_blob_chunks_sha256", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("sha256", "position", name="pk_blob_chunks"),
    )


def make_histories() -> None:
    """Tables of models, stations and the append-only histories."""
    table(
        "models",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plot_type_id", sa.Integer(), nullable=False),
        sa.Column("digest", types.Digest(), nullable=False),
        sa.Column("labels", types.Words(), nullable=False),
        sa.Column("architecture", types.Words(255), nullable=False),
        sa.Column("manifest", LONG_TEXT, nullable=False),
        sa.Column("state", types.Words(16), nullable=False),
        sa.Column("author", types.Words(255), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["plot_type_id"], ["plot_types.id"], name="fk_models_plot_type_id"),
        sa.PrimaryKeyConstraint("id", name="pk_models"),
        sa.UniqueConstraint("digest", name="uq_models_digest"),
    )
    table(
        "stations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", types.Words(255), nullable=False),
        sa.Column("kind", types.Words(32), nullable=False),
        sa.Column("started_at", types.UtcDateTime(), nullable=False),
        sa.Column("heartbeat_at", types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_stations"),
        sa.UniqueConstraint("name", name="uq_stations_name"),
    )
    table(
        "label_events",
        sa.Column("id", types.BIG_ID, nullable=False),
        sa.Column("ticket", sa.Uuid(native_uuid=False), nullable=False),
        sa.Column("who", types.Words(255), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.Column("plot_id", types.BIG_ID, nullable=False),
        sa.Column("plot_type_id", sa.Integer(), nullable=False),
        sa.Column("label_before", sa.Integer()),
        sa.Column("label_after", sa.Integer(), nullable=False),
        sa.Column("how", types.Words(32), nullable=False),
        sa.Column("comment", types.Words(), nullable=False),
        sa.ForeignKeyConstraint(["plot_id"], ["plots.id"], name="fk_label_events_plot_id"),
        sa.ForeignKeyConstraint(["plot_type_id"], ["plot_types.id"], name="fk_label_events_plot_type_id"),
        sa.PrimaryKeyConstraint("id", name="pk_label_events"),
        sa.UniqueConstraint("ticket", name="uq_label_events_ticket"),
    )
    table(
        "activations",
        sa.Column("id", types.BIG_ID, nullable=False),
        sa.Column("ticket", sa.Uuid(native_uuid=False), nullable=False),
        sa.Column("who", types.Words(255), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.Column("plot_type_id", sa.Integer(), nullable=False),
        sa.Column("model_before", sa.Integer()),
        sa.Column("model_after", sa.Integer(), nullable=False),
        sa.Column("note", types.Words(), nullable=False),
        sa.ForeignKeyConstraint(["model_after"], ["models.id"], name="fk_activations_model_after"),
        sa.ForeignKeyConstraint(["plot_type_id"], ["plot_types.id"], name="fk_activations_plot_type_id"),
        sa.PrimaryKeyConstraint("id", name="pk_activations"),
        sa.UniqueConstraint("ticket", name="uq_activations_ticket"),
    )
    table(
        "threshold_events",
        sa.Column("id", types.BIG_ID, nullable=False),
        sa.Column("ticket", sa.Uuid(native_uuid=False), nullable=False),
        sa.Column("who", types.Words(255), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.Column("model_id", sa.Integer(), nullable=False),
        sa.Column("classification_id", sa.Integer(), nullable=False),
        sa.Column("value_before", sa.Double()),
        sa.Column("value_after", sa.Double(), nullable=False),
        sa.Column("method", types.Words(64), nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name="fk_threshold_events_model_id"),
        sa.PrimaryKeyConstraint("id", name="pk_threshold_events"),
        sa.UniqueConstraint("ticket", name="uq_threshold_events_ticket"),
    )
    table(
        "configuration_events",
        sa.Column("id", types.BIG_ID, nullable=False),
        sa.Column("ticket", sa.Uuid(native_uuid=False), nullable=False),
        sa.Column("who", types.Words(255), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.Column("text_before", LONG_TEXT, nullable=False),
        sa.Column("text_after", LONG_TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_configuration_events"),
        sa.UniqueConstraint("ticket", name="uq_configuration_events_ticket"),
    )


def make_indexes() -> None:
    """Indexes beside the primary and unique keys."""
    op.create_index("ix_quarantine_path_hash", "quarantine", ["path_hash"])
    op.create_index("ix_quarantine_resolved_at_since", "quarantine", ["resolved_at", "since"])
    op.create_index("ix_runs_last_seen", "runs", ["last_seen"])
    op.create_index("ix_group_members_group_id", "group_members", ["group_id"])
    op.create_index("ix_models_plot_type_id", "models", ["plot_type_id"])
    op.create_index("ix_plots_plot_type_id_seen_at", "plots", ["plot_type_id", "seen_at"])
    op.create_index("ix_plots_run_id_plot_type_id", "plots", ["run_id", "plot_type_id"])
    op.create_index("ix_valid_classifications_classification_id", "valid_classifications", ["classification_id"])
    op.create_index("ix_activations_model_after", "activations", ["model_after"])
    op.create_index("ix_activations_plot_type_id_id", "activations", ["plot_type_id", "id"])
    op.create_index("ix_label_events_plot_id_id", "label_events", ["plot_id", "id"])
    op.create_index("ix_label_events_plot_type_id_id", "label_events", ["plot_type_id", "id"])
    op.create_index(
        "ix_threshold_events_model_id_classification_id_id", "threshold_events", ["model_id", "classification_id", "id"]
    )
    op.create_index("ix_verdicts_severity_decided_at", "verdicts", ["severity", "decided_at"])
    op.create_index("ix_work_owner", "work", ["owner"])
    op.create_index("ix_work_priority_plot_id", "work", ["priority", "plot_id"])
