import shutil
import sqlite3
import ssl
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from backend.domain.errors import StoreRefusedError, StoreUnavailableError
from backend.store import Store, migrating, revisions
from backend.store.connecting import connect, read_url
from backend.store.tables import metadata
from tests.mariadb import PASSWORD
from tests.samples import commit_one, put_in_force

NOW, NEXT = migrating.EXPECTED, "9000"
ANOTHER_REVISION = '''
"""Another schema."""
from alembic import op
revision = "{next}"
down_revision = "{now}"
def upgrade():
    op.execute("CREATE TABLE extra (id INTEGER PRIMARY KEY)")
    {then}
'''


def sqlite_url(directory: Path) -> str:
    return f"sqlite:///{directory / 'hydra.db'}"


def newer_program(monkeypatch: pytest.MonkeyPatch, directory: Path, then: str = "") -> None:
    """From now on the program needs one revision more."""
    scripts = directory / "migrations"
    shutil.copytree(revisions.SCRIPTS, scripts)
    (scripts / "versions" / f"{NEXT}_second.py").write_text(
        textwrap.dedent(ANOTHER_REVISION.format(then=then, now=NOW, next=NEXT))
    )
    monkeypatch.setattr(revisions, "SCRIPTS", scripts)
    monkeypatch.setattr(migrating, "EXPECTED", NEXT)


def revision_of(file: Path) -> str:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]


def test_that_an_embedded_store_makes_itself_and_keeps_what_it_is_given(tmp_path: Path):
    url = sqlite_url(tmp_path / "deep" / "data")
    with Store.open(url, tmp_path / "deep" / "data") as store:
        plot = commit_one(store)
    with Store.open(url, tmp_path / "deep" / "data") as store:
        assert store.live.plot(plot.plot_id) == plot
        assert store.blobs.contains(plot.sha256)
    assert Store.status(url).current
    assert list((tmp_path / "deep" / "data").glob("*.backup")) == []


def test_that_the_expected_revision_is_the_newest_there_is():
    assert revisions.known_revisions()[0] == migrating.EXPECTED


def test_that_opening_a_store_that_is_up_to_date_does_not_load_the_migrations(tmp_path: Path):
    Store.open(sqlite_url(tmp_path), tmp_path).close()
    program = (
        "import sys; from pathlib import Path; from backend.store import Store; "
        "Store.open(sys.argv[1], Path(sys.argv[2])).close(); print('alembic' in sys.modules)"
    )
    command = [sys.executable, "-c", program, sqlite_url(tmp_path), str(tmp_path)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == "False"


def test_that_the_revisions_make_exactly_the_tables_of_the_program(store: Store):
    def compare(connection):
        return compare_metadata(MigrationContext.configure(connection), metadata)

    assert store.database.read(compare) == []


def test_that_names_are_compared_byte_for_byte_whatever_the_server_defaults_to(mariadb_url: str, tmp_path: Path):
    Store.upgrade(mariadb_url)
    query = text(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = database() "
        "AND collation_name <> 'utf8mb4_bin' AND table_name <> 'alembic_version'"
    )
    with Store.open(mariadb_url, tmp_path) as store:
        assert store.database.read(lambda connection: connection.execute(query).all()) == []
        isolation = store.database.read(lambda connection: connection.get_isolation_level())
        assert isolation == "READ COMMITTED"


def test_that_sqlite_is_durable_and_keeps_its_references(tmp_path: Path):
    with Store.open(sqlite_url(tmp_path), tmp_path) as store:
        pragmas = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        found = store.database.read(
            lambda connection: [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in pragmas]
        )
    assert found == ["wal", 2, 1, 10000]


def test_that_a_server_without_schema_is_refused_with_the_command_that_mends_it(mariadb_url: str, tmp_path: Path):
    status = Store.status(mariadb_url)
    assert (status.revision, status.current) == (None, False)
    with pytest.raises(StoreRefusedError, match="hydra-gui db upgrade"):
        Store.open(mariadb_url, tmp_path)
    assert Store.upgrade(mariadb_url).current
    assert Store.upgrade(mariadb_url).current
    Store.open(mariadb_url, tmp_path).close()


def test_that_a_server_with_an_older_schema_is_refused_until_it_is_upgraded(
    mariadb_url: str, tmp_path: Path, monkeypatch
):
    Store.upgrade(mariadb_url)
    with Store.open(mariadb_url, tmp_path) as store:
        plot = commit_one(store)
    newer_program(monkeypatch, tmp_path)
    with pytest.raises(StoreRefusedError, match=rf"has schema {NOW}.*needs {NEXT}.*hydra-gui db upgrade"):
        Store.open(mariadb_url, tmp_path)
    assert Store.upgrade(mariadb_url).revision == NEXT
    with Store.open(mariadb_url, tmp_path) as store:
        assert store.live.plot(plot.plot_id) == plot


def test_that_a_database_of_a_newer_program_is_refused_untouched(store_url: str, tmp_path: Path):
    with Store.open(store_url, tmp_path) as store:
        set_revision = text("UPDATE alembic_version SET version_num = '9999'")
        store.database.write(lambda connection: connection.execute(set_revision))
    for attempt in (lambda: Store.open(store_url, tmp_path), lambda: Store.upgrade(store_url)):
        with pytest.raises(StoreRefusedError, match="newer version"):
            attempt()
    assert Store.status(store_url).revision == "9999"


def test_that_an_embedded_store_is_backed_up_before_it_is_migrated(tmp_path: Path, monkeypatch):
    with Store.open(sqlite_url(tmp_path), tmp_path) as store:
        plot = commit_one(store)
    newer_program(monkeypatch, tmp_path)
    with Store.open(sqlite_url(tmp_path), tmp_path) as store:
        assert store.live.plot(plot.plot_id) == plot
    [backup] = tmp_path.glob(f"hydra.db.{NOW}.*.backup")
    assert (revision_of(backup), revision_of(tmp_path / "hydra.db")) == (NOW, NEXT)
    with closing(sqlite3.connect(backup)) as connection:
        assert connection.execute("SELECT count(*) FROM plots").fetchone() == (1,)


def test_that_a_migration_that_fails_leaves_an_embedded_store_as_it_was(tmp_path: Path, monkeypatch):
    Store.open(sqlite_url(tmp_path), tmp_path).close()
    newer_program(monkeypatch, tmp_path, then="raise RuntimeError('half-way')")
    with pytest.raises(RuntimeError, match="half-way"):
        Store.open(sqlite_url(tmp_path), tmp_path)
    assert revision_of(tmp_path / "hydra.db") == NOW
    with closing(sqlite3.connect(tmp_path / "hydra.db")) as connection:
        assert connection.execute("SELECT name FROM sqlite_master WHERE name = 'extra'").fetchone() is None


@pytest.mark.parametrize("database", ["sqlite", "mariadb"])
def test_that_every_earlier_schema_becomes_the_present_one_and_keeps_what_it_holds(
    request: pytest.FixtureRequest, tmp_path: Path, database: str
):
    url = sqlite_url(tmp_path) if database == "sqlite" else request.getfixturevalue("mariadb_url")
    engine = connect(read_url(url))
    with engine.execution_options(hydra_writes=True).begin() as connection:
        configuration = revisions._configuration()
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, "0001")
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO runs (period, number) VALUES ('old', 7)"))
    engine.dispose()
    assert Store.upgrade(url).current
    with Store.open(url, tmp_path) as store:
        put_in_force(store)
        assert store.models.imports(1) == []
        compared = store.database.read(lambda c: compare_metadata(MigrationContext.configure(c), metadata))
        assert compared == []
        assert store.database.read(lambda c: c.execute(text("SELECT period, number FROM runs")).all()) == [("old", 7)]


def test_that_only_the_newest_backups_are_kept(tmp_path: Path):
    with Store.open(sqlite_url(tmp_path), tmp_path) as store:
        copies = [migrating.back_up(store.database.engine.url, "0001") for _ in range(5)]
    assert sorted(tmp_path.glob("*.backup")) == copies[2:]


def test_that_a_password_in_the_url_is_refused_and_not_repeated(tmp_path: Path):
    with pytest.raises(StoreRefusedError, match="HYDRA_STORE_PASSWORD") as caught:
        Store.open("mysql://hydra:s3cret@db.example.org/hydra", tmp_path)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("url", ["postgresql://host/db", "nonsense", ""])
def test_that_another_kind_of_database_is_refused_naming_what_is_accepted(url: str, tmp_path: Path):
    with pytest.raises(StoreRefusedError, match="sqlite:///FILE or mysql://"):
        Store.open(url, tmp_path)


def test_that_a_wrong_password_is_refused_and_not_repeated(mariadb_url: str):
    with pytest.raises(StoreRefusedError) as caught:
        Store.status(mariadb_url, password=lambda: "wr0ng")
    assert "wr0ng" not in str(caught.value)


def test_that_the_password_may_come_from_a_keyring(mariadb_url: str, monkeypatch):
    monkeypatch.delenv("HYDRA_STORE_PASSWORD")
    assert Store.status(mariadb_url, password=lambda: PASSWORD).revision is None
    assert PASSWORD not in Store.status(mariadb_url, password=lambda: PASSWORD).url


def test_that_encryption_asked_for_is_not_given_up_silently(mariadb_url: str):
    with pytest.raises(StoreRefusedError, match="offers no TLS"):
        Store.status(mariadb_url, connect_args={"ssl": ssl.create_default_context()})


def test_that_a_server_nobody_answers_for_is_unavailable(tmp_path: Path):
    with pytest.raises(StoreUnavailableError, match="does not answer"):
        Store.open("mysql://hydra@127.0.0.1:9/hydra", tmp_path)


def test_that_asking_for_the_status_makes_no_database(tmp_path: Path):
    with pytest.raises(StoreUnavailableError, match="no database"):
        Store.status(sqlite_url(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_that_a_file_that_is_no_database_is_refused(tmp_path: Path):
    (tmp_path / "hydra.db").write_bytes(b"These are my notes, not a database.\n" * 100)
    with pytest.raises(StoreRefusedError):
        Store.open(sqlite_url(tmp_path), tmp_path)
    assert (tmp_path / "hydra.db").read_bytes().startswith(b"These are my notes")


def test_that_two_programs_starting_at_once_make_one_store(tmp_path: Path):
    with ThreadPoolExecutor(4) as pool:
        stores = list(pool.map(lambda _: Store.open(sqlite_url(tmp_path), tmp_path), range(4)))
    plots = [commit_one(store, number) for number, store in enumerate(stores)]
    for store in stores:
        assert store.counts().plots == len(plots) == 4
        store.close()
