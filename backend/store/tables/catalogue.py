"""Tables of what there is to monitor: plot types, groups, classifications, runs. Small and read often."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, SmallInteger, UniqueConstraint

from backend.store.tables.base import table
from backend.store.types import UtcDateTime, Words

ROOT_GROUP = 1
"""Row of the nameless group all others lie in; it is its own parent, so that parents are never NULL."""

plot_types = table(
    "plot_types",
    Column("id", Integer, primary_key=True),
    Column("name", Words(255), nullable=False, unique=True),
    Column("description", Words(), nullable=False),
    Column("contact", Words(255), nullable=False),
    Column("guidance", Words(), nullable=False),
    Column("first_seen", UtcDateTime, nullable=False),
)

plot_groups = table(
    "plot_groups",
    Column("id", Integer, primary_key=True),
    Column("parent_id", ForeignKey("plot_groups.id"), nullable=False),
    Column("name", Words(255), nullable=False),
    UniqueConstraint("parent_id", "name"),
)

# `position` 0 is the group a plot type is shown in; others are memberships beside it.
group_members = table(
    "group_members",
    Column("plot_type_id", ForeignKey("plot_types.id"), primary_key=True),
    Column("position", SmallInteger, primary_key=True, autoincrement=False),
    Column("group_id", ForeignKey("plot_groups.id"), nullable=False, index=True),
)

classifications = table(
    "classifications",
    Column("id", Integer, primary_key=True),
    Column("name", Words(255), nullable=False, unique=True),
    Column("severity", SmallInteger, nullable=False),
    Column("colour", Words(7), nullable=False),
    Column("symbol", Words(16), nullable=False),
    Column("description", Words(), nullable=False),
)

valid_classifications = table(
    "valid_classifications",
    Column("plot_type_id", ForeignKey("plot_types.id"), primary_key=True),
    Column("classification_id", ForeignKey("classifications.id"), primary_key=True, index=True),
)

# Times are of live arrivals; NULL where the run is only known from imported plots.
runs = table(
    "runs",
    Column("id", Integer, primary_key=True),
    Column("period", Words(255), nullable=False),
    Column("number", Integer, nullable=False),
    Column("first_seen", UtcDateTime),
    Column("last_seen", UtcDateTime),
    UniqueConstraint("number", "period"),
    Index("ix_runs_last_seen", "last_seen"),
)
