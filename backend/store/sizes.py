"""How large a database is, as it says itself."""

from __future__ import annotations

from sqlalchemy import Connection, text

_SERVER = (
    "SELECT COALESCE(SUM(data_length + index_length), 0) FROM information_schema.tables "
    "WHERE table_schema = DATABASE() AND table_name NOT IN ('blobs', 'blob_chunks')"
)


def database_bytes(connection: Connection) -> int:
    """Bytes of tables and indexes without blobs. A server's own estimate; of SQLite the pages of its file."""
    if connection.dialect.name == "sqlite":
        pages, size = (connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("page_count", "page_size"))
        return int(pages or 0) * int(size or 0)
    return int(connection.execute(text(_SERVER)).scalar() or 0)
