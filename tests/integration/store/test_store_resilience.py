import itertools
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, event

from backend.domain.errors import StoreUnavailableError
from backend.domain.labels import NewLabel
from backend.store import Store
from tests.mariadb import PASSWORD, MariaDb
from tests.samples import OWNER, commit, commit_one, judged, new_plot, put_in_force


@pytest.fixture
def on_server(mariadb_url: str, tmp_path: Path) -> Iterator[Store]:
    Store.upgrade(mariadb_url)
    with Store.open(mariadb_url, tmp_path) as opened:
        yield opened


def kill(server: MariaDb, connection: Connection) -> None:
    server.execute(f"KILL CONNECTION {connection.connection.dbapi_connection.thread_id()}")


@contextmanager
def killed_before(store: Store, server: MariaDb, statement: str) -> Iterator[list[str]]:
    """Kill the connection once, in mid-transaction, when it is about to run a statement that starts so."""
    kills: list[str] = []

    def before(connection: Connection, _cursor, text: str, *_rest: object) -> None:
        if not kills and text.startswith(statement):
            kills.append(text)
            kill(server, connection)

    event.listen(store.database.engine, "before_cursor_execute", before)
    yield kills
    event.remove(store.database.engine, "before_cursor_execute", before)


@contextmanager
def answer_to_commit_lost(store: Store, server: MariaDb, after: int = 0) -> Iterator[list[str]]:
    """Let a transaction be committed, but its connection break before the answer; `after` others went well."""
    kills: list[str] = []
    commits = itertools.count()

    def at_commit(connection: Connection) -> None:
        if next(commits) == after:
            kills.append("commit")
            connection.connection.dbapi_connection.commit()
            kill(server, connection)

    event.listen(store.database.engine, "commit", at_commit)
    yield kills
    event.remove(store.database.engine, "commit", at_commit)


@pytest.mark.parametrize(
    "statement", ["INSERT INTO plots", "INSERT INTO work", "UPDATE tallies", "INSERT INTO input_files"]
)
def test_that_an_intake_whose_connection_is_killed_is_repeated(on_server: Store, mariadb_server, statement: str):
    with killed_before(on_server, mariadb_server, statement) as kills:
        kept = commit(on_server, [new_plot(number) for number in range(10)])
    assert kills
    assert all(item.claimed for item in kept)
    assert on_server.counts().plots == on_server.work.pending_count() == 10


@pytest.mark.parametrize("statement", ["INSERT INTO predictions", "INSERT INTO verdicts", "DELETE FROM work"])
def test_that_a_record_whose_connection_is_killed_is_repeated(on_server: Store, mariadb_server, statement: str):
    model = put_in_force(on_server)
    plots = [item.plot for item in commit(on_server, [new_plot(number) for number in range(10)])]
    with killed_before(on_server, mariadb_server, statement) as kills:
        recorded = on_server.verdicts.record([judged(plot, model) for plot in plots], OWNER)
    assert kills
    assert recorded == {plot.plot_id for plot in plots}
    assert on_server.counts().judged == 10


def test_that_an_intake_committed_without_an_answer_is_not_doubled(on_server: Store, mariadb_server):
    for lost, plot in enumerate([new_plot(1), new_plot(2)]):  # first of the image, then of the plot
        with answer_to_commit_lost(on_server, mariadb_server, after=lost) as kills:
            [kept] = commit(on_server, [plot])
        assert kills
        assert kept.claimed
        assert on_server.blobs.get(plot.sha256) == plot.data
    assert on_server.counts().plots == on_server.work.pending_count() == 2


def test_that_a_record_committed_without_an_answer_still_says_what_it_recorded(on_server: Store, mariadb_server):
    model = put_in_force(on_server)
    plot = commit_one(on_server)
    with answer_to_commit_lost(on_server, mariadb_server) as kills:
        assert on_server.verdicts.record([judged(plot, model)], OWNER) == {plot.plot_id}
    assert kills
    assert on_server.counts().judged == 1


def test_that_histories_committed_without_an_answer_are_not_doubled(on_server: Store, mariadb_server):
    model = put_in_force(on_server)
    plot = commit_one(on_server)
    actions: list[Callable[[], object]] = [
        lambda: on_server.labels.add_many(
            [NewLabel(plot.plot_id, name, "a", "grid") for name in ("Good", "Bad", "Good")]
        ),
        lambda: on_server.models.activate(model.model_id, "b", note="again"),
        lambda: on_server.thresholds.change(model.model_id, {"Bad": 0.9}, "b", "by hand"),
        lambda: on_server.configuration.append("b", "batch = 16"),
    ]
    for action in actions:
        with answer_to_commit_lost(on_server, mariadb_server) as kills:
            answer = action()
        assert kills
        assert answer in (None, 3, True, False)
    assert [entry.after for entry in on_server.labels.history(plot.plot_id)] == ["Good", "Bad", "Good"]
    assert [entry.who for entry in on_server.models.activations("CDC_occupancy")] == ["expert", "b"]
    assert len(on_server.thresholds.history(model.model_id)) == 3
    assert len(on_server.configuration.history()) == 1


def test_that_reads_survive_a_killed_connection(on_server: Store, mariadb_server):
    commit_one(on_server)
    with killed_before(on_server, mariadb_server, "SELECT") as kills:
        assert len(on_server.live.hall()) == 1
    assert kills


def test_that_a_server_that_goes_away_is_unavailable_and_back_when_it_returns(
    tmp_path: Path, monkeypatch, mariadb_server
):
    monkeypatch.setenv("HYDRA_STORE_PASSWORD", PASSWORD)
    server = MariaDb()
    server.start()
    try:
        url = server.url(server.database())
        Store.upgrade(url)
        with Store.open(url, tmp_path) as store:
            plot = commit_one(store)
            server.halt()
            for call in (store.live.hall, store.counts, lambda: commit(store, [new_plot(2)])):
                with pytest.raises(StoreUnavailableError, match="nothing is lost") as caught:
                    call()
                assert PASSWORD not in str(caught.value)
            server.resume()
            assert store.live.hall()[0].plot == plot
            assert commit(store, [new_plot(2)])[0].new
    finally:
        server.stop()


def test_that_a_writer_waits_for_another_process_that_writes_to_the_file(tmp_path: Path):
    with Store.open(f"sqlite:///{tmp_path / 'hydra.db'}", tmp_path) as store:
        with closing(sqlite3.connect(tmp_path / "hydra.db", check_same_thread=False, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            release = threading.Timer(0.3, other.execute, ["COMMIT"])
            release.start()
            assert commit(store, [new_plot()])[0].new
            release.join()
        assert store.live.hall()[0].plot is not None


def test_that_readers_do_not_wait_for_a_writer(tmp_path: Path):
    with Store.open(f"sqlite:///{tmp_path / 'hydra.db'}", tmp_path) as store:
        plot = commit_one(store)
        with closing(sqlite3.connect(tmp_path / "hydra.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            other.execute("UPDATE plots SET state = 'judged'")
            assert store.live.hall()[0].plot == plot
            other.execute("ROLLBACK")
