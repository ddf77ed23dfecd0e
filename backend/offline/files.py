"""Label bundles as files: opened by their header, never by their name, and synced to the disk."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from backend.domain.errors import LabelBundleError
from backend.store.label_bundle_file import APPLICATION_ID

_MAGIC = b"SQLite format 3\0"
_WHILE_MADE = ("journal_mode = OFF", "synchronous = OFF", "foreign_keys = ON", "cache_size = -64000")
_WHILE_READ = ("trusted_schema = OFF", "cell_size_check = ON", "busy_timeout = 10000", "foreign_keys = ON")
BROKEN = (SQLAlchemyError, sqlite3.Error, TypeError, ValueError, AttributeError, KeyError, OverflowError)
"""What reading a file raises where its cells hold what no program wrote there."""

OTHER_FILE = "Nothing was changed. Choose a file made by `hydra-gui bundle create`."


@contextmanager
def raw_bundle(path: Path, *, new: bool = False) -> Iterator[Engine]:
    """An engine for a bundle that is made or looked through; its connections are closed at the end."""
    engine = create_engine(URL.create("sqlite", database=str(path)), poolclass=NullPool, hide_parameters=True)
    pragmas = (*_WHILE_MADE, f"application_id = {APPLICATION_ID}") if new else _WHILE_READ

    def prepare(connection: DBAPIConnection, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    try:
        yield engine
    finally:
        engine.dispose()


def look_at_header(path: Path) -> None:
    """LabelBundleError unless this is, by its first bytes, a label bundle."""
    try:
        with path.open("rb") as file:
            head = file.read(100)
    except FileNotFoundError as error:
        raise LabelBundleError(f"There is no file {path}. Check the spelling, or where it was copied to.") from error
    except OSError as error:
        raise LabelBundleError(f"{path} cannot be read ({error.strerror}). Check the medium and its rights.") from error
    if len(head) < 100 or not head.startswith(_MAGIC):
        raise LabelBundleError(f"{path} is no label bundle, or was cut short before it began. {OTHER_FILE}")
    if int.from_bytes(head[68:72], "big") != APPLICATION_ID:
        raise LabelBundleError(f"{path} is a database, but no label bundle. {OTHER_FILE}")
    pages, size = int.from_bytes(head[28:32], "big"), int.from_bytes(head[16:18], "big")
    _whole(path, pages * (65536 if size == 1 else size))


def _whole(path: Path, promised: int) -> None:
    found = path.stat().st_size
    journal = path.with_name(path.name + "-journal")
    if found < promised and not journal.exists():
        raise LabelBundleError(
            f"{path} is cut short: {found} of {promised} bytes are there. Nothing was changed. Copy it once more from "
            f"where it came; labels in the part that is there can be saved with `hydra-gui bundle apply --salvage`."
        )


def settle(path: Path) -> None:
    """Wait until a file or a folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def damage(path: Path, error: Exception) -> LabelBundleError:
    """What a person reads where the file's inside is broken."""
    return LabelBundleError(
        f"{path} is damaged ({str(error).splitlines()[0]}). Nothing was changed. Copy it once more from where it came; "
        f"labels in the part that can be read are saved with `hydra-gui bundle apply --salvage`."
    )
