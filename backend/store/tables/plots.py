"""Tables of plots on their way: plots, the ledger of input files, the work queue, quarantine, tallies.

Foreign keys are left out where InnoDB would add an index that no query reads (docs/adr/0004).
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, SmallInteger, UniqueConstraint

from backend.store.tables.base import table
from backend.store.types import BIG_ID, Digest, FileName, ShortHash, UtcDateTime, Words

NO_CHUNK = -1

# `seen_at` is the newest live arrival and NULL for imported plots, which keeps those off the live grid;
# `model_id` names the model whose verdict counts. The unique key starts with the digest, so that it also
# answers "which plots hold this image" for the sweep of blobs. `image_expired_at` is NULL while the image is kept.
plots = table(
    "plots",
    Column("id", BIG_ID, primary_key=True),
    Column("plot_type_id", ForeignKey("plot_types.id"), nullable=False),
    Column("run_id", ForeignKey("runs.id"), nullable=False),
    Column("chunk", Integer, nullable=False),
    Column("sha256", Digest, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("taken_at", UtcDateTime, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime),
    Column("state", Words(16), nullable=False),
    Column("model_id", Integer),
    Column("source", FileName),
    Column("image_expired_at", UtcDateTime),
    UniqueConstraint("sha256", "run_id", "plot_type_id", "chunk"),
    Index("ix_plots_plot_type_id_seen_at", "plot_type_id", "seen_at"),
    Index("ix_plots_run_id_plot_type_id", "run_id", "plot_type_id"),
)

# One row per file taken in or set aside; `stamp` is the hash of path, time and size; one of the ids is given.
input_files = table(
    "input_files",
    Column("stamp", ShortHash, primary_key=True),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("plot_id", BigInteger),
    Column("quarantine_id", BigInteger),
    sqlite_with_rowid=False,
)

# Only plots that wait: a row is removed in the transaction that records the verdict. The highest `priority` goes
# first, within it the newest plot; a lease that lies in the past is free to take.
work = table(
    "work",
    Column("plot_id", ForeignKey("plots.id"), primary_key=True, autoincrement=False),
    Column("priority", SmallInteger, nullable=False),
    Column("owner", Words(255)),
    Column("lease_until", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("message", Words(), nullable=False),
    Index("ix_work_priority_plot_id", "priority", "plot_id"),
    Index("ix_work_owner", "owner"),
)

quarantine = table(
    "quarantine",
    Column("id", BIG_ID, primary_key=True),
    Column("path", Words(), nullable=False),
    Column("path_hash", ShortHash, nullable=False, index=True),
    Column("reason", Words(32), nullable=False),
    Column("message", Words(), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("plot_type", Words(255), nullable=False),
    Column("resolved_at", UtcDateTime),
    Index("ix_quarantine_resolved_at_since", "resolved_at", "since"),
)

# Plots by state, kept in the same transactions: counting 10 million rows takes seconds. Spread over slots,
# so that stations do not queue for one row; the sum over slots counts.
tallies = table(
    "tallies",
    Column("state", Words(16), primary_key=True),
    Column("slot", SmallInteger, primary_key=True, autoincrement=False),
    Column("value", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
TALLY_SLOTS = 16
