"""How the store knows that an SQLite file is a label bundle: a number in the file's own header, not its name."""

from __future__ import annotations

from sqlalchemy import Connection
from sqlalchemy.engine.interfaces import DBAPICursor

APPLICATION_ID = 0x48594C42
"""`PRAGMA application_id` of a label bundle: "HYLB"."""

PRAGMAS = ("PRAGMA journal_mode = DELETE", "PRAGMA trusted_schema = OFF", "PRAGMA cell_size_check = ON")
"""On top of the store's own. A bundle is carried about as one file, so nothing that was said to be saved may lie in a
second file beside it, as it does with a write-ahead log; and what others made is not trusted."""


def prepare(cursor: DBAPICursor) -> bool:
    """Set a connection up for the bundle it opens; False where it opens something else."""
    cursor.execute("PRAGMA application_id")
    row = cursor.fetchone()
    if row is None or row[0] != APPLICATION_ID:
        return False
    for pragma in PRAGMAS:
        cursor.execute(pragma)
    return True


def is_label_bundle(connection: Connection) -> bool:
    """Whether this is one."""
    if connection.dialect.name != "sqlite":
        return False
    return connection.exec_driver_sql("PRAGMA application_id").scalar() == APPLICATION_ID
