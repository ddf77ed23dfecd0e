"""73 plots renamed into the directory at once: when is the last tile painted with its verdict and heat map?

Ours is the whole application, window, store and all; the baseline decodes and infers the same files with the same
code over an executor of the same size, and does nothing else. Both run in this process, in turn.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from backend.api import EngineApi
from backend.config import Settings
from backend.domain.health import Condition
from backend.feed.images import ImageLimits, open_picture
from backend.inference.model import Model
from backend.inference.models import ModelCache
from backend.inference.preprocessing import prepare
from backend.inference.runtime import Runtime
from backend.simulation.catalogue import plot_types
from backend.simulation.writing import write_cycle
from backend.store import Store
from hydra_gui.app import run_window
from hydra_gui.application import Application
from hydra_gui.demo.hall import DemoHall
from ui.live.filters import Grouping

PLOTS = 73
COPIES = 4
ROUNDS = 5
GOAL = 1 / 1.5
RUN = 121_266
_WINDOW = (3840, 2160)
"""Large enough for 73 tiles at once."""

_DEADLINE_S = 60.0
_BEAT_S = 0.01
"""Often enough to see a pause of 50 ms, seldom enough not to be a load itself."""


def run() -> dict[str, object]:
    """`ours` and `baseline` are seconds, medians of five rounds each, taken in turn."""
    with tempfile.TemporaryDirectory(prefix="hydra-burst-") as place:
        return _in_place(Path(place))


def _in_place(root: Path) -> dict[str, object]:
    hall = DemoHall(root / "hall")
    hall.root.mkdir()
    hall.prepare(COPIES)
    settings = hall.settings()
    bare = Bare(settings, root / "bare")
    burst = Burst(hall, root / "staging", bare)
    run_window(settings, burst.companion, root / "window.json")
    if burst.trouble:
        raise RuntimeError(burst.trouble)
    ours, baseline = statistics.median(burst.ours), statistics.median(burst.baseline)
    return {
        "benchmark": "burst",
        "ours": round(ours, 3),
        "baseline": round(baseline, 3),
        "baseline_is": "decoding and inferring the same 73 files over the same executor, no store, no window",
        "unit": "s",
        "ratio": round(baseline / ours, 3),
        "goal": round(GOAL, 3),
        "holds": baseline / ours >= GOAL,
        "details": {
            "rounds_ours": [round(value, 3) for value in burst.ours],
            "rounds_baseline": [round(value, 3) for value in burst.baseline],
            "longest_gap_ms": round(burst.longest_gap_ms, 1),
            "threads": settings.inference.effective_threads,
        },
    }


class Bare:
    """What cannot be saved: decoding and inference."""

    def __init__(self, settings: Settings, place: Path) -> None:
        inference = settings.inference
        runtime = Runtime(inference.device, inference.effective_threads, inference.cache_dir)
        self._threads, self._models, self._limits = inference.effective_threads, {}, ImageLimits()
        cache, url = ModelCache(runtime, place / "bundles"), settings.store.effective_url
        with Store.open(url, settings.store.data_dir, settings.store.blobs) as store:
            for name, model in store.models.in_force().items():
                self._models[name] = cache.get(model.digest, lambda digest=model.digest: store.models.bundle(digest))

    def judge_all(self, paths: list[Path], names: list[str]) -> float:
        """Seconds for these files."""
        with ThreadPoolExecutor(self._threads) as pool:
            start = time.perf_counter()
            found = list(pool.map(self._judge, paths, [self._models[name] for name in names]))
            assert len(found) == len(paths)
            return time.perf_counter() - start

    def _judge(self, path: Path, model: Model) -> object:
        picture = open_picture(path.read_bytes(), path.suffix, self._limits)
        return model.predict(prepare(picture, model.spec)[None])


class Burst:
    """Runs beside the window on its loop: one round after the other, then closes it."""

    def __init__(self, hall: DemoHall, staging: Path, bare: Bare) -> None:
        self._hall, self._staging, self._bare = hall, staging, bare
        self._names = [kind.name for kind in plot_types(COPIES)[:PLOTS]]
        self.ours: list[float] = []
        self.baseline: list[float] = []
        self.trouble = ""
        self.longest_gap_ms = 0.0

    async def companion(self, application: Application) -> None:
        """The whole benchmark."""
        try:
            await self._all(application)
        except Exception as error:
            self.trouble = f"{type(error).__name__}: {error}"
        finally:
            application.window.close()

    async def _all(self, application: Application) -> None:
        application.window.resize(*_WINDOW)
        await _until(lambda: application.presenter is not None and application.engine is not None)
        application.live_screen.heat_maps_toggled.emit(True)
        application.live_screen.grouping_chosen.emit(Grouping.NONE)
        assert application.engine is not None
        await _until_ready(application.engine)
        for number in range(ROUNDS + 1):
            paths = write_cycle(self._staging, 1000 + number, self._names, RUN, number + 1)
            baseline = await asyncio.to_thread(self._bare.judge_all, paths, self._names)
            with _heartbeat(self):
                ours = await self._one(application, paths)
            if number > 0:  # the first round warms both up
                self.baseline.append(baseline)
                self.ours.append(ours)
            else:
                self.longest_gap_ms = 0.0

    async def _one(self, application: Application, paths: list[Path]) -> float:
        painted: dict[int, float] = {}
        complete = asyncio.Event()

        def note(plot_id: int) -> None:
            painted.setdefault(plot_id, time.perf_counter())
            if len(painted) >= PLOTS:
                complete.set()

        application.live_screen.grid.tile_painted = note
        targets = [self._hall.plots / path.relative_to(self._staging) for path in paths]
        for folder in {target.parent for target in targets}:
            folder.mkdir(parents=True, exist_ok=True)
        start = time.perf_counter()
        for path, target in zip(paths, targets, strict=True):
            path.rename(target)
        await asyncio.wait_for(complete.wait(), _DEADLINE_S)
        await asyncio.sleep(0.5)
        assert len(painted) == PLOTS, f"{len(painted)} plots were painted"
        return max(painted.values()) - start


@contextlib.contextmanager
def _heartbeat(burst: Burst):
    """The longest time in which the window's loop did not get its turn."""
    last = time.perf_counter()

    async def beat() -> None:
        nonlocal last
        while True:
            await asyncio.sleep(_BEAT_S)
            now = time.perf_counter()
            burst.longest_gap_ms = max(burst.longest_gap_ms, (now - last) * 1e3)
            last = now

    task = asyncio.ensure_future(beat())
    try:
        yield
    finally:
        task.cancel()


async def _until_ready(engine: EngineApi) -> None:
    """Until every model is loaded."""
    end = time.monotonic() + _DEADLINE_S
    while (await engine.view()).status.health.inference.condition is not Condition.OK:
        assert time.monotonic() < end, "the models were not loaded in time"
        await asyncio.sleep(0.05)


async def _until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + _DEADLINE_S
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("the burst was not painted in time")
        await asyncio.sleep(0.005)
