"""Bringing what a database with Hydra's tables holds: all of it, once, whatever happens on the way."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from backend.access.opening import Access
from backend.domain.errors import StoreRefusedError
from backend.domain.foreign import Part
from backend.domain.labels import NewLabel
from backend.services.hydra.importing import NO_IMAGE, ImportOptions, ImportReport, import_hydra
from backend.services.hydra.source import HydraSource
from backend.store import Store
from backend.store.foreign_labels import HOW, LABELLED_HERE, NO_PLOT
from backend.store.tables import (
    foreign_plots,
    foreign_records,
    foreign_thresholds,
    foreign_verdicts,
    label_events,
    plots,
)
from hydra_gui.cli.program import run_command
from tests.fakes.hydra_database import CLASSES, HydraDatabase, make_hydra, write_images
from tests.mariadb import PASSWORD, MariaDb

PLOTS, LABELS, VERDICTS = 240, 500, 2500


@pytest.fixture(scope="module")
def hydra(mariadb_server: MariaDb) -> Iterator[HydraDatabase]:
    made = make_hydra(mariadb_server, PLOTS, LABELS, VERDICTS)
    yield made
    made.drop()


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Store]:
    """A store of one kind, where the kind does not matter."""
    with Store.open(f"sqlite:///{tmp_path / 'hydra.db'}", tmp_path) as opened:
        yield opened


@pytest.fixture
def changed(mariadb_server: MariaDb) -> Iterator[HydraDatabase]:
    """A small one, to be changed by the test."""
    made = make_hydra(mariadb_server, 12, 20, 30)
    yield made
    made.drop()


@pytest.fixture(scope="module")
def images(hydra: HydraDatabase, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kept")
    write_images(hydra, folder, PLOTS)
    return folder


def bring(
    made: HydraDatabase,
    store: Store | None,
    folder: Path | None = None,
    again: bool = False,
    zone: str = "UTC",
    on_progress: Callable[[Part, int, int], None] = lambda *_: None,
) -> ImportReport:
    source = HydraSource(Access(made.url, lambda: PASSWORD, {}), ZoneInfo(zone))
    try:
        return import_hydra(source, store, ImportOptions(folder, again), on_progress)
    finally:
        source.close()


def counted(store: Store, table) -> int:
    return store.database.read(lambda connection: connection.scalar(select(func.count()).select_from(table)))


def taken(report: ImportReport) -> dict[Part, int]:
    return {part.part: part.taken for part in report.parts}


EVERYTHING = {
    Part.PLOT_TYPES: 6,
    Part.CLASSIFICATIONS: 5,
    Part.VALID: 30,
    Part.THRESHOLDS: 30,
    Part.PLOTS: PLOTS,
    Part.LABELS: LABELS,
    Part.LABEL_HISTORY: 10,
    Part.VERDICTS: VERDICTS,
}


def test_that_everything_comes_over_and_the_source_stays_as_it_was(
    hydra: HydraDatabase, images: Path, store: Store
) -> None:
    before = hydra.checksum()
    report = bring(hydra, store, images)
    assert hydra.checksum() == before
    assert taken(report) == EVERYTHING
    assert (report.refused, report.waiting, report.absent) == ((), (), ())
    assert store.counts().imported == PLOTS
    info = {kind.name: kind for kind in store.plot_types.all()}["Detector_3"]
    assert (info.description, info.contact) == ("plot 3", "expert 3")
    assert {one.name for one in store.classifications.all("Detector_1")} == set(CLASSES)
    tables = {foreign_plots: PLOTS, foreign_verdicts: VERDICTS, foreign_thresholds: 30, foreign_records: 6 + 10}
    assert {table: counted(store, table) for table in tables} == tables


def test_that_labels_keep_their_users_their_order_and_their_comments(
    hydra: HydraDatabase, images: Path, store: Store
) -> None:
    bring(hydra, store, images)
    rows = hydra.ask("SELECT User, Plot_Classification_ID, Comment FROM {db}.Users_Plots WHERE Plot_ID = 8 ORDER BY ID")
    query = select(foreign_plots.c.plot_id).where(foreign_plots.c.foreign_id == 8)
    plot_id = store.database.read(lambda connection: connection.execute(query).scalar_one())
    history = store.labels.history(plot_id)
    expected = [(user, CLASSES[number - 1], comment or "") for user, number, comment in rows]
    assert len(expected) > 1
    assert [(change.who, change.after, change.comment) for change in history] == expected
    assert [change.before for change in history] == [None, *(label for _, label, _ in expected[:-1])]
    latest = [item for kind in range(1, 7) for item in store.labels.latest(f"Detector_{kind}")]
    assert len(latest) == PLOTS


def test_that_images_are_those_of_their_plots(hydra: HydraDatabase, images: Path, embedded: Store) -> None:
    bring(hydra, embedded, images)
    for item in embedded.labels.latest("Detector_1")[:5]:
        identity = item.plot.identity
        folder = images / identity.run_period / f"Run{identity.run:06d}"
        assert embedded.blobs.get(item.plot.sha256) == (folder / f"Detector_1_{identity.chunk:04d}.png").read_bytes()


def test_that_the_run_history_is_kept_with_its_times_and_best_class(hydra: HydraDatabase, embedded: Store) -> None:
    bring(hydra, embedded, zone="America/New_York")
    query = select(foreign_verdicts).where(foreign_verdicts.c.foreign_id.in_([6, 7])).order_by("foreign_id")
    even, odd = embedded.database.read(lambda connection: connection.execute(query).all())
    assert (even.confidence, odd.confidence) == (0.875, 0.75)
    assert even.decided_at == datetime.fromtimestamp(1735689600 + 6, UTC)  # a TIMESTAMP is UTC whatever the zone
    assert even.taken_at == datetime(2025, 7, 1, 16, 0, tzinfo=UTC)  # a DATETIME was the hall's local time
    assert json.loads(even.output)["Labels"]["1"] == "Bad"
    assert (even.unbiased, even.model, even.run, even.chunk) == (False, 1, 100000, 6)


def test_that_bringing_it_again_doubles_nothing(hydra: HydraDatabase, images: Path, store: Store) -> None:
    first, second = bring(hydra, store, images), bring(hydra, store, images)
    assert first == second  # nothing was left to read
    third = bring(hydra, store, images, again=True)
    assert sum(taken(third).values()) == 0
    assert {part.part: part.known for part in third.parts} == EVERYTHING
    assert counted(store, label_events) == LABELS
    assert counted(store, plots) == PLOTS


def test_that_without_images_plots_and_labels_wait_for_them(
    hydra: HydraDatabase, images: Path, embedded: Store
) -> None:
    report = bring(hydra, embedded)
    assert report.waiting == (Part.PLOTS, Part.LABELS)
    assert taken(report)[Part.VERDICTS] == VERDICTS
    assert counted(embedded, label_events) == 0
    report = bring(hydra, embedded, images)
    assert taken(report) == EVERYTHING


def test_that_missing_images_are_reported_and_brought_when_they_turn_up(
    hydra: HydraDatabase, images: Path, embedded: Store, tmp_path: Path
) -> None:
    some = tmp_path / "some"
    kept = write_images(hydra, some, PLOTS, every=2)
    report = bring(hydra, embedded, some)
    reasons = {(refused.part, refused.reason): refused for refused in report.refused}
    assert reasons[Part.PLOTS, NO_IMAGE].count == PLOTS - kept
    assert reasons[Part.PLOTS, NO_IMAGE].examples == "2, 4, 6, 8, 10"
    labelled = LABELS - reasons[Part.LABELS, NO_PLOT].count
    assert taken(report)[Part.LABELS] == labelled == counted(embedded, label_events)
    report = bring(hydra, embedded, images, again=True)
    assert report.refused == ()
    assert counted(embedded, label_events) == LABELS
    assert counted(embedded, plots) == PLOTS


def test_that_a_dry_run_reports_the_same_and_writes_nothing(hydra: HydraDatabase, images: Path, tmp_path: Path) -> None:
    some = tmp_path / "some"
    write_images(hydra, some, PLOTS, every=3)
    trial = bring(hydra, None, some)
    with Store.open(f"sqlite:///{tmp_path / 'x.db'}", tmp_path) as store:
        real = bring(hydra, store, some)
    assert taken(trial) | {Part.CLASSIFICATIONS: 5} == taken(real)
    assert Counter(trial.refused) == Counter(real.refused)


def test_that_what_somebody_said_here_since_still_counts(hydra: HydraDatabase, images: Path, store: Store) -> None:
    bring(hydra, store, images)
    plot = store.labels.latest("Detector_1")[0].plot
    store.labels.add_many([NewLabel(plot.plot_id, "NoData", "ann", "grid")])
    hydra_id = store.database.read(
        lambda c: c.scalar(select(foreign_plots.c.foreign_id).where(foreign_plots.c.plot_id == plot.plot_id))
    )
    number = hydra.execute(f"INSERT INTO Users_Plots VALUES (NULL, 'late', {hydra_id}, 1, 1, NULL) RETURNING ID")[0][0]
    try:
        report = bring(hydra, store, images)
    finally:
        hydra.ask(f"DELETE FROM {{db}}.Users_Plots WHERE ID = {number}")
    assert [(refused.part, refused.reason, refused.count) for refused in report.refused] == [
        (Part.LABELS, LABELLED_HERE, 1)
    ]
    assert store.labels.history(plot.plot_id)[-1].who == "ann"


def test_that_rows_that_do_not_fit_are_left_out_with_the_reason(changed: HydraDatabase, embedded: Store) -> None:
    for statement in (
        "INSERT INTO Plot_Types (ID, Name) VALUES (90, '  '), (91, CONCAT('x', CHAR(7))), (92, REPEAT('x', 100))",
        "INSERT INTO Plot_Classifications VALUES (90, 1, NULL)",
        "INSERT INTO Valid_Classifications VALUES (900, 1, 90), (901, 77, 1), (902, NULL, 1)",
        "INSERT INTO ModelThresholds VALUES (900, 1, 1, 1.5, ''), (901, 1, 1, NULL, ''), (902, -1, 1, 0.5, NULL)",
        "INSERT INTO RunHistory (ID, PlotType_ID, RunNumber) VALUES (900, 1, 5)",
        "INSERT INTO RunHistory (ID, PlotType_ID, RunNumber, DateTime) VALUES (901, 90, 5, NOW()), (902, 1, -5, NOW())",
        "INSERT INTO RunHistory (ID, PlotType_ID, RunNumber, DateTime, Output) VALUES (903, 1, 5, NOW(), 'nonsense')",
    ):
        changed.execute(statement)
    report = bring(changed, embedded)
    found = {(refused.part, refused.examples) for refused in report.refused}
    assert found == {
        (Part.PLOT_TYPES, "90, 91"),
        (Part.VALID, "900"),
        (Part.VALID, "901, 902"),
        (Part.CLASSIFICATIONS, "90"),
        (Part.THRESHOLDS, "900, 901"),
        (Part.THRESHOLDS, "902"),
        (Part.VERDICTS, "900"),
        (Part.VERDICTS, "901"),
        (Part.VERDICTS, "902"),
    }
    assert taken(report)[Part.VERDICTS] == 30 + 1
    query = select(foreign_verdicts.c.output, foreign_verdicts.c.confidence).where(foreign_verdicts.c.foreign_id == 903)
    assert embedded.database.read(lambda connection: connection.execute(query).one()) == ("nonsense", None)


def test_that_damaged_images_and_ways_out_of_the_folder_are_refused(
    changed: HydraDatabase, embedded: Store, tmp_path: Path
) -> None:
    folder = tmp_path / "kept"
    write_images(changed, folder, 12)
    damaged = next(folder.rglob("Detector_2_*.png"))
    damaged.write_bytes(damaged.read_bytes()[:40])
    (tmp_path / "Run100000").mkdir()
    shutil.copy(next(folder.rglob("Detector_3_*.png")), tmp_path / "Run100000" / "Detector_1_0099.png")
    changed.execute("INSERT INTO Plots VALUES (500, 1, '..', 100000, 99, 1, 0, 0), (501, 1, '/', 100000, 99, 1, 0, 0)")
    report = bring(changed, embedded, folder)
    found = {refused.reason: refused.count for refused in report.refused if refused.part is Part.PLOTS}
    assert found.pop(NO_IMAGE) == 2
    assert list(found.values()) == [1]


def test_that_a_database_that_is_none_of_hydra_is_refused(
    mariadb_server: MariaDb, changed: HydraDatabase, embedded: Store
) -> None:
    empty = HydraDatabase(mariadb_server, mariadb_server.database())
    with pytest.raises(StoreRefusedError, match="no database of Hydra"):
        bring(empty, embedded)
    empty.drop()
    changed.ask("ALTER TABLE {db}.Plots DROP COLUMN RunNumber")
    with pytest.raises(StoreRefusedError, match="Plots lacks RunNumber"):
        bring(changed, embedded)
    changed.ask("DROP TABLE {db}.Plots")
    changed.ask("DROP TABLE {db}.Users_Plots")
    assert bring(changed, embedded).absent == (Part.PLOTS, Part.LABELS)


def test_that_the_server_is_told_to_refuse_every_change_of_the_source(changed: HydraDatabase) -> None:
    source = HydraSource(Access(changed.url, lambda: PASSWORD, {}), UTC)
    try:
        for statement in ("DELETE FROM Plots", "DROP TABLE Plots", "UPDATE Plots SET Chunk = 1"):
            with pytest.raises(Exception, match="READ ONLY"):
                source.database.write(lambda connection, s=statement: connection.exec_driver_sql(s))
    finally:
        source.close()


_IMPORTS = """
import sys
from pathlib import Path
from zoneinfo import ZoneInfo
from backend.access.opening import Access
from backend.services.hydra import importing
from backend.services.hydra.source import HydraSource
from backend.store import Store
importing._PORTION, importing._PLOTS_PORTION = 50, 10
source = HydraSource(Access(sys.argv[1], lambda: sys.argv[4], {}), ZoneInfo("UTC"))
with Store.open(sys.argv[2], Path(sys.argv[3])) as store:
    def tell(part, read, total):
        print(part, read, flush=True)
    importing.import_hydra(source, store, importing.ImportOptions(Path(sys.argv[5])), tell)
"""


def test_that_killing_it_at_any_moment_loses_and_doubles_nothing(
    hydra: HydraDatabase, images: Path, mariadb_url: str, tmp_path: Path
) -> None:
    Store.upgrade(mariadb_url)
    command = [sys.executable, "-c", _IMPORTS, hydra.url, mariadb_url, str(tmp_path), PASSWORD, str(images)]
    for said in (f"{Part.PLOTS} 100", f"{Part.LABELS} 150", f"{Part.VERDICTS} 1200"):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
            assert program.stdout is not None
            assert any(line.startswith(said) for line in program.stdout)
            os.kill(program.pid, signal.SIGKILL)
    with Store.open(mariadb_url, tmp_path) as store:
        report = bring(hydra, store, images)
        assert taken(report) == EVERYTHING
        assert {part.part: part.read for part in report.parts} == EVERYTHING
        assert counted(store, label_events) == LABELS
        assert counted(store, foreign_verdicts) == VERDICTS
        assert store.counts().imported == counted(store, plots) == PLOTS


def test_that_a_second_import_of_the_same_source_is_told_and_harmless(
    hydra: HydraDatabase, images: Path, embedded: Store
) -> None:
    """It happens in the middle of the first, which then finds that it was overtaken."""

    def tell(part: Part, read: int, _total: int) -> None:
        if part is Part.VERDICTS and read == 0:
            bring(hydra, embedded, images)

    with pytest.raises(StoreRefusedError, match="Another program imports from the same source"):
        bring(hydra, embedded, images, on_progress=tell)
    assert counted(embedded, foreign_verdicts) == VERDICTS


def test_that_the_command_brings_and_reports(
    hydra: HydraDatabase,
    images: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("HYDRA_SOURCE_PASSWORD", PASSWORD)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("COLUMNS", "200")
    words = ["--data-dir", str(tmp_path / "data"), "import-hydra", hydra.url]
    assert run_command([*words, "--dry-run", "--images", str(images), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["dry_run"]
    assert {part["part"]: part["taken"] for part in told["parts"]} == EVERYTHING
    assert not (tmp_path / "data" / "hydra.db").exists()
    assert run_command(words) == 1
    assert "--images DIR" in capsys.readouterr().out
    assert run_command([*words, "--images", str(images)]) == 0
    assert "run history" in capsys.readouterr().out
    assert run_command([*words, "--timezone", "Hall/D"]) == 2
    assert run_command([*words, "--images", str(tmp_path / "none")]) == 1
    assert run_command([*words[:-1], "mysql://hydra:s3cret@127.0.0.1/x"]) == 3
    assert "s3cret" not in capsys.readouterr().err
    assert HOW == "hydra"


@pytest.mark.soak
def test_that_a_million_rows_come_over(mariadb_server: MariaDb, mariadb_url: str, tmp_path: Path) -> None:
    made = make_hydra(mariadb_server, 100_000, 300_000, 600_000, plot_types=75)
    kept = write_images(made, tmp_path / "kept", 10_000)
    Store.upgrade(mariadb_url)
    with Store.open(mariadb_url, tmp_path) as store:
        begun = time.monotonic()
        report = bring(made, store, tmp_path / "kept")
        seconds = time.monotonic() - begun
        assert sum(part.read for part in report.parts) > 1_000_000
        assert taken(report)[Part.PLOTS] == kept == store.counts().imported
        assert taken(report)[Part.LABELS] == 3 * kept == counted(store, label_events)
        assert taken(report)[Part.VERDICTS] == 600_000 == counted(store, foreign_verdicts)
        read = sum(part.read for part in report.parts)
    print(f"{read} rows in {seconds:.0f} s: {read / seconds:.0f} rows/s")  # noqa: T201 - a figure to be read
    made.drop()
