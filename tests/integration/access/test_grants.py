"""Granting and revoking on a real server: exact, repeatable, kept, and never with a password in sight."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from backend.domain.accounts import Account, AccountNameError, read_account
from backend.domain.errors import StoreRefusedError, UnknownNameError
from backend.domain.roles import Role, possible_roles, read_roles, rights_of, write_roles
from backend.store import Store
from backend.store.accounts import Accounts
from backend.store.connecting import connect, read_url
from backend.store.database import Database
from backend.store.privileges import privileges_of
from backend.store.privileges_held import own_roles
from backend.store.tables import grant_events
from tests.fakes.accounts import SECRET, SharedHall, make_hall
from tests.mariadb import MariaDb


@pytest.fixture(scope="module")
def database(mariadb_server: MariaDb) -> Iterator[SharedHall]:
    made = make_hall(mariadb_server)
    yield made
    made.close()


@pytest.fixture
def hall(database: SharedHall) -> Iterator[SharedHall]:
    """Without any account yet."""
    yield database
    database.remove_accounts()


def history(hall: SharedHall, tmp_path: Path, since: int = 0) -> list[tuple[str, str, str, str]]:
    with hall.as_administrator(tmp_path) as store:
        query = select(grant_events).order_by(grant_events.c.id)
        rows = store.database.read(lambda connection: connection.execute(query).all())
    return [(row.who, row.subject, row.role_before, row.role_after) for row in rows][since:]


def role_seen_by(hall: SharedHall, roles: str, tmp_path: Path) -> str:
    with hall.open(roles, tmp_path) as store:
        return write_roles(store.database.read(own_roles))


def test_that_an_account_is_made_and_recognises_its_role(hall: SharedHall, tmp_path: Path) -> None:
    for roles in (*Role, "shift+engine"):
        plan = hall.grant(roles)
        assert (plan.new, plan.before, plan.after) == (True, "", roles)
        assert role_seen_by(hall, roles, tmp_path) == roles


def test_that_granting_again_does_nothing_and_is_not_entered_twice(hall: SharedHall, tmp_path: Path) -> None:
    before = len(history(hall, tmp_path))
    hall.grant("engine")
    assert hall.grant("engine", password=None).statements == ()
    assert len(history(hall, tmp_path, before)) == 1


def test_that_another_role_takes_the_place_of_the_one_before(hall: SharedHall, tmp_path: Path) -> None:
    hall.grant("expert")
    account = hall.account("expert")
    with hall.administration() as accounts:
        plan = accounts.grant(account, read_roles("viewer"), "the boss", encrypted=False)
    assert (plan.before, plan.after) == ("expert", "viewer")
    assert all("GRANT" not in statement for statement in plan.statements)
    assert role_seen_by(hall, "expert", tmp_path) == "viewer"
    assert history(hall, tmp_path)[-1] == ("the boss", str(account), "expert", "viewer")


def test_that_what_was_granted_by_hand_is_brought_to_the_role(hall: SharedHall, tmp_path: Path) -> None:
    account = hall.account("viewer")
    hall.server.execute(f'CREATE USER {account.quoted} IDENTIFIED BY "{SECRET}"')
    escaped = hall.name.replace("_", r"\_")
    hall.server.execute(f"GRANT ALL PRIVILEGES ON `{escaped}`.* TO {account.quoted}")
    hall.server.execute(f"GRANT DELETE ON `{hall.name}`.label_events TO {account.quoted} WITH GRANT OPTION")
    assert hall.grant("viewer", password=None).before == "other"
    assert role_seen_by(hall, "viewer", tmp_path) == "viewer"
    assert "WITH GRANT OPTION" not in str(hall.server.execute(f"SHOW GRANTS FOR {account.quoted}"))


@pytest.mark.parametrize(
    "by_hand", ["GRANT SELECT ON *.* TO {}", "GRANT SELECT ON `hydra%`.* TO {}", "GRANT dba TO {}"]
)
def test_that_an_account_with_more_behind_it_is_refused(by_hand: str, hall: SharedHall) -> None:
    account = hall.account("viewer")
    hall.server.execute("CREATE OR REPLACE ROLE dba")
    hall.server.execute(f"CREATE USER {account.quoted}")
    hall.server.execute(by_hand.format(account.quoted))
    with pytest.raises(StoreRefusedError, match="hold nothing back"):
        hall.grant("viewer", password=None)
    hall.server.execute("DROP ROLE dba")


def test_that_a_dry_run_shows_statements_without_password_and_does_nothing(hall: SharedHall, tmp_path: Path) -> None:
    account, before = hall.account("labeller"), history(hall, tmp_path)
    with hall.administration() as accounts:
        plan = accounts.grant(account, read_roles("labeller"), "me", password=SECRET, dry_run=True)
        assert not accounts.exists(account)
    assert plan.statements[0] == (
        f"CREATE USER {account.quoted} IDENTIFIED VIA mysql_native_password USING '********' REQUIRE SSL"
    )
    assert any("INSERT (`ticket`, `who`" in s or ("INSERT (" in s and "label_events" in s) for s in plan.statements)
    assert SECRET not in "".join(plan.statements)
    assert history(hall, tmp_path) == before


def test_that_accounts_of_other_machines_must_come_encrypted(hall: SharedHall) -> None:
    account = Account(f"far.{hall.name[-6:]}", "10.1.%")
    with hall.administration() as accounts:
        accounts.grant(account, read_roles("viewer"), "me", password=SECRET)
        [shown] = hall.server.execute(f"SHOW CREATE USER {account.quoted}")
        assert "REQUIRE SSL" in shown[0]
        accounts.grant(account, read_roles("viewer"), "me", encrypted=False)
        [shown] = hall.server.execute(f"SHOW CREATE USER {account.quoted}")
        assert "REQUIRE SSL" not in shown[0]


def test_that_another_password_lets_in_and_the_old_one_no_longer(hall: SharedHall, tmp_path: Path) -> None:
    hall.grant("viewer", password="the first one")
    with pytest.raises(StoreRefusedError):
        hall.open("viewer", tmp_path)
    hall.grant("viewer", password=SECRET)
    assert role_seen_by(hall, "viewer", tmp_path) == "viewer"


def test_that_no_password_reaches_the_server_in_a_statement(hall: SharedHall) -> None:
    """The general log holds every statement as it was sent, as the process list does while it runs."""
    hall.server.execute("SET GLOBAL log_output = 'TABLE'")
    hall.server.execute("SET GLOBAL general_log = 1")
    try:
        hall.grant("engine", password="f1rst password")
        hall.grant("engine", password="sec0nd password")
    finally:
        hall.server.execute("SET GLOBAL general_log = 0")
    logged = str(hall.server.execute("SELECT argument FROM mysql.general_log"))
    hall.server.execute("TRUNCATE TABLE mysql.general_log")
    assert "CREATE USER" in logged
    assert "f1rst" not in logged
    assert "sec0nd" not in logged


def test_that_revoking_takes_everything_at_once_and_dropping_the_account(hall: SharedHall, tmp_path: Path) -> None:
    before = len(history(hall, tmp_path))
    hall.grant("expert")
    account = hall.account("expert")
    with hall.open("expert", tmp_path) as store, hall.administration() as accounts:
        store.live.hall()
        assert accounts.revoke(account, "me").before == "expert"
        with pytest.raises(StoreRefusedError):
            store.live.hall()
        assert accounts.exists(account)
        assert accounts.revoke(account, "me", drop=True).statements == (f"DROP USER {account.quoted}",)
        assert not accounts.exists(account)
        assert accounts.revoke(account, "me").statements == ()
    assert [row[2:] for row in history(hall, tmp_path, before)] == [("", "expert"), ("expert", ""), ("", "")]


def test_that_only_the_administrator_of_the_server_makes_accounts(hall: SharedHall, tmp_path: Path) -> None:
    hall.grant("administrator")
    database = Database(connect(read_url(hall.url("administrator")), lambda: SECRET))
    try:
        with pytest.raises(StoreRefusedError, match="administrator of the database server"):
            Accounts(database).grant(hall.account("viewer"), read_roles("viewer"), "me", password=SECRET)
        with pytest.raises(StoreRefusedError, match="the account you are using"):
            Accounts(database).revoke(hall.account("administrator"), "me")
    finally:
        database.dispose()


def test_that_nothing_is_granted_before_the_schema_is_there(mariadb_server: MariaDb) -> None:
    bare = SharedHall(mariadb_server, mariadb_server.database())
    with pytest.raises(StoreRefusedError, match="hydra-gui db upgrade"):
        bare.grant("viewer")
    bare.close()


def test_that_a_new_account_needs_a_password(hall: SharedHall, tmp_path: Path) -> None:
    before = history(hall, tmp_path)
    with pytest.raises(StoreRefusedError, match="needs a password"):
        hall.grant("viewer", password=None)
    assert history(hall, tmp_path) == before


def test_that_a_grant_that_breaks_off_is_entered_as_such(mariadb_server: MariaDb, tmp_path: Path) -> None:
    hall = make_hall(mariadb_server)
    hall.server.execute(f"DROP TABLE {hall.name}.work")
    with pytest.raises(StoreRefusedError):
        hall.grant("engine")
    assert [row[2:] for row in history(hall, tmp_path)] == [("", "engine"), ("", "other")]
    hall.close()


def test_that_the_administrator_makes_the_schema(mariadb_server: MariaDb, tmp_path: Path) -> None:
    hall = make_hall(mariadb_server)
    hall.grant("administrator")
    mariadb_server.drop(hall.name)
    mariadb_server.execute(f"CREATE DATABASE {hall.name}")
    assert Store.upgrade(hall.url("administrator"), password=lambda: SECRET).current
    hall.close()


@pytest.mark.parametrize(
    "text",
    ["", "@host", "a'b@h", "a`b", "a b@h", "x" * 33, "a@", "a@h'", "a@h;DROP", "a@b@c", "1a@h", "a\\@h", "a@\n", "ä@h"],
)
def test_that_what_is_no_account_is_refused(text: str) -> None:
    with pytest.raises(AccountNameError, match="no account"):
        read_account(text)


@pytest.mark.parametrize("text", ["root", "root@localhost", "mysql@h", "mariadb.sys@localhost", "PUBLIC"])
def test_that_accounts_of_the_server_itself_are_left_alone(text: str) -> None:
    with pytest.raises(AccountNameError, match="left alone"):
        read_account(text)


def test_that_accounts_are_read_with_and_without_host() -> None:
    assert read_account("hall_d.engine-1@10.1.%") == Account("hall_d.engine-1", "10.1.%")
    assert read_account("shift") == Account("shift", "%")
    assert read_account("a@10.0.0.0/255.0.0.0").quoted == "'a'@'10.0.0.0/255.0.0.0'"


def test_that_roles_are_read_and_written_alone_and_in_pairs() -> None:
    assert write_roles(read_roles("engine+shift")) == "shift+engine"
    for wrong in ("boss", "", "shift+", "administrator+viewer", "Shift"):
        with pytest.raises(UnknownNameError):
            read_roles(wrong)


def test_that_every_role_can_be_told_from_every_other() -> None:
    rights = [rights_of(roles) for roles in possible_roles()]
    privileges = [privileges_of(roles) for roles in possible_roles()]
    assert len(set(rights)) == len(set(privileges)) == len(rights) >= len(Role)
