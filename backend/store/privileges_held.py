"""Privileges held: what an account really may do here, as the server tells it, and which roles that is."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, text

from backend.domain.accounts import Account
from backend.domain.errors import StoreRefusedError
from backend.domain.roles import Role, possible_roles, write_roles
from backend.store.account_statements import GRANT_OPTION, pattern
from backend.store.privileges import Privilege, privileges_of

UNKNOWN_ROLE = "other"
"""Of an account whose privileges are those of no role."""

_TABLES = (
    "SELECT TABLE_NAME, PRIVILEGE_TYPE, '', IS_GRANTABLE "
    "FROM information_schema.TABLE_PRIVILEGES WHERE GRANTEE = :grantee AND TABLE_SCHEMA = :name"
)
_COLUMNS = (
    "SELECT TABLE_NAME, PRIVILEGE_TYPE, COLUMN_NAME, '' "
    "FROM information_schema.COLUMN_PRIVILEGES WHERE GRANTEE = :grantee AND TABLE_SCHEMA = :name"
)
_SCHEMA = (
    "SELECT '', PRIVILEGE_TYPE, '', IS_GRANTABLE "
    "FROM information_schema.SCHEMA_PRIVILEGES WHERE GRANTEE = :grantee AND TABLE_SCHEMA = :name"
)


def own_roles(connection: Connection) -> frozenset[Role]:
    """The roles of the account that is connected; none where its privileges are those of no role."""
    name, _, host = str(connection.scalar(text("SELECT CURRENT_USER()"))).rpartition("@")
    return recognised(_read(connection, f"'{name}'@'{host}'"))


def recognised(present: frozenset[Privilege]) -> frozenset[Role]:
    """The roles that have exactly these privileges; none where there are no such."""
    return next((roles for roles in possible_roles() if privileges_of(roles) == present), frozenset())


def in_words(present: frozenset[Privilege]) -> str:
    """These privileges as roles, for a history; "" for none at all."""
    return (write_roles(recognised(present)) or UNKNOWN_ROLE) if present else ""


def database_name(connection: Connection) -> str:
    """The database that is in use, "" for none."""
    return str(connection.scalar(text("SELECT DATABASE()")) or "")


def held_by(connection: Connection, account: Account) -> frozenset[Privilege]:
    """What an account may do in this database; StoreRefusedError where more is behind it than is seen there."""
    more = _memberships(connection, account) or _elsewhere(connection, account)
    if more:
        raise StoreRefusedError(
            f"{account} has been given {more}, so a role here would hold nothing back. Nothing was changed: take that "
            "away first, or use an account made for this purpose."
        )
    return _read(connection, account.quoted)


def _memberships(connection: Connection, account: Account) -> str:
    unparameterised = connection.execution_options(no_parameters=True)
    shown = [str(row[0]) for row in unparameterised.exec_driver_sql(f"SHOW GRANTS FOR {account.quoted}")]
    return (
        "a role of the server's own" if any(line.startswith("GRANT ") and " ON " not in line for line in shown) else ""
    )


def _elsewhere(connection: Connection, account: Account) -> str:
    """What it may do on the whole server, or here by a pattern that names other databases as well; "" for nothing."""
    wide = "SELECT '*.*', PRIVILEGE_TYPE FROM information_schema.USER_PRIVILEGES WHERE GRANTEE = :grantee"
    by_pattern = (
        "SELECT TABLE_SCHEMA, PRIVILEGE_TYPE FROM information_schema.SCHEMA_PRIVILEGES WHERE GRANTEE = :grantee "
        "AND :name LIKE TABLE_SCHEMA AND TABLE_SCHEMA <> :pattern"
    )
    name = database_name(connection)
    key = {"grantee": account.quoted, "name": name, "pattern": pattern(name)}
    found = [*_rows(connection, wide, key), *_rows(connection, by_pattern, key)]
    return next((f"{action} on {place}" for place, action in found if action != "USAGE"), "")


def _read(connection: Connection, grantee: str) -> frozenset[Privilege]:
    key = {"grantee": grantee, "name": database_name(connection)}
    by_schema = {"grantee": grantee, "name": pattern(key["name"])}
    rows = [
        *_rows(connection, _TABLES, key),
        *_rows(connection, _COLUMNS, key),
        *_rows(connection, _SCHEMA, by_schema),
    ]
    passing_on = {Privilege(row[0], GRANT_OPTION) for row in rows if row[3] == "YES"}
    return frozenset({Privilege(row[0], row[1], row[2]) for row in rows if row[1] != "USAGE"} | passing_on)


def _rows(connection: Connection, query: str, values: dict[str, str]) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in connection.execute(text(query), values)]
