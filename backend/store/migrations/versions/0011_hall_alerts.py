"""Alerts about the hall itself, and the settings of the whole hall."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from backend.store import types
from backend.store.migrations.making import keep_account, protect, table

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """An alert is about a plot type or about a subject in the hall."""
    _widen_alerts()
    op.create_index("ix_alert_events_at", "alert_events", ["at"])
    table(
        "hall_settings",
        sa.Column("name", types.Words(32), nullable=False),
        sa.Column("value", types.Words(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_hall_settings"),
    )
    table(
        "hall_setting_events",
        sa.Column("id", types.BIG_ID, nullable=False),
        sa.Column("ticket", sa.Uuid(native_uuid=False), nullable=False),
        sa.Column("who", types.Words(255), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.Column("name", types.Words(32), nullable=False),
        sa.Column("value_before", types.Words()),
        sa.Column("value_after", types.Words(), nullable=False),
        sa.Column("reason", types.Words(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_hall_setting_events"),
        sa.UniqueConstraint("ticket", name="uq_hall_setting_events_ticket"),
    )
    op.create_index("ix_hall_setting_events_name_id", "hall_setting_events", ["name", "id"])
    keep_account("hall_setting_events")
    protect("hall_setting_events")
    table(
        "hall_watch",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("station", types.Words(255), nullable=False),
        sa.Column("decided_at", types.UtcDateTime()),
        sa.PrimaryKeyConstraint("id", name="pk_hall_watch"),
    )
    op.execute("INSERT INTO hall_watch (id, station) VALUES (1, '')")


def _widen_alerts() -> None:
    """SQLite can only loosen a column by making the table anew; nothing refers to it.

    A table keeps its constraints in no order. It is told here, so that every database has the same text.
    """
    with op.batch_alter_table("alerts", copy_from=_alerts_before()) as alerts:
        if op.get_bind().dialect.name == "sqlite":
            one_of_a_kind = ["plot_type_id", "kind", "closed_as"]
            alerts.create_unique_constraint("uq_alerts_plot_type_id_kind_closed_as", one_of_a_kind)
        alerts.alter_column("plot_type_id", existing_type=sa.Integer(), nullable=True)
        alerts.add_column(sa.Column("subject", types.Words(255)))
        alerts.create_unique_constraint("uq_alerts_subject_kind_closed_as", ["subject", "kind", "closed_as"])


def _alerts_before() -> sa.Table:
    """As revisions 0006 and 0008 made it."""
    made = sa.Table(
        "alerts",
        sa.MetaData(),
        sa.Column("id", types.BIG_ID, nullable=False),
        sa.Column("plot_type_id", sa.Integer(), nullable=False),
        sa.Column("kind", types.Words(16), nullable=False),
        sa.Column("closed_as", sa.BigInteger(), nullable=False),
        sa.Column("state", types.Words(16), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("severity", sa.SmallInteger(), nullable=False),
        sa.Column("classification", types.Words(255), nullable=False),
        sa.Column("confidence", sa.Double()),
        sa.Column("plot_id", sa.BigInteger()),
        sa.Column("run", sa.Integer()),
        sa.Column("seen_at", types.UtcDateTime(), nullable=False),
        sa.Column("words", types.Words(), nullable=False),
        sa.Column("beam_state", types.Words(16), nullable=False),
        sa.Column("beam_value", sa.Double()),
        sa.Column("beam_unit", types.Words(32), nullable=False),
        sa.Column("since", types.UtcDateTime(), nullable=False),
        sa.Column("raised_at", types.UtcDateTime(), nullable=False),
        sa.Column("changed_at", types.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("change_number", sa.BigInteger(), nullable=False),
        sa.Column("who", types.Words(255), nullable=False),
        sa.Column("reason", types.Words(), nullable=False),
        sa.Column("shelf_who", types.Words(255), nullable=False),
        sa.Column("shelf_reason", types.Words(), nullable=False),
        sa.Column("shelf_until", types.UtcDateTime()),
        sa.ForeignKeyConstraint(["plot_type_id"], ["plot_types.id"], name="fk_alerts_plot_type_id"),
        sa.PrimaryKeyConstraint("id", name="pk_alerts"),
    )
    simple = (["closed_as"], ["change_number"], ["raised_at"], ["shelf_until"], ["plot_id"])
    for columns in (*simple, ["plot_type_id", "raised_at"]):
        sa.Index(f"ix_alerts_{'_'.join(columns)}", *(made.c[name] for name in columns))
    return made
