"""The presenter of the map: made off the window's thread, given up when nobody waits; the plot under the pointer."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot

from backend.api import EngineApi, LabellingApi
from backend.domain.errors import HydraError
from backend.insight_api import InsightApi
from hydra_gui.labelling.browser import Browser
from hydra_gui.labelling.explorer_view import ExplorerView
from hydra_gui.labelling.large_images import LargeImages
from hydra_gui.labelling.plot_list import PlotList
from hydra_gui.labelling.tally import Tally
from hydra_gui.tasks import Tasks
from ui.labelling.values import Page

_LOADING = "Reading the image …"


class MapPresenter(QObject):
    """On the Qt loop; `close` ends its thread."""

    _told = Signal(float)

    def __init__(
        self,
        engine: EngineApi,
        api: LabellingApi,
        insight: InsightApi,
        view: ExplorerView,
        plots: PlotList,
        tally: Tally,
        browser: Browser,
        tasks: Tasks,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._api, self._insight, self._view = api, insight, view
        self._plots, self._tally, self._browser, self._tasks = plots, tally, browser, tasks
        self._images = LargeImages(engine, "map", tasks)
        self._pointed = -1
        view.map_requested.connect(self.toggle_map)
        view.map_page.pointed_at.connect(self._preview)
        view.map_page.cancelled.connect(self._cancel_map)
        view.map_page.retry_requested.connect(self._open_map)
        view.map_page.preview_spec_changed.connect(self._images.set_spec)
        self._images.ready.connect(self._image_ready)
        self._told.connect(view.map_page.show_progress)

    def close(self) -> None:
        """End the thread that composes."""
        self._images.close()

    @Slot()
    def toggle_map(self) -> None:
        """Open the map, or go back to the plots."""
        if self._browser.page is Page.MAP:
            self._tasks.cancel("map")
            self._browser.show_page(Page.GRID if self._plots.ids else Page.NOTHING_LEFT, "No plot is listed")
        elif self._browser.plot_type:
            self._open_map()

    @Slot()
    def _open_map(self) -> None:
        self._browser.show_page(Page.MAP)
        self._view.map_page.show_progress(0.0)
        self._tasks.start("map", self._load_map(self._browser.plot_type))

    async def _load_map(self, plot_type: str) -> None:
        try:
            found = await self._insight.embedding_map(plot_type, self._told.emit)
        except HydraError as error:
            self._view.map_page.say("The map cannot be made", str(error))
            return
        if plot_type == self._browser.plot_type and self._browser.page is Page.MAP:
            self._view.map_page.show_map(found, self._tally.known)

    @Slot()
    def _cancel_map(self) -> None:
        self._tasks.cancel("map")
        if self._browser.page is Page.MAP:
            self.toggle_map()

    @Slot(int)
    def _preview(self, plot_id: int) -> None:
        self._pointed = plot_id
        if plot_id >= 0:
            self._tasks.start("map preview", self._load_preview(plot_id))
        else:
            self._images.want(())

    async def _load_preview(self, plot_id: int) -> None:
        items = await self._api.items([plot_id], self._browser.second_for)
        self._images.want([item.plot for item in items])
        self._image_ready(plot_id)

    @Slot(int)
    def _image_ready(self, plot_id: int) -> None:
        if plot_id == self._pointed:
            image, problem = self._images.image(plot_id), self._images.problem(plot_id)
            self._view.map_page.show_preview(plot_id, image, problem or _LOADING)
