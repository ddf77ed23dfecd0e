"""Saves a plot to a place that a person chooses. The plot is the one shown at the click, whatever arrives meanwhile."""

from __future__ import annotations

import asyncio
from concurrent.futures import Executor
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from backend.api import EngineApi
from backend.domain.hall import Tile
from backend.domain.plots import Plot
from hydra_gui.live.saving import file_name, picture_with_heat, suffix_of, write
from hydra_gui.tasks import Tasks


class ImageSaver(QObject):
    """`prepare`, then `ready` asks for a path, then `write_to`. Encodes and writes in `worker`."""

    ready = Signal(str)
    """The image is at hand; the value is a file name to suggest."""

    saved = Signal(str)
    """A sentence that says where."""

    def __init__(self, engine: EngineApi, tasks: Tasks, worker: Executor, parent: QObject) -> None:
        super().__init__(parent)
        self._engine, self._tasks, self._worker = engine, tasks, worker
        self._data: bytes | None = None

    def prepare(self, tile: Tile, opacity: float) -> None:
        """Fetch the file as it came where `opacity` is 0, else draw a picture with the heat map at that opacity."""
        if tile.plot is not None:
            self._tasks.start("save", self._fetch(tile, tile.plot, opacity))

    async def _fetch(self, tile: Tile, plot: Plot, opacity: float) -> None:
        if opacity:
            rgb = await self._engine.image(plot)
            loop = asyncio.get_running_loop()
            data = await loop.run_in_executor(self._worker, picture_with_heat, rgb, tile.heat_map, opacity)
        else:
            data = await self._engine.original(plot)
        self._data = data
        self.ready.emit(file_name(plot, suffix_of(data), with_heat=opacity > 0))

    @Slot(str)
    def write_to(self, path: str) -> None:
        """Write what was prepared; "" gives it up."""
        data, self._data = self._data, None
        if path and data is not None:
            self._tasks.start("write", self._write(Path(path), data))

    async def _write(self, path: Path, data: bytes) -> None:
        await asyncio.get_running_loop().run_in_executor(self._worker, write, path, data)
        self.saved.emit(f"Saved {path}")
