"""Bringing what a database with Hydra's tables holds: all of it, once, whatever happens on the way."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from backend.access.opening import Access
from backend.domain.errors import StoreRefusedError
from backend.domain.foreign import Part
from backend.domain.labels import NewLabel
from backend.services.hydra.importing import NO_IMAGE
from backend.services.hydra.source import HydraSource
from backend.store import Store
from backend.store.foreign_labels import LABELLED_HERE, NO_PLOT
from backend.store.tables import (
    foreign_plots,
    foreign_records,
    foreign_thresholds,
    foreign_verdicts,
    label_events,
    plots,
)
from tests.fakes.hydra_database import CLASSES, HydraDatabase, write_images
from tests.fakes.hydra_import import EVERYTHING, LABELS, PLOTS, VERDICTS, bring, counted, taken
from tests.mariadb import PASSWORD, MariaDb


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
