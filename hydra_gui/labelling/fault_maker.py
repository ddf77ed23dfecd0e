"""Making synthetic faults: a live preview while a person marks them, then variants on this and other good plots."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QImage

from backend.api import LabellingApi, Rgb
from backend.domain.errors import HydraError
from backend.domain.labelling import LabelScope, PlotOrder, PlotQuery, PlotToLabel
from backend.domain.plots import Plot
from backend.domain.synthetic import FaultOrder, FaultRecipe
from backend.insight_api import InsightApi
from hydra_gui.labelling.browser import Browser
from hydra_gui.labelling.explorer_view import FaultsView
from hydra_gui.labelling.plot_list import PlotList, where_words
from hydra_gui.labelling.tally import Tally
from hydra_gui.tasks import Tasks
from ui.labelling.fault_dialog import FaultWish
from ui.wording import number


class FaultMaker(QObject):
    """On the Qt loop. `made` tells that there is more to train on."""

    made = Signal()
    noticed = Signal(str)

    def __init__(
        self,
        api: LabellingApi,
        insight: InsightApi,
        view: FaultsView,
        plots: PlotList,
        tally: Tally,
        browser: Browser,
        tasks: Tasks,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._api, self._insight, self._view = api, insight, view
        self._plots, self._tally, self._browser, self._tasks = plots, tally, browser, tasks
        self._item: PlotToLabel | None = None
        view.faults_requested.connect(self._begin)
        view.recipe_changed.connect(self._preview)
        view.faults_confirmed.connect(self._make)

    @Slot(int)
    def _begin(self, row: int) -> None:
        item = self._plots.item(row)
        if item is None or self._browser.labeller.refusal or self._browser.second_for:
            self.noticed.emit(self._browser.labeller.refusal or "Point at a plot first; not while labelling blind.")
            return
        self._item = item
        classes = [one.name for one in self._tally.classes]
        self._view.ask_for_faults(f"From {self._browser.plot_type}, run {where_words(item.plot)}", classes)

    @Slot(object)
    def _preview(self, recipe: FaultRecipe) -> None:
        if self._item is not None:
            self._tasks.start("fault preview", self._show(self._item.plot, recipe))

    async def _show(self, plot: Plot, recipe: FaultRecipe) -> None:
        self._view.show_fault(as_image(await self._insight.preview_fault(plot, recipe)))

    @Slot(object)
    def _make(self, wish: FaultWish) -> None:
        if self._item is not None:
            self._view.say_of_faults("Making the variants …", busy=True)
            self._tasks.start("faults", self._order(self._item, wish))

    async def _order(self, item: PlotToLabel, wish: FaultWish) -> None:
        try:
            parents = (item.plot.plot_id, *await self._others(item, wish.others))
            seed = int(time.time())
            who = self._browser.labeller.who
            order = FaultOrder(self._browser.plot_type, wish.recipe, parents, wish.count, wish.label, who, seed)
            many = len(await self._insight.make_faults(order))
        except HydraError as error:
            self._view.say_of_faults(str(error))
            return
        words = f"{number(many)} variants are labelled {wish.label} and marked synthetic."
        self._view.say_of_faults(f"{words} They are part of the next training.")
        self.made.emit()

    async def _others(self, item: PlotToLabel, wanted: int) -> Sequence[int]:
        """More plots with the label of this one, by lot; none where it has no label."""
        if not wanted or item.label is None:
            return ()
        label = item.label.classification
        query = PlotQuery(self._browser.plot_type, PlotOrder.LOT, LabelScope.LABELLED, label)
        found = [one for one in (await self._api.listing(query)).plot_ids if one != item.plot.plot_id]
        return random.sample(found, min(wanted, len(found)))


def as_image(rgb: Rgb) -> QImage:
    """An image of its own from uint8 (h, w, 3)."""
    whole = np.ascontiguousarray(rgb)
    height, width, _ = whole.shape
    return QImage(whole.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
