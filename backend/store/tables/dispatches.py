"""Tables of what goes out: what is to be told to whom, and the history of every attempt."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, SmallInteger, UniqueConstraint

from backend.store.tables.base import table
from backend.store.tables.entries import entry
from backend.store.types import BIG_ID, UtcDateTime, Words

# `episode` is the entry of the alert's history after which people were to be told: so a step of escalation is one row,
# however many stations plan it. `for_role` is set where stations of that role are to be loud instead of a message.
dispatches = table(
    "dispatches",
    Column("id", BIG_ID, primary_key=True),
    Column("alert_id", BigInteger, nullable=False),
    Column("episode", BigInteger, nullable=False),
    Column("route", Words(64), nullable=False),
    Column("tier", SmallInteger, nullable=False),
    Column("destination", Words(64), nullable=False),
    Column("for_role", Words(64)),
    Column("due_at", UtcDateTime, nullable=False),
    Column("state", Words(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", UtcDateTime, nullable=False),
    Column("owner", Words(255)),
    Column("lease_until", UtcDateTime, nullable=False),
    Column("sent_at", UtcDateTime),
    UniqueConstraint("alert_id", "episode", "route", "tier", "destination"),
    Index("ix_dispatches_state_next_at", "state", "next_at"),
    Index("ix_dispatches_destination_sent_at", "destination", "sent_at"),
)

# `alert_id` and `plot_id` are 0 where an attempt was about none.
dispatch_events = table(
    "dispatch_events",
    *entry(
        Column("alert_id", BigInteger, nullable=False),
        Column("plot_id", BigInteger, nullable=False),
        Column("destination", Words(64), nullable=False),
        Column("kind", Words(32), nullable=False),
        Column("outcome", Words(16), nullable=False),
        Column("tier", SmallInteger, nullable=False),
        Column("words", Words(), nullable=False),
        Index("ix_dispatch_events_alert_id_id", "alert_id", "id"),
    ),
)
