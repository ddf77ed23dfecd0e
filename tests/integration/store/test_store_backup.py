"""A backup is taken while others write, comes back whole into any database, and is never half used."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, func, select, text

from backend.domain.errors import BackupError, StoreRefusedError
from backend.domain.labels import NewLabel
from backend.store import Store, migrating
from backend.store.backup import copying
from backend.store.backup.file import copied_tables, opened
from backend.store.backup.restoring import restore
from backend.store.backup.taking import back_up
from backend.store.database import Database
from backend.store.revisions import make_schema
from backend.store.tables import label_events, plots
from hydra_gui.cli.program import run_command
from tests.mariadb import PASSWORD, MariaDb
from tests.samples import OWNER, commit, judged, new_plot, put_in_force


def quiet(_what: str, _done: int) -> None:
    """Nobody watches."""


def rows(store: Store) -> dict[str, list[tuple[object, ...]]]:
    """Everything but who holds what."""
    found = {}
    for table in copied_tables():
        columns = [c for c in table.columns if c.name not in ("owner", "lease_until")]
        query = select(*columns).order_by(*table.primary_key.columns)
        found[table.name] = store.database.read(lambda c, query=query: [tuple(row) for row in c.execute(query)])
    return found


def fill(store: Store) -> None:
    model = put_in_force(store)
    taken = [stored.plot for stored in commit(store, [new_plot(n) for n in range(12)])]
    store.verdicts.record([judged(plot, model, 0.9 if n % 3 else 0.1) for n, plot in enumerate(taken[:8])], OWNER)
    store.labels.add_many([NewLabel(taken[2].plot_id, "Bad", "expert", "import")])
    store.database.write(
        lambda c: c.execute(text("INSERT INTO plot_groups (id, parent_id, name) VALUES (3, 1, 'b'), (2, 3, 'a')"))
    )


@pytest.fixture
def server_store(
    mariadb_server: MariaDb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], Store]]:
    """Opens empty stores on the server, each in a database of its own."""
    monkeypatch.setenv("HYDRA_STORE_PASSWORD", PASSWORD)
    made: list[tuple[str, Store]] = []

    def make() -> Store:
        name = mariadb_server.database()
        Store.upgrade(mariadb_server.url(name))
        made.append((name, Store.open(mariadb_server.url(name), tmp_path / name)))
        return made[-1][1]

    yield make
    for name, store in made:
        store.close()
        mariadb_server.drop(name)


def test_that_everything_comes_back_on_the_other_kind_of_database(
    store: Store, server_store: Callable[[], Store], tmp_path: Path
) -> None:
    fill(store)
    file = tmp_path / "hall.backup"
    taken = back_up(store, file, quiet)
    assert (taken.damaged, taken.blobs, taken.rows["plots"]) == ((), 13, 12)
    assert file.stat().st_mode & 0o077 == 0, "it holds everything, so only its owner reads it"
    assert [path.name for path in tmp_path.glob("hall.backup*")] == ["hall.backup"]
    embedded = Store.open(f"sqlite:///{tmp_path / 'other' / 'hydra.db'}", tmp_path / "other")
    with server_store() if store.database.embedded else embedded as other:
        brought = restore(other, file, quiet)
        assert rows(other) == rows(store)
        assert (brought.rows, brought.blobs) == (taken.rows, taken.blobs)
        for number in range(12):
            assert other.blobs.get(new_plot(number).sha256) == new_plot(number).data
        assert other.models.in_force() == store.models.in_force()
        assert other.work.claim("b/1", 10, 60), "what was leased there is free here"
        assert commit(other, [new_plot(99)])[0].plot.plot_id > 12, "numbers go on"
    embedded.close()


def test_that_a_backup_is_of_one_moment_while_an_engine_writes(store: Store, tmp_path: Path) -> None:
    model = put_in_force(store)
    stop, began = threading.Event(), threading.Event()

    def work() -> None:
        number = 0
        while not stop.is_set():
            plot = commit(store, [new_plot(number)])[0].plot
            store.verdicts.record([judged(plot, model)], OWNER)
            number += 1
            if number == 5:
                began.set()

    engine = threading.Thread(target=work)
    engine.start()
    try:
        assert began.wait(90)
        taken = back_up(store, tmp_path / "hall.backup", quiet)
    finally:
        stop.set()
        engine.join()
    assert taken.damaged == ()
    with Store.open(f"sqlite:///{tmp_path / 'b' / 'hydra.db'}", tmp_path / "b") as other:
        restore(other, tmp_path / "hall.backup", quiet)
        counts = other.counts()
        assert counts.plots == counts.judged + counts.pending == len(rows(other)["plots"]) >= 5
        assert len(rows(other)["verdicts"]) == len(rows(other)["predictions"]) == counts.judged
        assert counts.pending == len(rows(other)["work"])
        for row in rows(other)["plots"]:
            other.blobs.get(row[4])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    with Store.open(f"sqlite:///{tmp_path / 'a' / 'hydra.db'}", tmp_path / "a") as store:
        fill(store)
        back_up(store, tmp_path / "hall.backup", quiet)
    return tmp_path / "hall.backup"


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'empty' / 'hydra.db'}", tmp_path / "empty") as store:
        yield store


def test_that_no_backup_is_overwritten_and_none_is_left_half_written(empty: Store, file: Path, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="there already"):
        back_up(empty, file, quiet)
    with pytest.raises(BackupError, match="cannot be written"):
        back_up(empty, tmp_path / "no such folder" / "b", quiet)

    def break_off(_what: str, _done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        back_up(empty, tmp_path / "broken.backup", break_off)
    assert not list(tmp_path.glob("broken*"))


def test_that_a_store_that_is_not_empty_is_not_touched(empty: Store, file: Path) -> None:
    commit(empty, [new_plot(500)])
    before = rows(empty)
    with pytest.raises(StoreRefusedError, match="not empty"):
        restore(empty, file, quiet)
    assert rows(empty) == before


def test_that_half_a_restored_store_is_used_by_nobody(empty: Store, file: Path, tmp_path: Path) -> None:
    def break_off(what: str, _done: int) -> None:
        if what == "verdicts":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restore(empty, file, break_off)
    with pytest.raises(StoreRefusedError, match="being restored"):
        Store.open(f"sqlite:///{tmp_path / 'empty' / 'hydra.db'}", tmp_path / "empty")


@pytest.mark.parametrize("harm", ["text", "cut", "half a page", "unfinished"])
def test_that_what_is_no_backup_is_refused(harm: str, empty: Store, file: Path) -> None:
    data = file.read_bytes()
    if harm == "unfinished":
        with sqlite3.connect(file) as connection:
            connection.execute("DROP TABLE backup_facts")
        connection.close()
    else:
        damaged = {"text": b"no database at all", "cut": data[: len(data) // 2], "half a page": data[:3000]}
        file.write_bytes(damaged[harm])
    with pytest.raises(BackupError):
        restore(empty, file, quiet)
    assert empty.counts().plots == 0
    assert migrating.status(empty.database).current, "nothing was begun"


def test_that_rows_that_are_missing_are_noticed(empty: Store, file: Path) -> None:
    with sqlite3.connect(file) as connection:
        connection.execute("DELETE FROM verdicts WHERE plot_id = 1")
    connection.close()
    with pytest.raises(BackupError, match="verdicts has 7 rows, the backup says 8"):
        restore(empty, file, quiet)


FIRST_WITH_BACKUPS = "0008"


def columns_of(connection: sqlite3.Connection, table: str, schema: str) -> list[str]:
    return [row[0] for row in connection.execute("SELECT name FROM pragma_table_info(?, ?)", (table, schema))]


def make_older(file: Path, blank: Path) -> None:
    """Take out of a backup what the schema of the first program with backups did not have."""
    older = Database(create_engine(f"sqlite:///{blank}"))
    older.write(lambda connection: make_schema(connection, FIRST_WITH_BACKUPS))
    older.engine.dispose()
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("ATTACH ? AS older", (str(blank),))
        listed = "SELECT type, name, tbl_name FROM {}.sqlite_master WHERE sql IS NOT NULL ORDER BY type = 'table'"
        there = set(connection.execute(listed.format("older")))
        for kind, name, table in connection.execute(listed.format("main")).fetchall():
            if (kind, name, table) not in there and name != "backup_facts":
                connection.execute(f"DROP {kind} {name}")
                connection.execute("DELETE FROM backup_facts WHERE name = ?", (name,))
            elif kind == "table":
                had, has = (columns_of(connection, name, schema) for schema in ("older", "main"))
                if set(has) - set(had) and name != "backup_facts":
                    [made] = connection.execute(
                        "SELECT sql FROM older.sqlite_master WHERE name = ?", (name,)
                    ).fetchone()
                    connection.execute(f"ALTER TABLE {name} RENAME TO newer")
                    connection.execute(made)
                    connection.execute(f"INSERT INTO {name} ({', '.join(had)}) SELECT {', '.join(had)} FROM newer")
                    connection.execute("DROP TABLE newer")
        connection.execute("UPDATE alembic_version SET version_num = ?", (FIRST_WITH_BACKUPS,))


def test_that_a_backup_of_an_older_program_is_brought_up_to_date(file: Path, empty: Store, tmp_path: Path) -> None:
    make_older(file, tmp_path / "older.db")
    before = file.read_bytes()
    restore(empty, file, quiet)
    assert empty.counts().plots == 12
    assert file.read_bytes() == before, "the file itself stays as it is"


def test_that_lost_images_are_named_and_the_rest_is_kept(file: Path, tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path / 'a' / 'hydra.db'}", tmp_path / "a") as store:
        lost, gone = new_plot(3).sha256, new_plot(4).sha256
        for name in (lost, gone):
            (tmp_path / "a" / "blobs" / name[:2] / name[2:]).unlink()

        def expire(what: str, _done: int) -> None:
            """Between the rows and the images."""
            if what == "images" or what == "work":
                values = {"image_expired_at": None if what == "images" else new_plot(0).taken_at}
                store.database.write(lambda c: c.execute(plots.update().where(plots.c.sha256 == gone).values(values)))

        result = back_up(store, tmp_path / "second.backup", expire)
    assert result.damaged == (lost,)
    with opened(tmp_path / "second.backup") as backup:
        query = select(plots.c.sha256).where(plots.c.image_expired_at.is_not(None))
        assert backup.read(lambda c: list(c.scalars(query))) == [gone]


def test_that_the_commands_take_and_restore_a_backup(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr(copying, "_NAMES", 2)
    second = tmp_path / "second.backup"
    assert run_command(["--data-dir", str(tmp_path / "a"), "db", "backup", str(second)]) == 0
    assert run_command(["--data-dir", str(tmp_path / "c"), "db", "restore", str(second)]) == 0
    assert "13 images and models, verified" in capsys.readouterr().out
    with Store.open(f"sqlite:///{tmp_path / 'c' / 'hydra.db'}", tmp_path / "c") as store:
        count = select(func.count()).select_from(label_events)
        assert store.database.read(lambda c: c.scalar(count)) == 1
