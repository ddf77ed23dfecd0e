"""An archive judged again on a Dask cluster of this machine's cores, against the thread pool on the same plots."""

from __future__ import annotations

import os
import tempfile
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import numpy as np
from sqlalchemy import delete

from backend.config import InferenceSection
from backend.domain.intake import JudgedPlot, NewPlot
from backend.domain.models import ModelInfo
from backend.domain.plots import PlotIdentity
from backend.feed.images import ImageLimits
from backend.services.bundles import register_bundle, shipped_bundles
from backend.services.reprocessing import THREADS, Campaign, Reprocessing, workforce_for
from backend.simulation.drawing import draw
from backend.store import Store
from backend.store.tables import predictions, verdicts
from tests.benchmarks.result import Goal, Result
from tests.fakes.cluster import local_dask

PLOTS = 800
_ROUNDS = 2
_DRAWN = 50
"""Different pictures; the rest differ by a few bytes behind their end."""


def run() -> Result:
    """The better of two campaigns each, taken in turn: blobs read, images judged, predictions and verdicts recorded."""
    cores = os.cpu_count() or 1
    with (
        tempfile.TemporaryDirectory() as folder,
        Store.open(f"sqlite:///{folder}/hydra.db", Path(folder)) as store,
        local_dask(cores) as cluster,
    ):
        info = store.models.get(register_bundle(store, shipped_bundles()[0], "benchmark"))
        fill(store, info.plot_type)
        cache = Path(folder) / "cache"
        rounds = [[campaign(store, info, where, cache) for where in (cluster.address, THREADS)] for _ in range(_ROUNDS)]
    ours, baseline = (max(done.rate for done in column) for column in zip(*rounds, strict=True))
    lost = sum(done.total - done.judged for pair in rounds for done in pair)
    return Result(
        "reprocess",
        ours=ours,
        baseline=baseline,
        baseline_is=f"the thread pool of this process on {cores} cores",
        unit="images/s",
        goal=Goal(ratio=0.7),
        less_is_better=False,
        details={"plots": PLOTS, "plot_type": info.plot_type, "workers": cores, "lost": lost},
    )


def fill(store: Store, plot_type: str) -> None:
    """An archive of plots that no model has judged."""
    moment, pictures = datetime.now(UTC), [picture(plot_type, number) for number in range(_DRAWN)]
    images = [pictures[number % _DRAWN] + number.to_bytes(4, "big") for number in range(PLOTS)]
    plots = [
        NewPlot(PlotIdentity(plot_type, 1, number), data, sha256(data).hexdigest(), 800, 600, moment, moment)
        for number, data in enumerate(images)
    ]
    stored = store.intake.commit(plots, "benchmark/1", 60)
    store.verdicts.record([JudgedPlot(item.plot) for item in stored], "benchmark/1")


def picture(plot_type: str, number: int) -> bytes:
    """One plot as a PNG file."""
    buffer = BytesIO()
    draw(plot_type, np.random.default_rng(number)).image.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def campaign(store: Store, info: ModelInfo, where: str, cache: Path) -> Campaign:
    """All plots from the beginning; connecting to the workforce is not counted, loading the model is."""
    for table in (predictions, verdicts):
        store.database.write(lambda connection, table=table: connection.execute(delete(table)))
    section = InferenceSection(cache_dir=cache)
    with workforce_for(where, store, info, section, ImageLimits()) as workforce:
        return Reprocessing(store, info, workforce, section.batch).run()
