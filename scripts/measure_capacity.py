"""What one plot costs on this machine: rates, times and bytes, on a store that is made for it and thrown away.

`python scripts/measure_capacity.py [--plots 5000] [--store mysql://ACCOUNT@HOST/EMPTY_DATABASE]` prints a table. On a
server the database must be empty and has the schema afterwards. Run it when nothing else runs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from backend.domain.classifications import Severity
from backend.domain.intake import JudgedPlot, NewPlot
from backend.domain.plots import Plot, PlotIdentity
from backend.domain.predictions import HeatMap, ModelInForce, Prediction
from backend.domain.retention import Retention
from backend.domain.verdicts import AlarmGate, Verdict
from backend.store import Store
from backend.store.backup.taking import back_up

IMAGE_BYTES = 40_000
BATCH = 64
PLOT_TYPES = 600
OWNER = "capacity/1"


@contextmanager
def timed(found: dict[str, float], name: str) -> Iterator[None]:
    """Seconds of the block."""
    began = time.perf_counter()
    yield
    found[name] = time.perf_counter() - began


def measure(store: Store, count: int, place: Path) -> dict[str, float]:
    """All figures; times in s, sizes in bytes."""
    found: dict[str, float] = {}
    model, before = _models(store), store.retention.use()
    plots: list[Plot] = []
    with timed(found, "intake"):
        for start in range(0, count, BATCH):
            fresh = [_plot(number) for number in range(start, min(count, start + BATCH))]
            plots += [stored.plot for stored in store.intake.commit(fresh, OWNER, 600)]
    with timed(found, "record"):
        for start in range(0, count, BATCH):
            store.verdicts.record([_judged(plot, model) for plot in plots[start : start + BATCH]], OWNER)
    found["hall"] = _least(store.live.hall)
    found["detail"] = _least(lambda: store.live.detail("Type_000"))
    after = store.retention.use()
    found["row_bytes"] = (after.database_bytes - before.database_bytes) / count
    found["blob_bytes"] = (after.blob_bytes - before.blob_bytes) / count
    with timed(found, "purge_preview"):
        list(store.retention.preview(Retention(1e-6)))
    with timed(found, "backup"):
        back_up(store, place / "capacity.backup", lambda _what, _done: None)
    return found


def _least(work: Callable[[], object], rounds: int = 5) -> float:
    def once() -> float:
        began = time.perf_counter()
        work()
        return time.perf_counter() - began

    return min(once() for _ in range(rounds))


def _models(store: Store) -> ModelInForce:
    facts = {"format": 1, "plot_type": "Type_000", "labels": ["Good", "Bad"], "thresholds": {"Good": 0.5, "Bad": 0.5}}
    text = json.dumps({**facts, "architecture": {"name": "measured", "parameters": {}}, "provenance": {"seed": 0}})
    store.models.activate(store.models.register(text, text.encode(), "capacity"), "capacity")
    return store.models.in_force()["Type_000"]


def _plot(number: int) -> NewPlot:
    data = os.urandom(IMAGE_BYTES)
    identity = PlotIdentity(f"Type_{number % PLOT_TYPES:03d}", 42, number // PLOT_TYPES, "RunPeriod-2026-11")
    moment = datetime.now(UTC)
    return NewPlot(identity, data, hashlib.sha256(data).hexdigest(), 800, 600, moment, moment)


def _judged(plot: Plot, model: ModelInForce) -> JudgedPlot:
    noise = np.random.default_rng(plot.plot_id)
    heat = HeatMap(noise.integers(0, 255, (17, 17), np.uint8))
    prediction = Prediction((0.9, 0.1), heat, noise.random(256).astype(np.float16), "bf16", 12.0)
    verdict = Verdict("Good", Severity.NORMAL, 0.9, True, AlarmGate.HARMLESS, model.model_id)
    return JudgedPlot(plot, model, prediction, verdict, (("read", 3.0), ("infer", 12.0)))


def rows(found: dict[str, float], count: int, kind: str) -> list[str]:
    """For the page."""
    per = 1e3 / count
    figures = (
        ("take a plot in", f"{found['intake'] * per:.2f} ms"),
        ("record a verdict", f"{found['record'] * per:.2f} ms"),
        (f"read the hall ({PLOT_TYPES} types)", f"{found['hall'] * 1e3:.0f} ms"),
        ("read one detail", f"{found['detail'] * 1e3:.1f} ms"),
        ("rows of a plot with verdict and prediction", f"{found['row_bytes']:,.0f} bytes"),
        ("look whether an image may expire", f"{found['purge_preview'] * per:.3f} ms"),
        ("back a plot up", f"{found['backup'] * per:.2f} ms"),
    )
    return [f"| {kind} | {what} | {figure} |" for what, figure in figures]


def main(arguments: Sequence[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plots", type=int, default=5000)
    parser.add_argument("--store", default="")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="hydra-gui-capacity-") as folder:
        place = Path(folder)
        url = given.store or f"sqlite:///{place / 'hydra.db'}"
        if given.store:
            Store.upgrade(url)
        with Store.open(url, place) as store:
            kind = "SQLite" if store.database.embedded else "server"
            print("\n".join(rows(measure(store, given.plots, place), given.plots, kind)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
