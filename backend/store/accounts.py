"""Accounts of a shared server: which there are, what they may do, and giving them exactly what their roles need."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from backend.domain.accounts import Account
from backend.domain.errors import HydraError, StoreRefusedError
from backend.domain.roles import Role, write_roles
from backend.store import migrating
from backend.store.account_statements import (
    IDENTIFIED_BY,
    change_account,
    change_requirement,
    differences,
    drop_account,
    hidden_identification,
    identified_on_mariadb,
    make_account,
)
from backend.store.database import Database
from backend.store.failures import server_code
from backend.store.histories import append
from backend.store.privileges import privileges_of
from backend.store.privileges_held import UNKNOWN_ROLE, database_name, held_by, in_words
from backend.store.tables import grant_events

_DENIED = frozenset({1044, 1142, 1143, 1227, 1370})


@dataclass(frozen=True, slots=True)
class GrantPlan:
    """What would be done. `statements` may be shown to anybody: no password stands in them, and no hash of one."""

    account: Account
    before: str
    after: str
    statements: tuple[str, ...]
    new: bool = False


class Accounts:
    """The accounts of the server on which a store is. Used with an account that may make accounts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def exists(self, account: Account) -> bool:
        """Whether the server knows this account. StoreRefusedError where ours may not ask."""
        return self._database.read(lambda connection: _exists(connection, account))

    def grant(
        self,
        account: Account,
        roles: frozenset[Role],
        who: str,
        *,
        password: str | None = None,
        encrypted: bool = True,
        dry_run: bool = False,
    ) -> GrantPlan:
        """Make an account if need be, and give it the privileges of `roles` in this database and no others.

        Repeated, it finds nothing to do. `encrypted`: the server lets the account in over TLS only. `password` is for a
        new account, or another one for an old. Everything is entered in the history of grants before it is done.
        """

        def prepare(connection: Connection) -> GrantPlan:
            known = _exists(connection, account)
            present = held_by(connection, account) if known else frozenset()
            identity = _identity(connection, account, known=known, password=password, encrypted=encrypted)
            changes = differences(account, database_name(connection), present, privileges_of(roles))
            return GrantPlan(account, in_words(present), write_roles(roles), (*identity, *changes), new=not known)

        return self._carry_out(prepare, account, who, password, dry_run=dry_run)

    def revoke(self, account: Account, who: str, *, drop: bool = False, dry_run: bool = False) -> GrantPlan:
        """Take every privilege in this database from an account; with `drop` the account itself, everywhere."""

        def prepare(connection: Connection) -> GrantPlan:
            if not _exists(connection, account):
                return GrantPlan(account, "", "", ())
            present = held_by(connection, account)
            taken = differences(account, database_name(connection), present, frozenset())
            return GrantPlan(account, in_words(present), "", (drop_account(account),) if drop else tuple(taken))

        return self._carry_out(prepare, account, who, None, dry_run=dry_run)

    def _carry_out(
        self,
        prepare: Callable[[Connection], GrantPlan],
        account: Account,
        who: str,
        password: str | None,
        *,
        dry_run: bool,
    ) -> GrantPlan:
        """Plan, enter the plan in the history, do it. What is left undone by an error is entered as well."""
        ticket, entered = uuid.uuid4(), False

        def work(connection: Connection) -> GrantPlan:
            nonlocal entered
            _refuse_unready(connection)
            _refuse_oneself(connection, account)
            plan = prepare(connection)
            if plan.statements and not dry_run:
                append(connection, grant_events, ticket, [_event(who, account, plan.before, plan.after)])
                entered = True  # the first statement commits it
                for statement in plan.statements:
                    _execute(connection, statement, password)
            return plan

        try:
            return _shown(self._database.write(work))
        except HydraError:
            if entered:
                undone = _event(who, account, "", UNKNOWN_ROLE)
                self._database.write(lambda c: append(c, grant_events, uuid.uuid5(ticket, UNKNOWN_ROLE), [undone]))
            raise


def _event(who: str, account: Account, before: str, after: str) -> dict[str, str]:
    return {"who": who, "subject": str(account), "role_before": before, "role_after": after}


def _execute(connection: Connection, statement: str, password: str | None) -> None:
    if IDENTIFIED_BY in statement:
        with_value = statement.replace("%", "%%").replace(IDENTIFIED_BY, "IDENTIFIED BY %s")
        connection.exec_driver_sql(with_value, (password,))
    else:
        connection.exec_driver_sql(statement, execution_options={"no_parameters": True})


def _shown(plan: GrantPlan) -> GrantPlan:
    return replace(plan, statements=tuple(hidden_identification(statement) for statement in plan.statements))


def _identity(
    connection: Connection, account: Account, *, known: bool, password: str | None, encrypted: bool
) -> tuple[str, ...]:
    """The statements that make the account, or change what lets it in."""
    mariadb = getattr(connection.dialect, "is_mariadb", False)
    identified = identified_on_mariadb(password) if mariadb and password else IDENTIFIED_BY
    if not known:
        if not password:
            raise StoreRefusedError(f"{account} is new and needs a password. Nothing was changed.")
        return (make_account(account, identified, encrypted=encrypted),)
    if password:
        return (change_account(account, identified, encrypted=encrypted),)
    demanded = text("SELECT ssl_type FROM mysql.user WHERE User = :name AND Host = :host")
    present = connection.scalar(demanded, {"name": account.name, "host": account.host})
    return () if bool(present) == encrypted else (change_requirement(account, encrypted=encrypted),)


def _refuse_unready(connection: Connection) -> None:
    """Grants name tables, which must be there."""
    if not database_name(connection):
        raise StoreRefusedError("No database is named. Write it behind the server: mysql://ACCOUNT@HOST/DATABASE.")
    revision = migrating.read_revision(connection)
    if revision != migrating.EXPECTED:
        raise StoreRefusedError(
            f"The database has schema {revision or 'none'}, this program needs {migrating.EXPECTED}. Nothing was "
            f"granted: run `hydra-gui db upgrade` first, then grant again."
        )


def _refuse_oneself(connection: Connection, account: Account) -> None:
    if str(connection.scalar(text("SELECT CURRENT_USER()"))) == str(account):
        raise StoreRefusedError(
            f"{account} is the account you are using; it would take its own rights away. Nothing was changed: use the "
            f"account of the server's administrator."
        )


def _exists(connection: Connection, account: Account) -> bool:
    query = text("SELECT COUNT(*) FROM mysql.user WHERE User = :name AND Host = :host")
    try:
        return bool(connection.scalar(query, {"name": account.name, "host": account.host}))
    except DBAPIError as error:
        if server_code(error) not in _DENIED:
            raise
        raise StoreRefusedError(
            "Accounts are made by the administrator of the database server, and the account in use is not one: it may "
            "not look at mysql.user. Nothing was changed. Name another with --store mysql://ADMINISTRATOR@HOST/DATABASE."
        ) from error
