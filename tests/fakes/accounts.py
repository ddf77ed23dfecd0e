"""A database of a real server with accounts of every role in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from backend.domain.accounts import Account
from backend.domain.roles import read_roles
from backend.store import Store
from backend.store.accounts import Accounts, GrantPlan
from backend.store.connecting import connect, read_url
from backend.store.database import Database
from tests.mariadb import MariaDb

SECRET = "an account's own password"


@dataclass(frozen=True)
class SharedHall:
    """One database; `name` is also in the names of its accounts, since accounts belong to the whole server."""

    server: MariaDb
    name: str

    def account(self, roles: str) -> Account:
        return Account(f"{roles.replace('+', '.')}.{self.name[-6:]}", "127.0.0.1")

    def url(self, roles: str) -> str:
        return f"mysql://{self.account(roles).name}@127.0.0.1:{self.server.port}/{self.name}"

    @contextmanager
    def administration(self) -> Iterator[Accounts]:
        database = Database(connect(read_url(self.server.admin_url(self.name))))
        try:
            yield Accounts(database)
        finally:
            database.dispose()

    def grant(self, roles: str, password: str | None = SECRET) -> GrantPlan:
        with self.administration() as accounts:
            return accounts.grant(self.account(roles), read_roles(roles), "tests", password=password, encrypted=False)

    def open(self, roles: str, data_dir: Path) -> Store:
        return Store.open(self.url(roles), data_dir, password=lambda: SECRET)

    def as_administrator(self, data_dir: Path) -> Store:
        return Store.open(self.server.admin_url(self.name), data_dir)

    def remove_accounts(self) -> None:
        made = self.server.execute(f"SELECT User, Host FROM mysql.user WHERE User LIKE '%.{self.name[-6:]}'")
        for user, host in made:
            self.server.execute(f"DROP USER '{user}'@'{host}'")

    def close(self) -> None:
        self.remove_accounts()
        self.server.drop(self.name)


def make_hall(server: MariaDb) -> SharedHall:
    """A database with this program's schema and no accounts yet."""
    hall = SharedHall(server, server.database())
    Store.upgrade(server.admin_url(hall.name))
    return hall
