"""The columns that every history has."""

from __future__ import annotations

from sqlalchemy import Column, FetchedValue, Uuid
from sqlalchemy.schema import SchemaItem

from backend.store.types import BIG_ID, UtcDateTime, Words

ACCOUNT = "account"
"""The column the server fills by itself: which account, and from which machine; "" on SQLite."""


def entry(*items: SchemaItem) -> tuple[SchemaItem, ...]:
    """The columns every history has, then its own."""
    return (
        Column("id", BIG_ID, primary_key=True),
        Column("ticket", Uuid(native_uuid=False), nullable=False, unique=True),
        Column("who", Words(255), nullable=False),
        Column("at", UtcDateTime, nullable=False),
        Column(ACCOUNT, Words(255), nullable=False, server_default=FetchedValue()),
        *items,
    )
