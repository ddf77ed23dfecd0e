"""Every privilege, role and operation, tried against a real server: denied is denied there, not only in a window.

What each role may change is written down here once more, by hand and not from the program's own table.
"""

from __future__ import annotations

from collections.abc import Iterator

import pymysql
import pytest
from pymysql.connections import Connection

from backend.domain.roles import Role
from backend.store.privileges import VERSION
from backend.store.tables import metadata
from backend.store.tables.histories import APPEND_ONLY
from tests.fakes.accounts import SECRET, SharedHall, make_hall
from tests.mariadb import MariaDb

DENIED = {1044, 1045, 1142, 1143, 1227, 1370}
ROLES = [*Role, "shift+engine", "engine+keeper"]
HISTORIES = {history.name for history in APPEND_ONLY}

# What may be added (+), removed (-) or changed (columns), by role. What is not here is denied.
STATION = {
    "stations": "+ name life kind version host pid started_at heartbeat_at stopped_at skew_ms events events_key",
    "journal": "+",
}
ALERT = (
    "plot_type_id subject kind closed_as state active severity classification confidence plot_id run seen_at words "
    "beam_state beam_value beam_unit since raised_at changed_at version change_number who reason shelf_who "
    "shelf_reason shelf_until"
)
LABELS = {
    **{"label_events": "+", "label_gestures": "+", "label_bundles": "+"},
    **{"second_labels": "+", "kept_images": "+"},
}
NOTICE = {"alert_events": "+", "alerts": f"+ {ALERT}", "alert_changes": "number", "hall_watch": "station decided_at"}
DISPATCH = "alert_id episode route tier destination for_role due_at state attempts next_at owner lease_until sent_at"
SENT = {"dispatch_events": "+"}
PERSON = {**STATION, **LABELS, **SENT, **NOTICE}
POLICY = {
    "policy_events": "+", "alert_policies": "+ -", "hall_setting_events": "+", "hall_settings": "+ -",
}  # fmt: skip
NAMES = {"plot_types": "+", "classifications": "+", "valid_classifications": "+"}
IMAGES = {"blobs": "+ touched_at", "blob_chunks": "+"}
CONTRIBUTOR = {**PERSON, **NAMES, **IMAGES, "runs": "+", "plots": "+", "tallies": "value", "synthetic_plots": "+"}
DESCRIBER = {
    "plot_types": "+ description contact guidance",
    "classifications": "+ severity colour symbol description",
    "valid_classifications": "+",
    "plot_groups": "+",
    "group_members": "+ -",
}
FEEDER = {
    **STATION,
    **NOTICE,
    **IMAGES,
    "plot_types": "+",
    "runs": "+ first_seen last_seen",
    "plots": "+ seen_at received_at state image_expired_at",
    "input_files": "+",
    "work": "+ owner lease_until",
    "quarantine": "+ resolved_at",
    "tallies": "value",
}
ENGINE = {
    **FEEDER,
    "classifications": "+",
    "plots": "+ seen_at received_at state model_id image_expired_at",
    "predictions": "+ -",
    "verdicts": "+ -",
    "kept_images": "+",
    "work": "+ - owner lease_until attempts message",
    "configuration_events": "+",
    "journal": "+ -",
    "alert_watches": "+ memory held why last_at",
    "foreign_sources": "+",
    "foreign_verdicts": "+",
    "dispatches": f"+ {DISPATCH}",
    **SENT,
}
KEEPER = {
    **STATION,
    "plots": "image_expired_at",
    "blobs": "-",
    "upkeep": "owner lease_until position begun_at finished_at images bytes",
}
MAY_WRITE: dict[str, dict[str, str]] = {
    "viewer": STATION,
    "shift": PERSON,
    "labeller": CONTRIBUTOR,
    "coordinator": {**PERSON, **DESCRIBER, **POLICY},
    "expert": {
        **CONTRIBUTOR,
        **DESCRIBER,
        **POLICY,
        "threshold_events": "+",
        "collecting_events": "+",
        "models": "+ state",
        "model_imports": "+",
        "activations": "+",
        "predictions": "+",
        "verdicts": "+",
    },
    "engine": ENGINE,
    "feeder": FEEDER,
    "keeper": KEEPER,
    "shift+engine": {**PERSON, **ENGINE},
    "engine+keeper": {**ENGINE, "upkeep": KEEPER["upkeep"], "blobs": "+ - touched_at"},
}


@pytest.fixture(scope="module")
def hall(mariadb_server: MariaDb) -> Iterator[SharedHall]:
    made = make_hall(mariadb_server)
    for role in ROLES:
        made.grant(role)
    yield made
    made.close()


class Tries:
    """One account at the server: what it is allowed to do, without doing it."""

    def __init__(self, hall: SharedHall, role: str) -> None:
        self._connection: Connection = pymysql.connect(
            host="127.0.0.1",
            port=hall.server.port,
            user=hall.account(role).name,
            password=SECRET,
            database=hall.name,
            autocommit=True,
        )

    def allowed(self, statement: str) -> bool:
        with self._connection.cursor() as cursor:
            try:
                cursor.execute(statement)
            except pymysql.MySQLError as error:
                if error.args[0] in DENIED:
                    return False
                raise
        return True

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def tries(hall: SharedHall, role: str) -> Iterator[Tries]:
    made = Tries(hall, role)
    yield made
    made.close()


def expected_columns(role: str, table: str) -> set[str]:
    return {word for word in MAY_WRITE[role].get(table, "").split() if word not in "+-"}


OTHERS = [role for role in ROLES if role != "administrator"]


@pytest.mark.parametrize("role", OTHERS)
def test_that_every_role_reads_everything(role: str, tries: Tries) -> None:
    readable = {table for table in (VERSION, *metadata.tables) if tries.allowed(f"SELECT * FROM {table} WHERE FALSE")}
    assert readable == {VERSION, *metadata.tables}


@pytest.mark.parametrize("role", OTHERS)
def test_that_a_role_adds_where_it_may_and_nowhere_else(role: str, tries: Tries) -> None:
    added = set()
    for name, table in metadata.tables.items():
        columns = [c.name for c in table.columns if name not in HISTORIES or c.name not in ("id", "account")]
        listed = ", ".join(f"`{column}`" for column in columns)
        nothing = ", ".join("NULL" for _ in columns)
        if tries.allowed(f"INSERT INTO {name} ({listed}) SELECT {nothing} FROM dual WHERE FALSE"):
            added.add(name)
    assert added == {table for table, may in MAY_WRITE[role].items() if "+" in may.split()}


@pytest.mark.parametrize("role", OTHERS)
def test_that_a_role_changes_the_columns_it_may_and_no_others(role: str, tries: Tries) -> None:
    changed = {
        (name, column.name)
        for name, table in metadata.tables.items()
        for column in table.columns
        if tries.allowed(f"UPDATE {name} SET `{column.name}` = NULL WHERE FALSE")
    }
    assert changed == {(table, column) for table in MAY_WRITE[role] for column in expected_columns(role, table)}


@pytest.mark.parametrize("role", OTHERS)
def test_that_a_role_removes_where_it_may_and_nowhere_else(role: str, tries: Tries) -> None:
    removed = {name for name in (VERSION, *metadata.tables) if tries.allowed(f"DELETE FROM {name} WHERE FALSE")}
    assert removed == {table for table, may in MAY_WRITE[role].items() if "-" in may.split()}


@pytest.mark.parametrize("role", OTHERS)
def test_that_nobody_writes_a_number_or_an_account_into_a_history(role: str, tries: Tries) -> None:
    for history in HISTORIES:
        for column in ("id", "account"):
            assert not tries.allowed(f"INSERT INTO {history} (`{column}`) SELECT NULL FROM dual WHERE FALSE")


STRUCTURE = (
    "CREATE TABLE intruder (id INT)",
    "DROP TABLE tallies",
    "TRUNCATE TABLE label_events",
    "ALTER TABLE plots ADD COLUMN intruder INT",
    "CREATE INDEX intruder ON plots (width)",
    "DROP TRIGGER label_events_no_delete",
    "CREATE TRIGGER intruder BEFORE INSERT ON plots FOR EACH ROW SET NEW.width = 1",
    "LOCK TABLES plots WRITE",
    "CREATE VIEW intruder AS SELECT 1",
    "CREATE PROCEDURE intruder() SELECT 1",
)
ACCOUNTS = (
    "CREATE USER intruder@'%'",
    "GRANT SELECT ON plots TO intruder@'%'",
    "SET PASSWORD FOR root@localhost = PASSWORD('x')",
    "SELECT * FROM mysql.global_priv LIMIT 0",
    "SET GLOBAL read_only = 0",
    "SELECT 1 INTO OUTFILE '/tmp/intruder'",
    "LOAD DATA INFILE '/etc/passwd' INTO TABLE plot_types",
    "FLUSH PRIVILEGES",
    "CREATE DATABASE intruder",
)


@pytest.mark.parametrize("role", OTHERS)
def test_that_only_the_administrator_changes_the_structure(role: str, tries: Tries) -> None:
    assert [statement for statement in STRUCTURE if tries.allowed(statement)] == []


@pytest.mark.parametrize("role", ROLES)
def test_that_no_role_reaches_beyond_its_database(role: str, tries: Tries) -> None:
    assert [statement for statement in ACCOUNTS if tries.allowed(statement)] == []


@pytest.mark.parametrize("role", ["administrator"])
def test_that_the_administrator_may_do_all_that_migrations_need(role: str, tries: Tries) -> None:
    for statement in (
        "CREATE TABLE mine (id INT PRIMARY KEY)",
        "ALTER TABLE mine ADD COLUMN n BIGINT REFERENCES plots (id)",
        "CREATE INDEX ix ON mine (n)",
        "CREATE TRIGGER mine_no_update BEFORE UPDATE ON mine FOR EACH ROW SIGNAL SQLSTATE '45000'",
        "INSERT INTO mine (id) VALUES (1)",
        "DELETE FROM mine",
        "DROP TABLE mine",
        "SELECT * FROM label_events WHERE FALSE",
        "LOCK TABLES plots READ",
        "UNLOCK TABLES",
    ):
        assert tries.allowed(statement), statement


def test_that_this_table_speaks_of_every_role() -> None:
    assert {*MAY_WRITE, "administrator"} == set(ROLES)


WRITTEN_BY_THE_ADMINISTRATOR_ONLY = {
    "grant_events",
    *["foreign_progress", "foreign_refusals", "foreign_plots", "foreign_records"],
    "foreign_thresholds",
    "hall_identity",
}


def test_that_for_every_table_it_was_decided_who_writes_it() -> None:
    """A new table fails here until its line is in `backend.store.privileges` and above."""
    written = {table for may in MAY_WRITE.values() for table in may}
    assert written | WRITTEN_BY_THE_ADMINISTRATOR_ONLY == set(metadata.tables)
    assert not written & WRITTEN_BY_THE_ADMINISTRATOR_ONLY
