"""The statements by which accounts are made and given exactly the privileges of a role. Text only, no connection.

Names are quoted although they are checked; passwords never stand in a statement, only what is derived from them.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator

from backend.domain.accounts import Account
from backend.store.privileges import Privilege

GRANT_OPTION = "GRANT OPTION"
HIDDEN = "*" * 8
_QUOTE = "'"


def differences(
    account: Account, database: str, present: frozenset[Privilege], wanted: frozenset[Privilege]
) -> list[str]:
    """Statements that lead from what an account has to what it shall have. First it is given, then taken: a station
    that runs meanwhile misses nothing it keeps."""
    given = [
        f"GRANT {actions} ON {place} TO {account.quoted}" for place, actions in _by_place(database, wanted - present)
    ]
    taken = [
        f"REVOKE {actions} ON {place} FROM {account.quoted}" for place, actions in _by_place(database, present - wanted)
    ]
    return given + taken


def make_account(account: Account, identified: str, *, encrypted: bool) -> str:
    """The statement that makes an account; `encrypted`: the server lets it in over TLS only."""
    return f"CREATE USER {account.quoted} {identified} {_requirement(encrypted)}"


def change_account(account: Account, identified: str, *, encrypted: bool) -> str:
    """The statement that gives an account another password."""
    return f"ALTER USER {account.quoted} {identified} {_requirement(encrypted)}"


def change_requirement(account: Account, *, encrypted: bool) -> str:
    """The statement that changes nothing but whether TLS is demanded."""
    return f"ALTER USER {account.quoted} {_requirement(encrypted)}"


def drop_account(account: Account) -> str:
    """The statement that removes an account from the whole server."""
    return f"DROP USER {account.quoted}"


def identified_on_mariadb(password: str) -> str:
    """How MariaDB is told a password without hearing it: neither its logs nor its process list can hold it."""
    twice = hashlib.sha1(hashlib.sha1(password.encode()).digest()).hexdigest()  # noqa: S324 - as the server defines it
    return f"IDENTIFIED VIA mysql_native_password USING '*{twice.upper()}'"


IDENTIFIED_BY = "IDENTIFIED BY ?"
"""How MySQL is told a password: as a value of the statement, which it keeps out of its logs."""


def hidden_identification(statement: str) -> str:
    """A statement as it may be shown."""
    before, word, after = statement.partition("USING '")
    return f"{before}{word}{HIDDEN}'{after.partition(_QUOTE)[2]}" if word else statement


def quoted_name(name: str) -> str:
    """A database or table as it stands in statements."""
    return "`" + name.replace("`", "``") + "`"


def pattern(database: str) -> str:
    """A database as grants on all its tables name it: there, % and _ would stand for others."""
    return database.replace("\\", "\\\\").replace("_", "\\_").replace("%", "\\%")


def _requirement(encrypted: bool) -> str:
    return "REQUIRE SSL" if encrypted else "REQUIRE NONE"


def _by_place(database: str, privileges: Iterable[Privilege]) -> Iterator[tuple[str, str]]:
    """Where and what: one statement per table, its columns gathered."""
    found: defaultdict[str, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for privilege in sorted(privileges):
        columns = found[privilege.table][privilege.action]
        if privilege.column:
            columns.append(quoted_name(privilege.column))
    for table, actions in found.items():
        place = f"{quoted_name(database)}.{quoted_name(table)}" if table else f"{quoted_name(pattern(database))}.*"
        yield place, ", ".join(f"{action} ({', '.join(cols)})" if cols else action for action, cols in actions.items())
