"""With 200,000 judged plots of 600 types, every query that serves a window, a feed or a station reads by index.

What is explained are the statements the store really sends: they are caught on their way to the database.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import Connection, event, text

from backend.domain.classifications import Severity
from backend.domain.hall import STRIP_LENGTH
from backend.domain.labelling import LabelScope, PlotOrder, PlotQuery
from backend.domain.labels import Gesture, LabelEvent, LabelHow, NewLabel, Reversal
from backend.store import Store
from backend.store.blobs.in_database import DatabaseBlobs
from tests.fakes.machine import slowness
from tests.samples import LEASE_S, OWNER, START, commit, judged, new_plot, put_in_force

pytestmark = pytest.mark.leaves_running("the store of this module, and the threads of its blobs")

PLOTS = 200_000
PLOT_TYPES = 600
WAITING = 5_000
BIG = {"plots", "predictions", "verdicts", "input_files", "label_events", "blobs", "blob_chunks", "work"}

NUMBERS = {
    "sqlite": f"(WITH RECURSIVE s(seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM s LIMIT {PLOTS}) SELECT * FROM s)",
    "mysql": f"(SELECT seq FROM seq_1_to_{PLOTS})",
}
DIALECT: dict[str, dict[str, str]] = {
    "sqlite": {
        "time": str(int(START.timestamp() * 1e6)) + " + seq * 1000000",
        "past": "0",
        "hash": "randomblob({})",
        "mod": "seq % {}",
    },
    "mysql": {
        "time": f"TIMESTAMP '{START:%Y-%m-%d %H:%M:%S}' + INTERVAL seq SECOND",
        "past": "TIMESTAMP '1970-01-01 00:00:00'",
        "hash": "LEFT(UNHEX(SHA2(seq, 256)), {})",
        "mod": "MOD(seq, {})",
    },
}


def fill(connection: Connection) -> None:
    """Fill a store that has one model by bulk SQL: plots, verdicts, predictions, ledger, labels, waiting work."""
    kind = connection.dialect.name
    at, past, digest, mod = (DIALECT[kind][name] for name in ("time", "past", "hash", "mod"))
    source = f"FROM {NUMBERS[kind]} AS n"
    rank = f"CASE WHEN {mod.format(50)} = 0 THEN 3 ELSE 0 END"
    ticket = "printf('%032d', seq)" if kind == "sqlite" else "LPAD(seq, 32, '0')"
    few = f"{source} WHERE seq <= {PLOT_TYPES - 1}"
    for statement in (
        f"INSERT INTO plot_types (id, name, description, contact, guidance, first_seen) "
        f"SELECT seq + 1, {_text(kind, 'type ', 'seq')}, '', '', '', {at} {few}",
        "INSERT INTO runs (id, period, number) SELECT seq, '', seq " + source + " WHERE seq <= 400",
        f"INSERT INTO plots (id, plot_type_id, run_id, chunk, sha256, width, height, taken_at, received_at, seen_at, "
        f"state, model_id) SELECT seq, 1 + {mod.format(PLOT_TYPES)}, 1 + {mod.format(400)}, seq, {digest.format(32)}, "
        f"800, 600, {at}, {at}, {at}, 'judged', 1 {source}",
        f"INSERT INTO verdicts (plot_id, model_id, classification_id, confidence, confirmed, gate, severity, "
        f"decided_at) SELECT seq, 1, 1, 0.9, 1, 'harmless', {rank}, {at} {source}",
        f"INSERT INTO predictions (plot_id, model_id, probabilities, embedding, {_quoted(kind)}, milliseconds, "
        f"stage_ms) SELECT seq, 1, {digest.format(8)}, {digest.format(32)}, 'f32', 1.0, '{{}}' {source}",
        f"INSERT INTO input_files (stamp, mtime_ns, size, plot_id) SELECT {digest.format(16)}, seq, 1, seq {source}",
        f"INSERT INTO label_events (ticket, who, at, plot_id, plot_type_id, label_after, how, comment) "
        f"SELECT {ticket}, 'a', {at}, seq, 1 + {mod.format(PLOT_TYPES)}, 1, 'grid', '' {source} WHERE seq <= 100000",
        f"INSERT INTO blobs (sha256, size, touched_at) SELECT {digest.format(32)}, 1, {at} {source}",
        f"INSERT INTO work (plot_id, priority, lease_until, attempts, message) "
        f"SELECT seq, {mod.format(2)}, {past}, 0, '' {source} WHERE seq <= {WAITING}",
    ):
        connection.execute(text(statement))


def _text(kind: str, before: str, column: str) -> str:
    return f"'{before}' || {column}" if kind == "sqlite" else f"CONCAT('{before}', {column})"


def _quoted(kind: str) -> str:
    return "precision" if kind == "sqlite" else "`precision`"


@pytest.fixture(scope="module", params=["sqlite", "mariadb"])
def big(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store with 200,000 judged plots."""
    directory: Path = tmp_path_factory.mktemp("big")
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "sqlite":
            url = f"sqlite:///{directory / 'hydra.db'}"
        else:
            server = request.getfixturevalue("mariadb_server")
            patch.setenv("HYDRA_STORE_PASSWORD", "correct horse battery staple")
            url = server.url(server.database())
            Store.upgrade(url)
        with Store.open(url, directory) as store:
            put_in_force(store)
            store.database.write(fill)
            yield store
        if request.param == "mariadb":
            server.drop(url.rpartition("/")[2])


@contextmanager
def statements(store: Store) -> Iterator[list[tuple[str, Any]]]:
    """Catch what is sent to the database."""
    caught: list[tuple[str, Any]] = []

    def before(_connection: Connection, _cursor: object, sent: str, given: Any, _context: object, many: bool) -> None:
        if sent.lstrip().startswith(("SELECT", "UPDATE", "DELETE")):
            caught.append((sent, given[0] if many else given))

    engines = {store.database.engine, store.database._glancing}
    for engine in engines:
        event.listen(engine, "before_cursor_execute", before)
    yield caught
    for engine in engines:
        event.remove(engine, "before_cursor_execute", before)


def scans(connection: Connection, sent: str, given: Any, sorting: bool) -> list[str]:
    """What a statement reads of the big tables without seeking in an index, and what it sorts if that counts."""
    if connection.dialect.name == "sqlite":
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sent}", given)
        found = [row.detail for row in plan]
        sorts = [line for line in found if sorting and "TEMP B-TREE" in line]
        return sorts + [line for line in found if line.startswith("SCAN") and _is_big(line.split()[1])]
    plan = connection.exec_driver_sql(f"EXPLAIN {sent}", given)
    return [str(tuple(row)) for row in plan if _reads_all(row) or (sorting and "filesort" in (row.Extra or ""))]


def _reads_all(row: Any) -> bool:
    return row.type in ("ALL", "index") and _is_big(row.table or "")


def _is_big(name: str) -> bool:
    return name in BIG or name in ("p", "v", "other", "later", "anon_1")


def check(store: Store, call: Callable[[], object], allowed: str = "", sorting: bool = False) -> None:
    """Run `call` and look at the plan of each statement it sent; `sorting` must not occur either where it is set."""
    with statements(store) as caught:
        call()
    assert caught
    for sent, given in caught:
        found = store.database.read(lambda connection, sent=sent, given=given: scans(connection, sent, given, sorting))
        unexpected = [line for line in found if not allowed or allowed not in line or "filesort" in line]
        assert not unexpected, f"{sent}\nreads {unexpected}"


def test_that_the_plan_reader_sees_a_full_scan(big: Store):
    def scan() -> None:
        big.database.read(lambda connection: connection.execute(text("SELECT count(width) FROM plots")).all())

    with pytest.raises(AssertionError, match="plots"):
        check(big, scan)


def test_that_the_hall_is_read_by_index(big: Store):
    check(big, big.live.hall)


@pytest.mark.timed
def test_that_the_hall_of_600_plot_types_is_cheap(big: Store):
    tiles = big.live.hall()
    assert len(tiles) == PLOT_TYPES
    assert all(len(tile.strip) == STRIP_LENGTH for tile in tiles)
    # a server parses, plans and sends; the embedded store only reads
    assert cheapest(big, big.live.hall) <= (0.150 if big.database.embedded else 0.250) * slowness()


def cheapest(store: Store, call: Callable[[], object]) -> float:
    """Seconds of computing that a call costs here and in the server, which no other work on the machine changes."""

    def spent() -> float:
        server = sum(psutil.Process(pid).cpu_times()[:2]) if (pid := server_of(store)) else 0.0
        return time.thread_time() + server

    costs = []
    for _ in range(5):
        start = spent()
        for _ in range(4):
            call()
        costs.append((spent() - start) / 4)
    return min(costs)


def server_of(store: Store) -> int | None:
    """The process of the private server a store is on."""
    if store.database.embedded:
        return None
    query = text("SELECT @@pid_file")
    return int(Path(store.database.read(lambda connection: connection.scalar(query))).read_text())


def test_that_detail_and_history_are_read_by_index(big: Store):
    check(big, lambda: big.live.detail("type 7"))
    assert len(big.live.detail("type 7", 500).history) == PLOTS // PLOT_TYPES + 1
    check(big, lambda: big.live.plot(PLOTS // 2))


def test_that_the_log_is_read_by_index(big: Store):
    day = (START + timedelta(hours=12), START + timedelta(hours=36))
    check(big, lambda: big.verdicts.logged(*day, [Severity.ALARM]), sorting=True)
    check(big, lambda: big.verdicts.logged(*day, list(Severity), limit=50), sorting=True)
    assert len(big.verdicts.logged(*day, [Severity.ALARM], limit=50)) == 50


def test_that_work_is_claimed_in_the_order_of_its_index(big: Store):
    in_order = "ix_work_priority_plot_id"  # read from its front up to the limit: that is no scan of the queue
    check(big, lambda: big.work.claim("a/1", 16, LEASE_S), allowed=in_order, sorting=True)
    claimed = big.work.claim("a/1", 16, LEASE_S)
    assert [plot.plot_id for plot in claimed] == list(range(WAITING - 63, WAITING - 31, 2))
    check(big, lambda: big.work.extend("a/1", LEASE_S))
    check(big, lambda: big.work.release_station("a"))
    check(big, lambda: big.work.fail(1, "a/1", "again"))


def test_that_labels_are_read_by_index(big: Store):
    check(big, lambda: big.labels.latest("type 7"))
    assert len(big.labels.latest("type 7")) == 100_000 // PLOT_TYPES + 1
    check(big, lambda: big.labels.history(7))
    check(big, lambda: big.labels.add_many([NewLabel(number, "Bad", "b", "grid") for number in range(1, 50)]))


def test_that_intake_and_record_find_their_rows_by_index(big: Store):
    plots = [new_plot(number, plot_type=f"type {number}") for number in range(1, 65)]
    check(big, lambda: big.intake.known([plot.source for plot in plots if plot.source]))
    check(big, lambda: commit(big, plots))
    model = big.models.in_force()["CDC_occupancy"]
    kept = commit(big, plots)
    check(big, lambda: big.verdicts.record([judged(item.plot, model) for item in kept], OWNER))


def test_that_counts_and_the_sweep_do_not_read_the_plots(big: Store):
    check(big, big.counts)
    check(big, big.runs.latest)
    if isinstance(big.blobs, DatabaseBlobs):  # it walks through all names by design, a portion at a time
        check(big, lambda: next(big.blobs.untouched_since(START + timedelta(days=1))), allowed="PRIMARY")


@pytest.mark.parametrize("order", list(PlotOrder))
def test_that_plots_to_label_are_listed_by_index(big: Store, order: PlotOrder):
    for scope in LabelScope:
        check(big, lambda scope=scope: big.labelling.listing(PlotQuery("type 7", order, scope, runs=((7, 90),))))
    found = big.labelling.listing(PlotQuery("type 7", order, LabelScope.ALL)).plot_ids
    compares = order in (PlotOrder.DISAGREEMENT, PlotOrder.MISJUDGED)  # one model, which agrees with every label
    assert len(found) >= (0 if compares else PLOTS // PLOT_TYPES)
    check(big, lambda: big.labelling.items(found[:100]))


def test_that_plots_are_compared_and_kept_by_index(big: Store):
    for call in (
        lambda: big.embeddings.comparing_model("type 7"),
        lambda: big.embeddings.plot_ids("type 7", 1),
        lambda: big.embeddings.read("type 7", [6, 606], 1),
        lambda: big.said.labels("type 7"),
        lambda: big.said.newest_label("type 7"),
        lambda: big.said.guesses("type 7", 1),
        lambda: big.collecting.reasons([6, 606]),
        lambda: big.gestures.second.pairs("type 7"),
        lambda: big.synthetic.of_plot_type("type 7"),
    ):
        check(big, call)


def test_that_palettes_and_steps_are_read_by_index(big: Store):
    check(big, lambda: big.labelling.palette("type 7"))
    check(big, lambda: big.gestures.steps("type 7", "ann"), sorting=True)


def test_that_a_label_is_saved_and_taken_back_by_index(big: Store):
    events = (LabelEvent(7, "Good", LabelHow.PAINTED),)
    gesture = Gesture(uuid.uuid4(), "type 7", "ann", START, events)
    check(big, lambda: big.gestures.record(gesture))
    check(
        big, lambda: big.gestures.revert(Reversal(uuid.uuid4(), "type 7", "ann", START, gesture.key, LabelHow.UNDONE))
    )
