"""Schema revisions: what a database has, what this program needs, and the way from one to the other.

Opening a database that is up to date asks one small query; Alembic is imported only where there is a way to go.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import URL, Column, Connection, MetaData, String, Table, inspect, select

from backend.domain.errors import StoreRefusedError
from backend.store.database import Database, now
from backend.store.values import StoreStatus

EXPECTED = "0012"
"""The newest revision below `migrations/versions`; a test compares."""

RESTORING = "restoring"
"""Stands in place of a revision while a backup is brought in, so that nobody uses half a store."""

_KEPT_BACKUPS = 3
_version = Table("alembic_version", MetaData(), Column("version_num", String(32)))


def status(database: Database) -> StoreStatus:
    """Compare the database's revision with the program's."""
    url = database.engine.url.render_as_string(hide_password=True)
    return StoreStatus(url, database.read(read_revision), EXPECTED)


def state_of(url: URL, connection: Connection) -> StoreStatus:
    """The same on an open connection to a database that has a schema. One question."""
    return StoreStatus(
        url.render_as_string(hide_password=True), connection.scalar(select(_version.c.version_num)), EXPECTED
    )


def refuse_other(state: StoreStatus) -> None:
    """StoreRefusedError unless the schema is the one this program needs."""
    if state.current:
        return
    if state.revision == RESTORING:
        raise StoreRefusedError(
            f"A backup is being restored into the database {state.url}, or that was broken off. Nothing was touched. "
            f"Wait until it is done; where it was broken off, empty the database and restore again."
        )
    if state.revision is None or _is_known(state.revision):
        raise StoreRefusedError(
            f"The database {state.url} has schema {state.revision or 'none'}, this program needs "
            f"{state.expected}. Nothing was touched. The administrator runs `hydra-gui db upgrade`; other "
            f"stations must have stopped."
        )
    raise StoreRefusedError(
        f"The database {state.url} has schema {state.revision}, which this program does not know: it was made by "
        f"a newer version. Nothing was touched. Install that version here, or use another database."
    )


def upgrade(database: Database) -> StoreStatus:
    """Bring the schema to the program's revision; an existing SQLite file is backed up first."""
    state = status(database)
    if not state.current:
        if state.revision is not None and not _is_known(state.revision):
            refuse_other(state)
        if database.embedded and state.revision is not None:
            back_up(database.engine.url, state.revision)
        from backend.store.revisions import run_revisions

        database.write(run_revisions)
    return status(database)


def read_revision(connection: Connection) -> str | None:
    """The revision of a database, None where it has no schema of ours."""
    if not inspect(connection).has_table(_version.name):
        return None
    return connection.scalar(select(_version.c.version_num))


def back_up(url: URL, revision: str) -> Path | None:
    """Copy an SQLite file beside itself while others may use it; the newest three copies are kept."""
    if not url.database or url.database == ":memory:":
        return None
    source = Path(url.database)
    copy = source.with_name(f"{source.name}.{revision}.{now():%Y%m%dT%H%M%S%f}.backup")
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(copy)) as new:
        old.backup(new)
    for outdated in sorted(source.parent.glob(f"{source.name}.*.backup"), key=_age)[:-_KEPT_BACKUPS]:
        outdated.unlink(missing_ok=True)
    return copy


def _age(path: Path) -> str:
    return path.name.rsplit(".", 2)[-2]


def _is_known(revision: str) -> bool:
    from backend.store.revisions import known_revisions

    return revision in known_revisions()
