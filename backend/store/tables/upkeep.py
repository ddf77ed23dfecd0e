"""The table of work that one station at a time does for all: how far it is, and who has it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column

from backend.store.tables.base import table
from backend.store.types import UtcDateTime, Words

IMAGES = "images"
"""The job that lets images expire; its row is made with the schema."""

# `position` is the last plot looked at in this round; `images` and `bytes` are what went in it. Times are of the
# database's clock.
upkeep = table(
    "upkeep",
    Column("job", Words(32), primary_key=True),
    Column("owner", Words(255), nullable=False),
    Column("lease_until", UtcDateTime, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("begun_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
    Column("images", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
)
