"""The file of a backup: an embedded store with its blobs inside, and a table that says what must be in it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DatabaseError

from backend.domain.errors import BackupError
from backend.store import migrating
from backend.store.connecting import connect
from backend.store.database import Database
from backend.store.tables import metadata

LEFT_OUT = frozenset({"journal", "stations", "blobs", "blob_chunks"})
"""What is true of one moment only, and bytes, which are copied and checked one by one."""

PORTION = 2000
_FACTS = "backup_facts"


def copied_tables() -> list[Table]:
    """Tables whose rows are copied, those that others refer to first."""
    return [table for table in metadata.sorted_tables if table.name not in LEFT_OUT]


def url_of(file: Path) -> URL:
    """How SQLAlchemy names a file."""
    return URL.create("sqlite", database=str(file))


@contextmanager
def new_file(file: Path) -> Iterator[Database]:
    """An empty backup that becomes `file` when the block ends well, and leaves nothing otherwise."""
    if file.exists():
        raise BackupError(f"{file} is there already, and a backup never overwrites one. Name another file.")
    unfinished = file.with_name(file.name + ".part")
    unfinished.unlink(missing_ok=True)
    try:
        unfinished.touch(mode=0o600)
    except OSError as error:
        raise BackupError(f"{file} cannot be written ({error.strerror}). Nothing was backed up.") from error
    database = Database(_quick(connect(url_of(unfinished))))
    try:
        migrating.upgrade(database)
        yield database
        _close(database)
        unfinished.replace(file)
    finally:
        database.dispose()
        for path in file.parent.glob(unfinished.name + "*"):
            path.unlink()


def write_facts(database: Database, facts: Mapping[str, int]) -> None:
    """Note how many rows each table has; the last thing that is written."""

    def write(connection: Connection) -> None:
        connection.execute(text(f"CREATE TABLE {_FACTS} (name TEXT PRIMARY KEY, rows INTEGER NOT NULL)"))
        rows = [{"name": name, "rows": count} for name, count in facts.items()]
        connection.execute(text(f"INSERT INTO {_FACTS} (name, rows) VALUES (:name, :rows)"), rows)  # noqa: S608

    database.write(write)


def read_facts(database: Database) -> dict[str, int]:
    """What must be in it."""
    query = text(f"SELECT name, rows FROM {_FACTS}")  # noqa: S608 - no value
    return database.read(lambda connection: {row.name: row.rows for row in connection.execute(query)})


@contextmanager
def opened(file: Path) -> Iterator[Database]:
    """A backup for reading. One of an older program is brought up to date in a copy; BackupError where it is none."""
    if not file.is_file():
        raise BackupError(f"There is no file {file}. Nothing was restored.")
    with tempfile.TemporaryDirectory(prefix="hydra-gui-restore-") as place:
        with _reading(file) as database:
            revision = _checked(file, database)
            if revision == migrating.EXPECTED:
                yield database
                return
        copy = Path(place) / file.name
        shutil.copyfile(file, copy)
        with closing(_Disposed(Database(connect(url_of(copy))))) as upgraded:
            migrating.upgrade(upgraded.database)
            yield upgraded.database


class _Disposed:
    def __init__(self, database: Database) -> None:
        self.database = database

    def close(self) -> None:
        self.database.dispose()


@contextmanager
def _reading(file: Path) -> Iterator[Database]:
    database = Database(create_engine(f"sqlite:///file:{file.absolute()}?mode=ro&uri=true", hide_parameters=True))
    try:
        yield database
    finally:
        database.dispose()


def _checked(file: Path, database: Database) -> str:
    """Its revision; BackupError unless the file is whole and a backup."""
    try:
        with database.engine.connect() as connection:
            sound = connection.execute(text("PRAGMA quick_check")).scalar()
            revision = migrating.read_revision(connection)
            complete = connection.dialect.has_table(connection, _FACTS)
    except DatabaseError as error:
        raise BackupError(f"{file} is no backup of Hydra GUI, or it is damaged. Nothing was restored.") from error
    if sound != "ok":
        raise BackupError(f"{file} is damaged ({sound}). Nothing was restored; use an older one.")
    if revision is None or not complete:
        raise BackupError(f"{file} is no backup that was finished. Nothing was restored; use another one.")
    return revision


def _quick(engine: Engine) -> Engine:
    """A file that is written once and synced at its end need not wait for the disk in between."""

    @event.listens_for(engine, "connect")
    def relax(connection: DBAPIConnection, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA synchronous = OFF")
        cursor.close()

    return engine


def _close(database: Database) -> None:
    """One file without a journal beside it, on the disk."""
    database.engine.dispose()
    with database.engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        assert raw is not None  # noqa: S101 - it is connected
        cursor = raw.cursor()
        for pragma in ("PRAGMA synchronous = FULL", "PRAGMA wal_checkpoint(TRUNCATE)", "PRAGMA journal_mode = DELETE"):
            cursor.execute(pragma)
        cursor.close()
    database.engine.dispose()
