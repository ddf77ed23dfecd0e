"""Plots made durable: the store's intake against a bare loop that commits the same rows and blobs as safely."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from backend.domain.intake import FileStamp, NewPlot
from backend.domain.plots import PlotIdentity
from backend.simulation.catalogue import CATALOGUE
from backend.simulation.writing import write_cycle
from backend.store import Store

PLOTS = 1_024
BATCH = 64
ROUNDS = 3
GOAL = 0.5


def run() -> dict[str, object]:
    """`ours` and `baseline` are plots per second, the better of three rounds each, taken in turn."""
    with tempfile.TemporaryDirectory() as place:
        plots = make_plots(Path(place) / "plots")
        rounds = [(_rate(_ours, plots, Path(place)), _rate(_bare, plots, Path(place))) for _ in range(ROUNDS)]
    ours, baseline = max(one for one, _ in rounds), max(other for _, other in rounds)
    return {
        "benchmark": "intake",
        "ours": round(ours),
        "baseline": round(baseline),
        "baseline_is": "a bare sqlite3 loop that syncs the same blobs and commits the same rows, 64 at a time",
        "unit": "plots/s",
        "ratio": round(ours / baseline, 2),
        "goal": GOAL,
        "holds": ours / baseline >= GOAL,
        "details": {"plots": PLOTS, "mean_bytes": sum(len(plot.data) for plot in plots) // PLOTS, "batch": BATCH},
    }


def make_plots(place: Path) -> list[NewPlot]:
    """Plots of the simulated hall; every one has bytes of its own."""
    images = [path.read_bytes() for path in write_cycle(place, 1, [kind.name for kind in CATALOGUE], 1, 1)]
    moment = datetime.now(UTC)
    return [_new_plot(images[number % len(images)], number, moment) for number in range(PLOTS)]


def _new_plot(image: bytes, number: int, moment: datetime) -> NewPlot:
    data = image + number.to_bytes(4, "big")  # behind the image's end: other bytes, the same picture
    name = CATALOGUE[number % len(CATALOGUE)].name
    identity = PlotIdentity(name, 121_266, number // len(CATALOGUE), "RunPeriod-2026-11")
    stamp = FileStamp(f"/plots/{name}_{number:04d}.png", number, len(data))
    return NewPlot(identity, data, hashlib.sha256(data).hexdigest(), 800, 600, moment, moment, stamp)


def _rate(commit: Callable[[list[NewPlot], Path], None], plots: list[NewPlot], place: Path) -> float:
    with tempfile.TemporaryDirectory(dir=place) as fresh:
        start = time.perf_counter()
        commit(plots, Path(fresh))
        return len(plots) / (time.perf_counter() - start)


def _batches(plots: list[NewPlot]) -> Iterator[list[NewPlot]]:
    for start in range(0, len(plots), BATCH):
        yield plots[start : start + BATCH]


def _ours(plots: list[NewPlot], place: Path) -> None:
    with Store.open(f"sqlite:///{place / 'hydra.db'}", place) as store:
        for batch in _batches(plots):
            store.intake.commit(batch, "bench/1", 60)


def _bare(plots: list[NewPlot], place: Path) -> None:
    connection = sqlite3.connect(place / "bare.db", isolation_level=None)
    connection.executescript(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
        "CREATE TABLE plots (id INTEGER PRIMARY KEY, plot_type, run, chunk, sha256, width, height, taken, received,"
        " UNIQUE (plot_type, run, chunk, sha256));"
        "CREATE TABLE files (path, mtime, size, plot, PRIMARY KEY (path, mtime, size));"
        "CREATE TABLE work (plot INTEGER PRIMARY KEY, owner, until);"
    )
    for batch in _batches(plots):
        for plot in batch:
            _write_blob(place / plot.sha256, plot.data)
        _commit_rows(connection, batch)
    connection.close()


def _write_blob(path: Path, data: bytes) -> None:
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.rename(path)


def _commit_rows(connection: sqlite3.Connection, batch: list[NewPlot]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for plot in batch:
        identity, stamp = plot.identity, plot.source
        assert stamp is not None
        row = (identity.plot_type, identity.run, identity.chunk, plot.sha256, plot.width, plot.height)
        times = (plot.taken_at.isoformat(), plot.received_at.isoformat())
        number = connection.execute("INSERT INTO plots VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)", row + times).lastrowid
        connection.execute("INSERT INTO files VALUES (?, ?, ?, ?)", (stamp.path, stamp.mtime_ns, stamp.size, number))
        connection.execute("INSERT INTO work VALUES (?, 'bench/1', 60)", (number,))
    connection.execute("COMMIT")
