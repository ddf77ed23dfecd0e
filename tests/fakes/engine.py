"""An engine for windows under test: tiles in memory, events from a thread of its own, no store and no models."""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from backend.api import Listener, Rgb
from backend.domain.classifications import DEFAULT_CLASSIFICATIONS
from backend.domain.hall import (
    ClassScore,
    ExactMap,
    HallStatus,
    HallView,
    HistoryPoint,
    MapOffer,
    MapRequest,
    PlotDetail,
    Tile,
)
from backend.domain.plots import Plot
from backend.domain.predictions import HeatMap
from backend.domain.quarantine import QuarantinedFile
from backend.events import Event, FileQuarantined, PlotArrived, PlotJudged, StatusChanged


class FakeEngine:
    """`EngineApi` over tiles in memory. `close` ends its thread; previews are drawn by `draw(plot_id)`.

    With `cached` False nothing is served by `preview` and all by `load_preview`, as for old plots.
    """

    def __init__(self, tiles: Iterable[Tile] = (), draw: Callable[[int], Rgb] | None = None) -> None:
        self.tiles = {tile.plot_type.name: tile for tile in tiles}
        self.status = HallStatus(experiment="Hall T")
        self.cached = True
        self.loaded: list[int] = []
        self.files: list[QuarantinedFile] = []
        self.watched: list[Path] = []
        self.view_error: Exception | None = None
        self.detail_error: Exception | None = None
        self.map_requests: list[MapRequest] = []
        self.map_error: Exception | None = None
        self.map_ready: asyncio.Event | None = None
        self._draw = draw or plain_preview
        self._listeners: list[Listener] = []
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="fake-engine")
        self._thread.start()

    def close(self) -> None:
        """End the engine's thread after all that was emitted before."""
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()

    # What a test makes happen.

    @property
    def listeners(self) -> int:
        """How many listen."""
        return len(self._listeners)

    def emit(self, *events: Event) -> None:
        """Tell the listeners, on the engine's thread."""
        self._jobs.put(lambda: self._tell(events))

    def on_thread(self, job: Callable[[Callable[[Event], None]], None]) -> None:
        """Run `job(tell)` on the engine's thread."""
        self._jobs.put(lambda: job(lambda event: self._tell((event,))))

    def drained(self) -> None:
        """Wait until all that was emitted has been told."""
        done = threading.Event()
        self._jobs.put(done.set)
        assert done.wait(10)

    def arrive(self, tile: Tile) -> None:
        """A plot is stored."""
        self.emit(PlotArrived(tile))

    def judge(self, *tiles: Tile) -> None:
        """Verdicts are committed."""
        self.tiles.update((tile.plot_type.name, tile) for tile in tiles)
        self.emit(*(PlotJudged(tile) for tile in tiles))

    def set_aside(self, file: QuarantinedFile) -> None:
        """A file is quarantined."""
        self.files.insert(0, file)
        self.status = replace(self.status, quarantined=len(self.files))
        self.emit(FileQuarantined(file), StatusChanged(self.status))

    def _tell(self, events: Iterable[Event]) -> None:
        for event in events:
            for listener in tuple(self._listeners):
                listener(event)

    # EngineApi.

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def view(self) -> HallView:
        if self.view_error is not None:
            raise self.view_error
        return HallView(self.status, tuple(self.tiles.values()), DEFAULT_CLASSIFICATIONS)

    async def detail(self, plot_type: str) -> PlotDetail:
        if self.detail_error is not None:
            raise self.detail_error
        tile = self.tiles[plot_type]
        verdict = tile.verdict
        scores = (ClassScore(verdict.classification, verdict.confidence, 0.5),) if verdict else ()
        offer = MapOffer(("mixed6", "mixed7", "features")) if verdict else None
        return PlotDetail(tile, scores, _history(tile), "model of the test", offer)

    def preview(self, plot_id: int) -> Rgb | None:
        return self._draw(plot_id) if self.cached else None

    def load_preview(self, plot: Plot) -> Rgb:
        self.loaded.append(plot.plot_id)
        return self._draw(plot.plot_id)

    async def image(self, plot: Plot) -> Rgb:
        return self._draw(plot.plot_id)

    async def original(self, plot: Plot) -> bytes:
        data = io.BytesIO()
        Image.fromarray(self._draw(plot.plot_id)).save(data, "PNG")
        return data.getvalue()

    async def exact_heat_map(self, request: MapRequest) -> ExactMap:
        self.map_requests.append(request)
        if self.map_ready is not None:
            await self.map_ready.wait()
        if self.map_error is not None:
            raise self.map_error
        return ExactMap(request, HeatMap(np.full((17, 17), 200, np.uint8)), request.layer or "features", 3.1)

    async def quarantined(self) -> tuple[QuarantinedFile, ...]:
        return tuple(self.files)

    async def watch(self, directory: Path) -> None:
        self.watched.append(directory)


def plain_preview(plot_id: int) -> NDArray[np.uint8]:
    """A white plot of 4:3 with a frame; its inner colour follows from the number."""
    image = np.full((120, 160, 3), 255, np.uint8)
    image[20:100, 30:130] = ((plot_id * 37) % 256, (plot_id * 71) % 256, (plot_id * 113) % 256)
    return image


def _history(tile: Tile) -> tuple[HistoryPoint, ...]:
    plot, verdict = tile.plot, tile.verdict
    if plot is None or verdict is None:
        return ()
    return (
        HistoryPoint(
            plot.plot_id, plot.identity.run, plot.taken_at, verdict.classification, verdict.confidence,
            verdict.confirmed, verdict.severity,
        ),
    )  # fmt: skip


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)
