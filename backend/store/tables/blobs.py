"""Tables of bytes, used where blobs live in the database: apart from all that is counted or listed."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, LargeBinary
from sqlalchemy.dialects import mysql

from backend.store.tables.base import table
from backend.store.types import Digest, UtcDateTime

# `touched_at` is renewed whenever the same bytes are put again, so that the sweep leaves them alone.
blobs = table(
    "blobs",
    Column("sha256", Digest, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("touched_at", UtcDateTime, nullable=False),
)

blob_chunks = table(
    "blob_chunks",
    Column("sha256", Digest, ForeignKey("blobs.sha256", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("data", LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql"), nullable=False),
)
