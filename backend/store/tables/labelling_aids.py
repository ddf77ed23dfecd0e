"""Tables of aids to labelling: second labels, why an image is kept, at which rate, and plots that were made."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, ForeignKey, Index, Integer, SmallInteger

from backend.store.tables.base import table
from backend.store.tables.entries import entry
from backend.store.types import BIG_ID, UtcDateTime, Words

# A second label is one person's word on a plot that somebody else has labelled, given without seeing that label. It
# does not count: `first_label` of `first_who` does until somebody decides. `label_after` 0 takes it back.
second_labels = table(
    "second_labels",
    *entry(
        Column("plot_id", ForeignKey("plots.id"), nullable=False),
        Column("plot_type_id", ForeignKey("plot_types.id"), nullable=False),
        Column("first_label", Integer, nullable=False),
        Column("first_who", Words(255), nullable=False),
        Column("label_before", Integer, nullable=False),
        Column("label_after", Integer, nullable=False),
        Column("how", Words(32), nullable=False),
        Column("gesture_id", BIG_ID, nullable=False),
        Index("ix_second_labels_plot_id_id", "plot_id", "id"),
        Index("ix_second_labels_plot_type_id_id", "plot_type_id", "id"),
        Index("ix_second_labels_gesture_id", "gesture_id"),
    ),
)

# One row per plot and reason, see `backend.domain.collecting.KeptFor`. An image without a row may be removed.
kept_images = table(
    "kept_images",
    Column("plot_id", ForeignKey("plots.id"), primary_key=True, autoincrement=False),
    Column("reason", SmallInteger, primary_key=True, autoincrement=False),
    Column("plot_type_id", Integer, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Index("ix_kept_images_plot_type_id_reason", "plot_type_id", "reason"),
    sqlite_with_rowid=False,
)

# The newest entry of a plot type is its rate; percent 0 to 100.
collecting_events = table(
    "collecting_events",
    *entry(
        Column("plot_type_id", ForeignKey("plot_types.id"), nullable=False),
        Column("percent_before", Double, nullable=False),
        Column("percent_after", Double, nullable=False),
        Index("ix_collecting_events_plot_type_id_id", "plot_type_id", "id"),
    ),
)

# Plots that were made from others, for training only. `parent_id` is the plot that was changed; `recipe` is JSON.
synthetic_plots = table(
    "synthetic_plots",
    Column("plot_id", ForeignKey("plots.id"), primary_key=True, autoincrement=False),
    Column("parent_id", BigInteger, nullable=False),
    Column("recipe", Words(), nullable=False),
    Column("who", Words(255), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Index("ix_synthetic_plots_parent_id", "parent_id"),
    sqlite_with_rowid=False,
)
