"""The schema a label bundle must have: word for word that of a store, so that nothing else runs when it is used.

An SQLite file brings triggers and views of its own along, which act whenever somebody writes or reads. Those of a
bundle are compared with what this program would have made.
"""

from __future__ import annotations

import sqlite3
from functools import cache

from sqlalchemy import Connection, create_engine

from backend.store import migrating
from backend.store.revisions import known_revisions, make_schema

_OBJECTS = "SELECT type, name, tbl_name, sql FROM sqlite_master"


def schema_of(connection: Connection) -> frozenset[tuple[str, ...]]:
    """Every table, index, trigger and view with its text."""
    rows = connection.exec_driver_sql(_OBJECTS)
    return frozenset((str(row[0]), str(row[1]), str(row[2]), str(row[3] or "")) for row in rows)


@cache
def known() -> frozenset[str]:
    """All revisions this program has."""
    return frozenset(known_revisions())


@cache
def empty_store() -> bytes:
    """The file of a store of the present revision with nothing in it."""
    engine = create_engine("sqlite://")
    try:
        with engine.connect() as connection:
            make_schema(connection, migrating.EXPECTED)
            connection.commit()
            driver = connection.connection.driver_connection
            assert isinstance(driver, sqlite3.Connection)  # noqa: S101 - the engine above is no other
            return driver.serialize()
    finally:
        engine.dispose()


@cache
def schema_at(revision: str) -> frozenset[tuple[str, ...]]:
    """What this program makes of that revision."""
    engine = create_engine("sqlite://")
    try:
        with engine.begin() as connection:
            make_schema(connection, revision)
            return schema_of(connection)
    finally:
        engine.dispose()
