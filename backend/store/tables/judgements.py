"""Tables of what was decided: predictions (heavy, read one at a time) and verdicts (lean, listed and searched)."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Double, Float, ForeignKey, Index, Integer, LargeBinary, SmallInteger

from backend.store.tables.base import table
from backend.store.types import UtcDateTime, Words

# `probabilities` are float32 in the order of the model's labels, `embedding` float16, both little-endian;
# `heat_map` is `HeatMap.encode`; `stage_ms` a JSON object.
predictions = table(
    "predictions",
    Column("plot_id", ForeignKey("plots.id"), primary_key=True, autoincrement=False),
    Column("model_id", Integer, primary_key=True, autoincrement=False),
    Column("probabilities", LargeBinary(65535), nullable=False),
    Column("heat_map", LargeBinary(65535)),
    Column("embedding", LargeBinary(65535), nullable=False),
    Column("precision", Words(8), nullable=False),
    Column("milliseconds", Float, nullable=False),
    Column("stage_ms", Words(), nullable=False),
)

verdicts = table(
    "verdicts",
    Column("plot_id", ForeignKey("plots.id"), primary_key=True, autoincrement=False),
    Column("model_id", Integer, primary_key=True, autoincrement=False),
    Column("classification_id", Integer, nullable=False),
    Column("confidence", Double, nullable=False),
    Column("confirmed", Boolean, nullable=False),
    Column("gate", Words(16), nullable=False),
    Column("severity", SmallInteger, nullable=False),
    Column("decided_at", UtcDateTime, nullable=False),
    Index("ix_verdicts_severity_decided_at", "severity", "decided_at"),
    sqlite_with_rowid=False,
)
