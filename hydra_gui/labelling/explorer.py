"""Labelling many alike at once: similar plots, what was picked on the map, all of a list in one gesture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, Signal, Slot

from backend.api import LabellingApi
from backend.domain.labelling import Labeller, LabelScope, PlotOrder, PlotToLabel
from hydra_gui.labelling.browser import Browser
from hydra_gui.labelling.explorer_view import ExplorerView
from hydra_gui.labelling.hand import Hand
from hydra_gui.labelling.plot_list import PAGE, PlotList, where_words
from hydra_gui.labelling.tally import Tally
from hydra_gui.tasks import Tasks
from ui.labelling.label_all import Share
from ui.labelling.values import Narrowing, Which
from ui.wording import number

MOST_AT_ONCE = 5000
"""Plots that are labelled in one gesture: what a person can have looked over."""


class Explorer(QObject):
    """On the Qt loop."""

    noticed = Signal(str)

    def __init__(
        self,
        api: LabellingApi,
        view: ExplorerView,
        plots: PlotList,
        tally: Tally,
        hand: Hand,
        browser: Browser,
        tasks: Tasks,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._api, self._view = api, view
        self._plots, self._tally, self._hand, self._browser, self._tasks = plots, tally, hand, browser, tasks
        self._before: Narrowing | None = None
        self._items: dict[int, PlotToLabel] = {}
        view.similar_requested.connect(self.find_similar)
        view.all_requested.connect(self.ask_for_all)
        view.all_confirmed.connect(self._label_all)
        view.left.connect(self.leave)
        view.map_page.picked.connect(self._list_picked)
        browser.listed.connect(self._listed)

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

    @Slot(object)
    def _list_picked(self, plot_ids: tuple[int, ...]) -> None:
        wish = self._browser.narrowing
        self._remember(wish)
        made = Narrowing(PlotOrder.PICKED, Which(LabelScope.ALL), picked=plot_ids)
        self._browser.go_to(replace(made, like=wish.like, like_words=wish.like_words))


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
