"""Tables of what is brought from another system: progress, what did not fit, and what has no place elsewhere.

Rows go by the number they have in their source, so that whatever is brought again is found to be there.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Double, ForeignKey, Index, Integer

from backend.store.tables.base import table
from backend.store.tables.histories import LONG_TEXT
from backend.store.types import BIG_ID, UtcDateTime, Words

foreign_sources = table(
    "foreign_sources",
    Column("id", Integer, primary_key=True),
    Column("name", Words(255), nullable=False, unique=True),
    Column("begun_at", UtcDateTime, nullable=False),
)


def _of_source() -> Column[int]:
    return Column("source_id", ForeignKey("foreign_sources.id"), primary_key=True, autoincrement=False)


def _foreign_id() -> Column[int]:
    return Column("foreign_id", BigInteger, primary_key=True, autoincrement=False)


# Written in the transaction that takes rows in: all of `read` have numbers up to `last_id`.
foreign_progress = table(
    "foreign_progress",
    _of_source(),
    Column("part", Words(32), primary_key=True),
    Column("last_id", BigInteger, nullable=False),
    Column("read", BigInteger, nullable=False),
    Column("taken", BigInteger, nullable=False),
    Column("known", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

foreign_refusals = table(
    "foreign_refusals",
    _of_source(),
    Column("part", Words(32), primary_key=True),
    Column("reason", Words(191), primary_key=True),
    Column("total", BigInteger, nullable=False),
    Column("examples", Words(255), nullable=False),
    sqlite_with_rowid=False,
)

# `training_weight` copies an image in training, 0 excludes it; `forced` is "training", "validation" or "".
foreign_plots = table(
    "foreign_plots",
    _of_source(),
    _foreign_id(),
    Column("plot_id", BIG_ID, nullable=False),
    Column("training_weight", Integer, nullable=False),
    Column("forced", Words(16), nullable=False),
    sqlite_with_rowid=False,
)

# Rows without a place elsewhere, as JSON objects by column.
foreign_records = table(
    "foreign_records",
    _of_source(),
    Column("part", Words(32), primary_key=True),
    _foreign_id(),
    Column("content", LONG_TEXT, nullable=False),
)

foreign_thresholds = table(
    "foreign_thresholds",
    _of_source(),
    _foreign_id(),
    Column("model", BigInteger, nullable=False),
    Column("classification_id", Integer, nullable=False),
    Column("threshold", Double, nullable=False),
    Column("method", Words(64), nullable=False),
    sqlite_with_rowid=False,
)

# `output` and `thresholds` as they were; `classification_id` and `confidence` where the output could be read.
foreign_verdicts = table(
    "foreign_verdicts",
    _of_source(),
    _foreign_id(),
    Column("plot_type_id", Integer, nullable=False),
    Column("run", Integer, nullable=False),
    Column("chunk", Integer, nullable=False),
    Column("model", BigInteger),
    Column("taken_at", UtcDateTime),
    Column("decided_at", UtcDateTime, nullable=False),
    Column("classification_id", Integer),
    Column("confidence", Double),
    Column("output", Words(), nullable=False),
    Column("thresholds", Words(), nullable=False),
    Column("unbiased", Boolean, nullable=False),
    Index("ix_foreign_verdicts_plot_type_id_decided_at", "plot_type_id", "decided_at"),
    sqlite_with_rowid=False,
)
