"""What revisions share: tables that compare names byte for byte, and histories that nobody changes."""

from __future__ import annotations

import logging

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import SchemaItem

from backend.store import types

NEEDS_SUPER = 1419
LONG_TEXT = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql")

log = logging.getLogger(__name__)


def protect(history: str) -> None:
    """Refuse updates and deletions. A server with a binary log grants triggers to few: there the grants protect."""
    for action in ("UPDATE", "DELETE"):
        name = f"{history}_no_{action.lower()}"
        before = f"CREATE TRIGGER {name} BEFORE {action} ON {history} FOR EACH ROW"
        message = f"{history} is append-only"
        if op.get_bind().dialect.name == "sqlite":
            op.execute(f"{before} BEGIN SELECT RAISE(ABORT, '{message}'); END")
            continue
        try:
            op.execute(f"{before} SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{message}'")
        except DBAPIError as error:
            if error.orig is None or error.orig.args[0] != NEEDS_SUPER:
                raise
            log.warning("No trigger %s: the account may not make triggers while the binary log is on.", name)


def keep_account(history: str) -> None:
    """Let the server write which account and machine made an entry; entries of before, and SQLite's, have "".

    With accounts that may insert every column but this one, nobody writes in another account's name.
    """
    op.add_column(history, sa.Column("account", types.Words(255), nullable=False, server_default=""))
    if op.get_bind().dialect.name != "sqlite":
        op.execute(f"ALTER TABLE {history} ALTER COLUMN account SET DEFAULT (USER())")


def table(name: str, *items: SchemaItem, **options: bool) -> None:
    """Make a table that compares names byte for byte."""
    op.create_table(
        name, *items, mysql_engine="InnoDB", mysql_charset="utf8mb4", mysql_collate="utf8mb4_bin", **options
    )
