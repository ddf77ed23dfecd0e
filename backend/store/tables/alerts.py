"""Tables of alerts: how each stands, its history, policies, and the memory of what is watched."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    UniqueConstraint,
)

from backend.store.tables.base import table
from backend.store.tables.entries import entry
from backend.store.types import BIG_ID, UtcDateTime, Words

STILL_OPEN = 0

# An alert is about a plot type, or about the hall and a `subject` there; the other of the two is NULL. `closed_as` is 0
# while it is open and its own id afterwards: so each has one open alert of a kind at most. `change_number` comes from
# the counter below, drawn last in the transaction: who reads all above the last one seen misses nothing.
alerts = table(
    "alerts",
    Column("id", BIG_ID, primary_key=True),
    Column("plot_type_id", ForeignKey("plot_types.id")),
    Column("subject", Words(255)),
    Column("kind", Words(16), nullable=False),
    Column("closed_as", BigInteger, nullable=False),
    Column("state", Words(16), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("severity", SmallInteger, nullable=False),
    Column("classification", Words(255), nullable=False),
    Column("confidence", Double),
    Column("plot_id", BigInteger),
    Column("run", Integer),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("words", Words(), nullable=False),
    Column("beam_state", Words(16), nullable=False),
    Column("beam_value", Double),
    Column("beam_unit", Words(32), nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("raised_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("version", Integer, nullable=False),
    Column("change_number", BigInteger, nullable=False),
    Column("who", Words(255), nullable=False),
    Column("reason", Words(), nullable=False),
    Column("shelf_who", Words(255), nullable=False),
    Column("shelf_reason", Words(), nullable=False),
    Column("shelf_until", UtcDateTime),
    UniqueConstraint("plot_type_id", "kind", "closed_as"),
    UniqueConstraint("subject", "kind", "closed_as"),
    Index("ix_alerts_closed_as", "closed_as"),
    Index("ix_alerts_change_number", "change_number"),
    Index("ix_alerts_raised_at", "raised_at"),
    Index("ix_alerts_plot_type_id_raised_at", "plot_type_id", "raised_at"),
    Index("ix_alerts_shelf_until", "shelf_until"),
    Index("ix_alerts_plot_id", "plot_id"),
)

alert_events = table(
    "alert_events",
    *entry(
        Column("alert_id", BigInteger, nullable=False),
        Column("action", Words(32), nullable=False),
        Column("state_before", Words(16)),
        Column("state_after", Words(16), nullable=False),
        Column("severity", SmallInteger, nullable=False),
        Column("classification", Words(255), nullable=False),
        Column("plot_id", BigInteger),
        Column("reason", Words(), nullable=False),
        Index("ix_alert_events_alert_id_id", "alert_id", "id"),
        Index("ix_alert_events_at", "at"),
    ),
)

# Policies and memories are JSON: they are read and written whole, and nobody searches for their parts.
policy_events = table(
    "policy_events",
    *entry(
        Column("plot_type_id", ForeignKey("plot_types.id"), nullable=False),
        Column("policy_before", Words()),
        Column("policy_after", Words(), nullable=False),
        Column("reason", Words(), nullable=False),
        Index("ix_policy_events_plot_type_id_id", "plot_type_id", "id"),
    ),
)

alert_policies = table(
    "alert_policies",
    Column("plot_type_id", ForeignKey("plot_types.id"), primary_key=True, autoincrement=False),
    Column("policy", Words(), nullable=False),
)

alert_watches = table(
    "alert_watches",
    Column("plot_type_id", ForeignKey("plot_types.id"), primary_key=True, autoincrement=False),
    Column("memory", Words(), nullable=False),
    Column("held", Integer, nullable=False),
    Column("why", Words(255), nullable=False),
    Column("last_at", UtcDateTime),
    Index("ix_alert_watches_held", "held"),
)

# What holds for the hall as a whole, JSON by name; see `backend.store.hall_settings`.
hall_settings = table(
    "hall_settings",
    Column("name", Words(32), primary_key=True),
    Column("value", Words(), nullable=False),
)

hall_setting_events = table(
    "hall_setting_events",
    *entry(
        Column("name", Words(32), nullable=False),
        Column("value_before", Words()),
        Column("value_after", Words(), nullable=False),
        Column("reason", Words(), nullable=False),
        Index("ix_hall_setting_events_name_id", "name", "id"),
    ),
)

# One row, locked by who decides on alerts about the hall; it says which station did so last.
hall_watch = table(
    "hall_watch",
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("station", Words(255), nullable=False),
    Column("decided_at", UtcDateTime),
)

alert_changes = table(
    "alert_changes",
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("number", BigInteger, nullable=False),
)
