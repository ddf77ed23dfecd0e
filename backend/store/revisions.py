"""Runs schema revisions with Alembic. Imported only where a database is not up to date: it costs start-up time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from backend.domain.errors import StoreRefusedError
from backend.store import migrating

SCRIPTS = Path(__file__).parent / "migrations"
_LOCK = "hydra_gui_schema"
_LOCK_WAIT_S = 60


def make_schema(connection: Connection, revision: str) -> None:
    """Make the schema of that revision in an empty database."""
    configuration = _configuration()
    configuration.attributes["connection"] = connection
    command.upgrade(configuration, revision)


def run_revisions(connection: Connection) -> None:
    """Bring a database to the newest revision; whoever comes second finds nothing left to do."""
    with _only_one(connection):
        if migrating.read_revision(connection) != migrating.EXPECTED:
            configuration = _configuration()
            configuration.attributes["connection"] = connection
            command.upgrade(configuration, "head")


def known_revisions() -> list[str]:
    """All revisions this program has, newest first."""
    scripts = ScriptDirectory.from_config(_configuration())
    return [script.revision for script in scripts.walk_revisions()]


@contextmanager
def _only_one(connection: Connection) -> Iterator[None]:
    """Keep a second administrator out; SQLite's write lock does that by itself."""
    if connection.dialect.name == "sqlite":
        yield
        return
    if not connection.scalar(text("SELECT GET_LOCK(:name, :wait)"), {"name": _LOCK, "wait": _LOCK_WAIT_S}):
        raise StoreRefusedError("Somebody else is upgrading this database. Nothing was touched; try again later.")
    try:
        yield
    finally:
        connection.execute(text("SELECT RELEASE_LOCK(:name)"), {"name": _LOCK})


def _configuration() -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    return configuration
