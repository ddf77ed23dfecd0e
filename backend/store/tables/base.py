"""One `MetaData`, one way to declare a table."""

from __future__ import annotations

from typing import Any

from sqlalchemy import MetaData, Table
from sqlalchemy.schema import SchemaItem

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

SERVER: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
}
"""Names differ by case in this field (`CDC_occupancy`, `cdc_occupancy`), so the collation is binary."""


def table(name: str, *items: SchemaItem, sqlite_with_rowid: bool = True) -> Table:
    """Declare a table that compares names byte for byte on every database."""
    return Table(name, metadata, *items, sqlite_with_rowid=sqlite_with_rowid, **SERVER)
