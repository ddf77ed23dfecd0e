"""Tables of who is there and of what happened lately: small, and no part of the truth about plots."""

from __future__ import annotations

from sqlalchemy import Column, Integer, SmallInteger

from backend.store.tables.base import table
from backend.store.types import BIG_ID, ShortHash, UtcDateTime, Words

# Times are of the database's clock; `life` is drawn at every start, so that two programs of one name are two.
stations = table(
    "stations",
    Column("id", Integer, primary_key=True),
    Column("name", Words(255), nullable=False, unique=True),
    Column("life", ShortHash, nullable=False),
    Column("kind", Words(32), nullable=False),
    Column("version", Words(64), nullable=False),
    Column("host", Words(255), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("heartbeat_at", UtcDateTime, nullable=False),
    Column("stopped_at", UtcDateTime),
    Column("skew_ms", Integer, nullable=False),
    Column("events", Words(255), nullable=False),
    Column("events_key", Words(64), nullable=False),
)

# One row per transaction and kind of change, written last in it; `changed` are numbers with commas between them. Rows
# are removed after an hour: whoever was away for longer reads the hall anew.
journal = table(
    "journal",
    Column("id", BIG_ID, primary_key=True),
    Column("writer", ShortHash, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("changed", Words(), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
