"""Labelling away from the hall: a bundle of 10,000 images from MariaDB and back, and a thousand trials."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from backend.domain.label_bundles import SUFFIX, BundleRequest
from backend.domain.labelling import LabelScope, PlotQuery
from backend.domain.labels import Gesture, LabelEvent, LabelHow
from backend.offline.applying import apply_bundle
from backend.offline.checking import bundle_url, check_bundle
from backend.offline.making import make_bundle
from backend.store import Store
from tests.benchmarks.result import Goal, Result
from tests.fakes.plots_to_label import add_plots
from tests.mariadb import PASSWORD, MariaDb
from tests.trials.label_sync import LabelSync

KIND = "FTOF_tdc"
PLOTS = int(os.environ.get("HYDRA_SYNC_PLOTS", "10000"))
TRIALS = int(os.environ.get("HYDRA_SYNC_TRIALS", "1000"))
LOOKS, STROKE = 200, 20
MAKE_GOAL_S, OPEN_GOAL_S = 300.0, 2.0


class Trial(LabelSync):
    """Over SQLite; a thousand databases on a server would measure the server."""

    made: Path
    run = 0

    @staticmethod
    def template(place: Path) -> Store:
        Trial.run += 1
        return Store.open(f"sqlite:///{shutil.copy(Trial.made, place / 'hall.db')}", place)


def run() -> Result:
    """`ours` is how many of the trials lost, doubled or covered a label; times of the bundle are part of the goal."""
    server = MariaDb()
    server.start()
    try:
        os.environ["HYDRA_STORE_PASSWORD"] = PASSWORD
        with tempfile.TemporaryDirectory() as place:
            details = _bundle(Path(place), server.url(server.database()))
            wrong, told = _trials(Path(place))
    finally:
        server.stop()
    also = details["make_s"] <= MAKE_GOAL_S and details["open_s"] <= OPEN_GOAL_S
    also = also and details["labels_home"] == details["labels_given"] and details["again"] == 0
    details |= {"trials": Trial.run, "what_was_wrong": told}
    goal = Goal(at_most=0, also=also)
    return Result("sync", wrong, None, "–", "trials that lost or doubled a label", goal, details=details)


def _bundle(place: Path, url: str) -> dict[str, object]:
    Store.upgrade(url)
    with Store.open(url, place) as store:
        add_plots(store, KIND, PLOTS, looks=min(PLOTS, LOOKS))
        start = time.perf_counter()
        made = make_bundle(
            store, place / "take", BundleRequest((KIND,), LabelScope.ALL), who="expert", experiment="Hall D"
        )
        make_s, path = time.perf_counter() - start, place / f"take{SUFFIX}"
        start = time.perf_counter()
        check_bundle(path)
        with Store.open(bundle_url(path), place / "laptop") as laptop:
            ids = laptop.labelling.listing(PlotQuery(KIND)).plot_ids
            laptop.blobs.get(laptop.labelling.items(ids[:1])[0].plot.sha256)
            open_s = time.perf_counter() - start
            label_s = _label(laptop, ids)
        start = time.perf_counter()
        home = apply_bundle(store, path)
        apply_s = time.perf_counter() - start
        again = apply_bundle(store, path).written
    return {
        "plots": made.manifest.plots,
        "bundle_mb": round(made.size / 1e6),
        "make_s": round(make_s, 2),
        "make_goal_s": MAKE_GOAL_S,
        "open_s": round(open_s, 2),
        "open_goal_s": OPEN_GOAL_S,
        "labels_given": len(ids),
        "gesture_ms": round(1e3 * label_s / max(1, len(ids) // STROKE), 1),
        "labels_home": home.written,
        "apply_s": round(apply_s, 2),
        "again": again,
    }


def _label(laptop: Store, ids: tuple[int, ...]) -> float:
    start = time.perf_counter()
    for first in range(0, len(ids), STROKE):
        events = tuple(LabelEvent(number, "Good", LabelHow.PAINTED) for number in ids[first : first + STROKE])
        laptop.gestures.record(Gesture(uuid.uuid4(), KIND, "laptop", datetime.now(UTC), events))
    return time.perf_counter() - start


def _trials(place: Path) -> tuple[int, str]:
    """How many trials went wrong, at most one: the first ends them; and what was wrong."""
    empty = place / "empty"
    empty.mkdir()
    Store.open(f"sqlite:///{empty / 'hall.db'}", empty).close()
    Trial.made = empty / "hall.db"
    quiet = list(HealthCheck)
    given = settings(
        max_examples=TRIALS, stateful_step_count=30, deadline=None, database=None, suppress_health_check=quiet
    )
    try:
        run_state_machine_as_test(Trial, settings=given)
    except AssertionError as error:
        return 1, str(error)[:300]
    return 0, ""
