"""What belongs to a plot type beside its labels: agreement, which images are kept, and new classes."""

from __future__ import annotations

import asyncio

from PySide6.QtCore import QObject, Signal, Slot

from backend.api import LabellingApi
from backend.insight_api import InsightApi
from hydra_gui.labelling.browser import Browser
from hydra_gui.labelling.explorer_view import ExplorerView
from hydra_gui.labelling.hand import Hand
from hydra_gui.labelling.tally import Tally
from hydra_gui.tasks import Tasks
from ui.labelling.class_dialog import NewClass


class Housekeeping(QObject):
    """On the Qt loop."""

    noticed = Signal(str)
    class_made = Signal(str, bool)
    """A class of the plot type that is open; whether what is ringed is an example of it."""

    def __init__(
        self,
        api: LabellingApi,
        insight: InsightApi,
        view: ExplorerView,
        tally: Tally,
        hand: Hand,
        browser: Browser,
        tasks: Tasks,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._api, self._insight, self._view = api, insight, view
        self._tally, self._hand, self._browser, self._tasks = tally, hand, browser, tasks
        view.collecting_requested.connect(self._ask_collecting)
        view.percent_chosen.connect(self._set_percent)
        view.class_requested.connect(self._ask_class)
        view.class_confirmed.connect(self._define)
        browser.listed.connect(self._listed)

    @Slot(object, object)
    def _listed(self, _palette: object, _history: object) -> None:
        self._tasks.start("agreement", self._show_agreement(self._browser.plot_type))

    async def _show_agreement(self, plot_type: str) -> None:
        agreement, collected = await asyncio.gather(
            self._insight.agreement(plot_type), self._insight.collected(plot_type)
        )
        if plot_type == self._browser.plot_type:
            self._view.show_agreement(agreement)
            self._view.show_collected(collected)

    # A new class.

    @Slot()
    def _ask_class(self) -> None:
        if self._hand.may_label:
            self._view.ask_for_class(list(self._tally.known))

    @Slot(object)
    def _define(self, made: NewClass) -> None:
        self._tasks.start("new class", self._save_class(made, self._browser.plot_type))

    async def _save_class(self, made: NewClass, plot_type: str) -> None:
        await self._insight.define_class(made.known, plot_type)
        palette = await self._api.palette(plot_type)
        if plot_type == self._browser.plot_type:
            self._tally.begin(palette)
            self.class_made.emit(made.known.name, made.example)

    # What is kept.

    @Slot()
    def _ask_collecting(self) -> None:
        self._tasks.start("collecting", self._show_collecting(self._browser.plot_type))

    async def _show_collecting(self, plot_type: str) -> None:
        if plot_type:
            self._view.ask_collecting(await self._insight.collected(plot_type), self._browser.labeller.refusal)

    @Slot(float)
    def _set_percent(self, percent: float) -> None:
        self._tasks.start("percent", self._save_percent(self._browser.plot_type, percent))

    async def _save_percent(self, plot_type: str, percent: float) -> None:
        self._view.show_collected(await self._insight.set_percent(plot_type, percent, self._browser.labeller.who))
        self.noticed.emit(f"From now on {percent:g} % of the harmless plots of {plot_type} keep their image.")
