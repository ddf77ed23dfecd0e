"""Labelling many alike at once: similar plots, the map, all of a list in one gesture, labels looked at again."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, Signal, Slot

from backend.api import EngineApi, LabellingApi
from backend.domain.errors import HydraError
from backend.domain.labelling import Labeller, LabelScope, PlotOrder, PlotToLabel
from backend.insight_api import InsightApi
from hydra_gui.labelling.browser import Browser
from hydra_gui.labelling.explorer_view import ExplorerView
from hydra_gui.labelling.hand import Hand
from hydra_gui.labelling.large_images import LargeImages
from hydra_gui.labelling.plot_list import PAGE, PlotList, where_words
from hydra_gui.labelling.tally import Tally
from hydra_gui.tasks import Tasks
from ui.labelling.class_dialog import NewClass
from ui.labelling.label_all import Share
from ui.labelling.values import Narrowing, Page, Which
from ui.wording import number

MOST_AT_ONCE = 5000
"""Plots that are labelled in one gesture: what a person can have looked over."""

_LOADING = "Reading the image …"


class Explorer(QObject):
    """On the Qt loop; `close` ends its thread."""

    noticed = Signal(str)
    class_made = Signal(str, bool)
    """A class of the plot type that is open; whether what is ringed is an example of it."""
    _told = Signal(float)

    def __init__(
        self,
        engine: EngineApi,
        api: LabellingApi,
        insight: InsightApi,
        view: ExplorerView,
        plots: PlotList,
        tally: Tally,
        hand: Hand,
        browser: Browser,
        tasks: Tasks,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._api, self._insight, self._view = api, insight, view
        self._plots, self._tally, self._hand, self._browser, self._tasks = plots, tally, hand, browser, tasks
        self._before: Narrowing | None = None
        self._images = LargeImages(engine, "map", tasks)
        self._items: dict[int, PlotToLabel] = {}
        self._pointed = -1
        view.similar_requested.connect(self.find_similar)
        view.map_requested.connect(self.toggle_map)
        view.all_requested.connect(self.ask_for_all)
        view.all_confirmed.connect(self._label_all)
        view.left.connect(self.leave)
        view.map_page.picked.connect(self._list_picked)
        view.map_page.pointed_at.connect(self._preview)
        view.map_page.cancelled.connect(self._cancel_map)
        view.map_page.retry_requested.connect(self._open_map)
        view.map_page.preview_spec_changed.connect(self._images.set_spec)
        view.collecting_requested.connect(self._ask_collecting)
        view.percent_chosen.connect(self._set_percent)
        view.class_requested.connect(self._ask_class)
        view.class_confirmed.connect(self._define)
        self._images.ready.connect(self._image_ready)
        self._told.connect(view.map_page.show_progress)
        browser.listed.connect(self._listed)

    def close(self) -> None:
        """End the thread that composes."""
        self._images.close()

    # Alike.

    @Slot(int)
    def find_similar(self, row: int) -> None:
        """List what looks like the plot of a row."""
        item = self._plots.item(row)
        if item is None:
            self.noticed.emit("Choose a plot first: point at it, or move the ring to it with the arrows.")
            return
        wish = self._browser.narrowing
        self._remember(wish)
        scope = Which(LabelScope.SECOND) if wish.which.scope is LabelScope.SECOND else Which(LabelScope.ALL)
        made = Narrowing(PlotOrder.SIMILAR, scope, like=item.plot.plot_id, like_words=where_words(item.plot))
        self._browser.go_to(replace(made, picked=wish.picked))

    def _remember(self, wish: Narrowing) -> None:
        if wish.order not in (PlotOrder.SIMILAR, PlotOrder.PICKED):
            self._before = wish

    @Slot()
    def leave(self) -> None:
        """Back to what was listed before."""
        before, self._before = self._before, None
        wish = self._browser.narrowing
        if wish.order in (PlotOrder.SIMILAR, PlotOrder.PICKED):
            back = before or Narrowing()
            self._browser.go_to(replace(back, like=wish.like, like_words=wish.like_words, picked=wish.picked))

    @Slot(object, object)
    def _listed(self, _palette: object, _history: object) -> None:
        wish, many = self._browser.narrowing, number(len(self._plots.ids))
        together = wish.order in (PlotOrder.SIMILAR, PlotOrder.PICKED)
        looks_again = wish.order in (PlotOrder.ERRORS, PlotOrder.MISJUDGED) or wish.which.scope is LabelScope.CONTESTED
        words = {
            PlotOrder.SIMILAR: f"{many} plots like {wish.like_words}",
            PlotOrder.PICKED: f"{many} plots picked on the map",
            PlotOrder.ERRORS: "Look at each label again: keep it, or take the suggestion below the image",
            PlotOrder.MISJUDGED: "Look at each label again: keep it, or confirm what the model says",
        }.get(wish.order, "Look again and decide between the two labels" if looks_again else "")
        may = together and self._hand.may_label and not self._hand.second
        self._view.show_together(words, together=together, may_label=may, keeps=looks_again and self._hand.may_label)
        self._tasks.start("agreement", self._show_agreement(self._browser.plot_type))

    async def _show_agreement(self, plot_type: str) -> None:
        agreement, collected = await asyncio.gather(
            self._insight.agreement(plot_type), self._insight.collected(plot_type)
        )
        if plot_type == self._browser.plot_type:
            self._view.show_agreement(agreement)
            self._view.show_collected(collected)

    # All at once.

    @Slot()
    def ask_for_all(self) -> None:
        """Show what the listed plots are, and ask what they become."""
        if not self._hand.may_label or self._hand.second or not self._plots.ids:
            return
        if len(self._plots.ids) > MOST_AT_ONCE:
            most = number(MOST_AT_ONCE)
            self.noticed.emit(f"At most {most} plots are labelled at once: narrow the list, or draw around fewer.")
            return
        self._tasks.start("label all", self._ask(self._plots.ids))

    async def _ask(self, plot_ids: Sequence[int]) -> None:
        self._items = {}
        for start in range(0, len(plot_ids), 2 * PAGE):
            found = await self._api.items(plot_ids[start : start + 2 * PAGE])
            self._items.update({item.plot.plot_id: item for item in found})
        if tuple(plot_ids) == self._plots.ids:
            classes = [one.name for one in self._tally.classes]
            self._view.ask_for_all(shares_of(self._items.values(), self._browser.labeller), classes, self._proposed())

    def _proposed(self) -> str:
        """The brush; else what the plot is labelled that the others are like; else what most are labelled."""
        like = self._items.get(self._browser.narrowing.like)
        if self._hand.brush:
            return self._hand.brush
        if like is not None and like.label is not None:
            return like.label.classification
        counted = Counter(item.label.classification for item in self._items.values() if item.label)
        return counted.most_common(1)[0][0] if counted else ""

    @Slot(str, bool)
    def _label_all(self, label: str, only_without: bool) -> None:
        chosen = [plot_id for plot_id, item in self._items.items() if _changes(item, label, only_without)]
        many = self._hand.label_plots([(plot_id, label) for plot_id in chosen])
        self.noticed.emit(f"{number(many)} plots labelled in one step; Ctrl+Z takes it back.")

    # The map.

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

    @Slot(object)
    def _list_picked(self, plot_ids: tuple[int, ...]) -> None:
        wish = self._browser.narrowing
        self._remember(wish)
        made = Narrowing(PlotOrder.PICKED, Which(LabelScope.ALL), picked=plot_ids)
        self._browser.go_to(replace(made, like=wish.like, like_words=wish.like_words))

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


def shares_of(items: Iterable[PlotToLabel], labeller: Labeller) -> list[Share]:
    """How many of these plots have which label; the unlabelled first, then most first."""
    counted: Counter[str] = Counter()
    others: Counter[str] = Counter()
    for item in items:
        name = item.label.classification if item.label else ""
        counted[name] += 1
        others[name] += item.label is not None and item.label.who != labeller.who
    return [
        Share(name, count, others[name])
        for name, count in sorted(counted.items(), key=lambda one: (one[0] != "", -one[1], one[0]))
    ]


def _changes(item: PlotToLabel, label: str, only_without: bool) -> bool:
    if item.label is None:
        return True
    return not only_without and item.label.classification != label
