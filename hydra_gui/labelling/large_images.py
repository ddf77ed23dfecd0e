"""Whole images, ready to be copied to the screen: what is looked at first, what comes next ahead of time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from backend.api import EngineApi, Rgb
from backend.domain.errors import HydraError
from backend.domain.plots import Plot
from hydra_gui.composing.byte_lru import ByteLru
from hydra_gui.tasks import Tasks
from ui.grid.composer import BodySpec, bare_body, with_heat

BUDGET = 128 * 2**20
_AT_ONCE = 2


class LargeImages(QObject):
    """On the Qt loop; images are read and composed elsewhere. `close` ends what is under way.

    Its thread gives way to nobody: on a busy machine the next image would come too late, and a person waits for it.
    """

    ready = Signal(int)
    """Number of a plot whose image, or the reason why there is none, can be asked for now."""

    def __init__(self, engine: EngineApi, name: str, tasks: Tasks, budget: int = BUDGET) -> None:
        super().__init__()
        self._engine, self._name, self._tasks = engine, name, tasks
        self._spec: BodySpec | None = None
        self._images: ByteLru[int] = ByteLru(budget)
        self._problems: dict[int, str] = {}
        self._wanted: list[Plot] = []
        self._loading: set[int] = set()
        self._composer = ThreadPoolExecutor(1, thread_name_prefix=f"large-{name}")

    def set_spec(self, spec: BodySpec) -> None:
        """Make images of this size from now on."""
        if spec != self._spec:
            self._spec = spec
            self._images = ByteLru(BUDGET)
            self._load_more()

    def image(self, plot_id: int) -> QImage | None:
        """The image, where it is there."""
        return self._images.get(plot_id)

    def problem(self, plot_id: int) -> str:
        """Why there is no image; "" where there is one or it is on its way."""
        return self._problems.get(plot_id, "")

    def want(self, plots: Sequence[Plot]) -> None:
        """Make these ready, the first one first; what was wanted before and is not begun is forgotten."""
        self._wanted = [plot for plot in plots if self._images.get(plot.plot_id) is None]
        for plot in plots[:1]:
            self._problems.pop(plot.plot_id, None)
        self._load_more()

    def close(self) -> None:
        """End the worker thread; tasks are their owner's."""
        self._wanted.clear()
        self._composer.shutdown(wait=True)

    def _load_more(self) -> None:
        while self._spec is not None and self._wanted and len(self._loading) < _AT_ONCE:
            plot = self._wanted.pop(0)
            if plot.plot_id not in self._loading and plot.plot_id not in self._problems:
                self._loading.add(plot.plot_id)
                self._tasks.start(f"{self._name} {plot.plot_id}", self._load(plot, self._spec))

    async def _load(self, plot: Plot, spec: BodySpec) -> None:
        try:
            rgb = await self._engine.image(plot)
            image = await asyncio.get_running_loop().run_in_executor(self._composer, _composed, rgb, spec)
            if spec == self._spec:
                self._images.put(plot.plot_id, image)
            else:
                self._wanted.insert(0, plot)
        except HydraError as error:
            self._problems[plot.plot_id] = str(error)
        finally:
            self._loading.discard(plot.plot_id)
        self.ready.emit(plot.plot_id)
        self._load_more()


def _composed(rgb: Rgb, spec: BodySpec) -> QImage:
    return with_heat(bare_body(rgb, spec), None, spec, 0.0)
