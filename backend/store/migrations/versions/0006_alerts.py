"""Alerts with their history, policies, and the memory of what is watched."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from backend.store import types
from backend.store.migrations.making import keep_account, protect, table

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, and the counter of changes."""
    _alerts()
    _alert_events()
    _policies()
    _watches()
    table(
        "alert_changes",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alert_changes"),
    )
    op.execute("INSERT INTO alert_changes (id, number) VALUES (1, 0)")


def _alerts() -> None:
    table(
        "alerts",
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
        sa.UniqueConstraint("plot_type_id", "kind", "closed_as", name="uq_alerts_plot_type_id_kind_closed_as"),
    )
    for columns in (["closed_as"], ["change_number"], ["raised_at"], ["plot_type_id", "raised_at"], ["shelf_until"]):
        op.create_index(f"ix_alerts_{'_'.join(columns)}", "alerts", columns)


def _entry(*items: sa.Column[object]) -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("id", types.BIG_ID, nullable=False),
        sa.Column("ticket", sa.Uuid(native_uuid=False), nullable=False),
        sa.Column("who", types.Words(255), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        *items,
    )


def _alert_events() -> None:
    table(
        "alert_events",
        *_entry(
            sa.Column("alert_id", sa.BigInteger(), nullable=False),
            sa.Column("action", types.Words(32), nullable=False),
            sa.Column("state_before", types.Words(16)),
            sa.Column("state_after", types.Words(16), nullable=False),
            sa.Column("severity", sa.SmallInteger(), nullable=False),
            sa.Column("classification", types.Words(255), nullable=False),
            sa.Column("plot_id", sa.BigInteger()),
            sa.Column("reason", types.Words(), nullable=False),
        ),
        sa.PrimaryKeyConstraint("id", name="pk_alert_events"),
        sa.UniqueConstraint("ticket", name="uq_alert_events_ticket"),
    )
    op.create_index("ix_alert_events_alert_id_id", "alert_events", ["alert_id", "id"])
    keep_account("alert_events")
    protect("alert_events")


def _policies() -> None:
    table(
        "policy_events",
        *_entry(
            sa.Column("plot_type_id", sa.Integer(), nullable=False),
            sa.Column("policy_before", types.Words()),
            sa.Column("policy_after", types.Words(), nullable=False),
            sa.Column("reason", types.Words(), nullable=False),
        ),
        sa.ForeignKeyConstraint(["plot_type_id"], ["plot_types.id"], name="fk_policy_events_plot_type_id"),
        sa.PrimaryKeyConstraint("id", name="pk_policy_events"),
        sa.UniqueConstraint("ticket", name="uq_policy_events_ticket"),
    )
    op.create_index("ix_policy_events_plot_type_id_id", "policy_events", ["plot_type_id", "id"])
    keep_account("policy_events")
    protect("policy_events")
    table(
        "alert_policies",
        sa.Column("plot_type_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("policy", types.Words(), nullable=False),
        sa.ForeignKeyConstraint(["plot_type_id"], ["plot_types.id"], name="fk_alert_policies_plot_type_id"),
        sa.PrimaryKeyConstraint("plot_type_id", name="pk_alert_policies"),
    )


def _watches() -> None:
    table(
        "alert_watches",
        sa.Column("plot_type_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("memory", types.Words(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("why", types.Words(255), nullable=False),
        sa.Column("last_at", types.UtcDateTime()),
        sa.ForeignKeyConstraint(["plot_type_id"], ["plot_types.id"], name="fk_alert_watches_plot_type_id"),
        sa.PrimaryKeyConstraint("plot_type_id", name="pk_alert_watches"),
    )
    op.create_index("ix_alert_watches_held", "alert_watches", ["held"])
