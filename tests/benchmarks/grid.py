"""Scrolling through 5,000 tiles while the engine works: how long the window's thread is busy per frame."""

from __future__ import annotations

import io
import os
import threading
import time
from dataclasses import dataclass, field

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PIL import Image
from PySide6.QtCore import QCoreApplication, QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from backend.api import PREVIEW_LONG_SIDE, Rgb
from backend.domain.priorities import give_way
from backend.feed.memory import keep_freed_memory
from hydra_gui.bridge import Bridge
from hydra_gui.fluency import favour_window, settle
from hydra_gui.live.grid_model import GridModel
from hydra_gui.live.tile_book import TileBook
from hydra_gui.live.tile_images import TileImages
from tests.benchmarks.result import Goal, Result
from tests.fakes.engine import FakeEngine
from tests.fakes.tiles import make_hall
from ui.grid.view import TileGridView
from ui.theme.apply import ThemeMode, ThemeSwitch

TILES = 5_000
SECONDS = 8.0
FRAME_MS = 1000 / 60
STEP = 97
"""Pixels scrolled per frame: a line of tiles every two or three frames, 5,800 pixels a second."""

EVENTS_PER_S = 60
_WINDOW = (1280, 1000)


@dataclass(slots=True)
class Frames:
    """Milliseconds per frame: `busy` all that the window's thread did, `paint` the painting alone.

    `cpu` is the processor time of it: far less than `busy` where other programs crowd the machine.
    """

    busy: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    paint: list[float] = field(default_factory=list)
    painted: int = 0


class EngineWork:
    """A thread that works as the engine does beside the window: decodes PNG plots, scales them, multiplies matrices."""

    def __init__(self) -> None:
        self.images = 0
        self._data = _plot_file()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="engine-work")
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        give_way()
        weights = np.random.default_rng(0).normal(size=(1024, 256)).astype(np.float32)
        while not self._stop.is_set():
            image = Image.open(io.BytesIO(self._data)).convert("RGB")
            small = np.asarray(image.resize((299, 299), Image.Resampling.BILINEAR), np.float32)
            for _ in range(4):
                weights @ (weights.T @ weights[:, :64])
            self.images += int(small.shape[0] > 0)


def _plot_file() -> bytes:
    data = io.BytesIO()
    Image.fromarray(_preview(1)).resize((800, 600)).save(data, "PNG")
    return data.getvalue()


def _preview(plot_id: int) -> Rgb:
    """A plot like a cathode map; RGB of 4:3."""
    width, height = PREVIEW_LONG_SIDE, PREVIEW_LONG_SIDE * 3 // 4
    image = np.full((height, width, 3), 255, np.uint8)
    cells = np.random.default_rng(plot_id % 64).integers(0, 256, (30, 44, 3), np.uint8)
    plot = Image.fromarray(cells).resize((width * 6 // 7, height * 6 // 7), Image.Resampling.NEAREST)
    image[height // 12 : height // 12 + plot.height, width // 14 : width // 14 + plot.width] = np.asarray(plot)
    return image


def run() -> Result:
    """`ours` is the 99th percentile of the busy time per frame in ms."""
    favour_window()
    keep_freed_memory()  # as the engine does, in the same process
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    ThemeSwitch(app, ThemeMode.LIGHT)
    previews = {number: _preview(number) for number in range(64)}
    hall = make_hall(TILES)
    engine = FakeEngine(hall, lambda plot_id: previews[plot_id % 64])
    images = TileImages(engine)
    work = EngineWork()
    try:
        frames = _scroll(engine, images)
    finally:
        work.stop()
        images.close()
        engine.close()
    return _report(frames, work.images)


def _scroll(engine: FakeEngine, images: TileImages) -> Frames:
    book = TileBook()
    model = GridModel(book, images)
    model.set_heat(0.6)
    model.apply(book.update(engine.tiles.values()))
    view = TileGridView()
    view.body_spec_changed.connect(model.set_body_spec)
    view.setModel(model)
    view.resize(*_WINDOW)
    view.show()
    bridge = Bridge(engine)
    bridge.tiles_changed.connect(lambda tiles: model.apply(book.update(tiles)))
    bridge.open()
    frames = Frames()
    view.tile_painted = lambda _plot_id: _count(frames)
    try:
        _wait(500)
        settle()
        _frame_by_frame(view, engine, frames)
    finally:
        bridge.close()
        view.close()
    return frames


def _count(frames: Frames) -> None:
    frames.painted += 1


def _frame_by_frame(view: TileGridView, engine: FakeEngine, frames: Frames) -> None:
    bar = view.verticalScrollBar()
    tiles = list(engine.tiles.values())
    direction, end, number = 1, time.perf_counter() + SECONDS, 0
    while (begin := time.perf_counter()) < end:
        number += 1
        cpu = time.thread_time()
        if bar.value() in (bar.minimum(), bar.maximum()):
            direction = 1 if bar.value() == bar.minimum() else -1
        engine.judge(tiles[number % len(tiles)])
        view.viewport().setUpdatesEnabled(False)  # one painting per frame: the whole of it, below
        bar.setValue(bar.value() + direction * STEP)
        QCoreApplication.processEvents()
        view.viewport().setUpdatesEnabled(True)
        before = time.perf_counter()
        view.viewport().repaint()
        now = time.perf_counter()
        frames.paint.append((now - before) * 1000)
        frames.busy.append((now - begin) * 1000)
        frames.cpu.append((time.thread_time() - cpu) * 1000)
        _wait(max(0, int(FRAME_MS - frames.busy[-1])))


def _wait(milliseconds: int) -> None:
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def _report(frames: Frames, decoded: int) -> Result:
    details = {
        "tiles": TILES,
        "frames": len(frames.busy),
        "frame_p50": _percentile(frames.busy, 50),
        "frame_max": _percentile(frames.busy, 100),
        "frame_cpu_p99": _percentile(frames.cpu, 99),
        "paint_p50": _percentile(frames.paint, 50),
        "paint_p99": _percentile(frames.paint, 99),
        "plots_painted_with_heat_map": frames.painted,
        "plots_decoded_meanwhile": decoded,
    }
    ours = _percentile(frames.busy, 99)
    return Result("grid", ours, FRAME_MS, "a 60 Hz frame", "ms", Goal(at_most=round(FRAME_MS, 1)), details=details)


def _percentile(values: list[float], share: float) -> float:
    return round(float(np.percentile(values, share)), 2)
