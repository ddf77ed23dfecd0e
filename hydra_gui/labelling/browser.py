"""What is listed: plot types, one of them narrowed and ordered, its plots read by the screenful."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from backend.api import LabellingApi
from backend.domain.errors import HydraError
from backend.domain.hall import HallStatus
from backend.domain.health import Condition
from backend.domain.labelling import (
    Labeller,
    LabelScope,
    Palette,
    PlotListing,
    PlotOrder,
    PlotQuery,
    PlotTypeToLabel,
    Step,
)
from backend.services.run_ranges import run_spans
from hydra_gui.labelling.plot_list import PAGE, PlotList
from hydra_gui.labelling.views import LabellingView
from hydra_gui.tasks import Tasks
from ui.labelling.values import Choice, Narrowing, Page, Which
from ui.labelling.wording import ORDERS, order_sentence
from ui.wording import number


class Browser(QObject):
    """Fills the list. `page` is what stands in the middle of the screen now, `plot_type` "" before the first."""

    problem_occurred = Signal(str)

    labeller_known = Signal(object)
    """`Labeller`, once."""

    plot_type_left = Signal()
    """Another plot type is about to be read."""

    listed = Signal(object, object)
    """`Palette`, and list of `Step`: the plots of `plot_type` are listed anew."""

    page_filled = Signal()
    """More rows of the list are known."""

    def __init__(
        self, api: LabellingApi, plots: PlotList, view: LabellingView, tasks: Tasks, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._api, self._plots, self._view, self._tasks = api, plots, view, tasks
        self.plot_type = ""
        self.labeller = Labeller("")
        self.narrowing = Narrowing()
        self.page = Page.LOADING
        self.remark = ""
        self._away = False
        view.opened.connect(self.refresh_plot_types)
        view.plot_type_chosen.connect(self.open_plot_type)
        view.narrowed.connect(self._narrow)
        view.refresh_requested.connect(self.refresh)
        plots.page_wanted.connect(self._read_page)
        self.show_page(Page.LOADING, "Reading the plot types …")

    def show_page(self, page: Page, title: str = "", text: str = "") -> None:
        """Show the grid, one plot, or a note in their place."""
        self.page = page
        self._view.show_page(page, title, text)

    @property
    def shows_plots(self) -> bool:
        """Whether there is something to label on the screen."""
        return self.page in (Page.GRID, Page.SINGLE)

    def follow_status(self, status: HallStatus) -> bool:
        """Tell while the database is away, read again once it is back; True where it just came back."""
        away = status.health.database.condition is Condition.FAILED
        if away and not self._away and self.page is Page.LOADING:
            self.show_page(Page.AWAY, "The database does not answer", _AWAY)
        back, self._away = self._away and not away, away
        if back and self.page in (Page.AWAY, Page.FAILED):
            self.refresh()
        return back

    # Plot types.

    @Slot()
    def refresh_plot_types(self) -> None:
        """Read plot types and their counts; open the one with most to do where none is open."""
        self._tasks.start("plot types", self._guarded(self._load_plot_types))

    @Slot()
    def refresh(self) -> None:
        """List the plots anew."""
        if self.plot_type:
            self.open_plot_type(self.plot_type)
        self.refresh_plot_types()

    async def _guarded(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """What cannot be read is told in place of the plots; above them, where there are some."""
        try:
            await work()
        except HydraError as error:
            if self.shows_plots:
                self.problem_occurred.emit(str(error))
            else:
                self.show_page(Page.FAILED, "The plots cannot be read", str(error))

    async def _load_plot_types(self) -> None:
        if not self.labeller.who:
            self.labeller = await self._api.labeller()
            self.labeller_known.emit(self.labeller)
        found = await self._api.plot_types()
        self._view.offer_plot_types([_choice(one) for one in found])
        self._view.show_plot_type(self.plot_type)
        if self.plot_type:
            return
        if found:
            self.open_plot_type(max(found, key=lambda one: one.plots - one.labelled).info.name)
        else:
            self.show_page(Page.NO_PLOTS, "No plots yet", _NO_PLOTS)

    @Slot(str)
    def open_plot_type(self, name: str) -> None:
        """List the plots of a plot type; another one begins with those that have no label."""
        if name != self.plot_type:
            order = self.narrowing.order if self.narrowing.order in ORDERS else PlotOrder.NEWEST
            order = PlotOrder.NEWEST if order in (PlotOrder.ERRORS, PlotOrder.MISJUDGED) else order
            self.narrowing = Narrowing(order=order, which=Which(LabelScope.UNLABELLED))
            self.plot_type_left.emit()
        self.plot_type = name
        self._view.show_plot_type(name)
        self._offer_orders()
        self._tasks.start("listing", self._guarded(self._list))

    @Slot(object)
    def _narrow(self, narrowing: Narrowing) -> None:
        now = self.narrowing
        made = replace(narrowing, like=now.like, like_words=now.like_words, picked=now.picked)
        self.go_to(replace(made, which=_fitting(made)))

    def go_to(self, narrowing: Narrowing) -> None:
        """List what this says; the side pane follows."""
        self.narrowing = narrowing
        self._offer_orders()
        if self.plot_type:
            self._tasks.start("listing", self._guarded(self._list))

    def _offer_orders(self) -> None:
        """The usual orders, and what was made of a plot or of the map."""
        wish, made = self.narrowing, []
        if wish.like:
            made.append(Choice(PlotOrder.SIMILAR, f"Similar to {wish.like_words}"))
        if wish.picked:
            made.append(Choice(PlotOrder.PICKED, "Picked on the map", number(len(wish.picked))))
        self._view.offer_orders(made)
        self._view.show_narrowing(wish)

    @property
    def second_for(self) -> str:
        """Who labels as the second one here; "" where nobody does."""
        return self.labeller.who if self.narrowing.which.scope is LabelScope.SECOND else ""

    # Plots.

    def _query(self) -> PlotQuery:
        wish = self.narrowing
        scope = wish.which.scope
        if wish.labeller and scope is LabelScope.ALL:
            scope = LabelScope.LABELLED
        labeller = wish.labeller if scope is LabelScope.LABELLED else ""
        return PlotQuery(
            self.plot_type,
            wish.order,
            scope,
            wish.which.label,
            labeller,
            run_spans(wish.runs),
            wish.like,
            wish.picked,
            self.labeller.who,
        )

    async def _list(self) -> None:
        query, second_for = self._query(), self.second_for
        palette, history, listing = await asyncio.gather(
            self._api.palette(query.plot_type),
            self._api.steps(query.plot_type, self.labeller.who),
            self._api.listing(query),
        )
        self._show(listing, palette, history, await self._api.items(listing.plot_ids[:PAGE], second_for))

    def _show(self, listing: PlotListing, palette: Palette, history: Sequence[Step], first: Sequence[Any]) -> None:
        many = len(listing.plot_ids)
        query = listing.query
        self._plots.show_listing(listing.plot_ids, first, listing.suggestions)
        self._view.clear_targets()
        said = order_sentence(
            query.order, many, palette.plots, cut=listing.cut, scope=query.scope, remark=listing.remark
        )
        self._view.explain_order(said)
        self.remark = listing.remark
        self.listed.emit(palette, history)
        if many:
            self.show_page(Page.GRID)
        elif listing.query.scope is LabelScope.UNLABELLED and not listing.query.runs:
            self.show_page(Page.NOTHING_LEFT, f"Every plot of {self.plot_type} has a label", _NOTHING_LEFT)
        else:
            self.show_page(Page.NOTHING_LEFT, *_nothing_words(query, listing.remark))

    @Slot(int)
    def _read_page(self, first: int) -> None:
        self._tasks.start(f"page {first}", self._load_page(first, self._plots.page_ids(first)))

    async def _load_page(self, first: int, plot_ids: Sequence[int]) -> None:
        try:
            items = await self._api.items(plot_ids, self.second_for)
        except HydraError:
            self._plots.page_failed(first)
            raise
        if self._plots.page_ids(first) == tuple(plot_ids):
            self._plots.fill(first, items)
            self.page_filled.emit()


def _fitting(narrowing: Narrowing) -> Which:
    """Orders that are about labels list labelled plots."""
    scope = narrowing.which.scope
    about_labels = narrowing.order in (PlotOrder.ERRORS, PlotOrder.MISJUDGED)
    if about_labels and scope not in (LabelScope.LABELLED, LabelScope.CONTESTED):
        return Which(LabelScope.LABELLED)
    return narrowing.which


def _nothing_words(query: PlotQuery, remark: str) -> tuple[str, str]:
    if query.scope is LabelScope.SECOND:
        return "Nothing to label a second time", _NO_SECOND
    if query.scope is LabelScope.CONTESTED:
        return "People agree", "No second label differs from the one that counts."
    if query.order is PlotOrder.ERRORS:
        return "No label is contradicted", remark or _NO_MATCH
    return "No plot matches", _NO_MATCH


def _choice(one: PlotTypeToLabel) -> Choice:
    left = one.plots - one.labelled
    note = f"{number(left)} of {number(one.plots)} to do" if left else f"{number(one.plots)}, all labelled"
    return Choice(one.info.name, one.info.name, note)


_AWAY = (
    "The plots appear here as soon as it answers. Labels that were given already are kept and saved then. "
    "Ask the administrator if it lasts."
)
_NO_PLOTS = "Watch a folder on the Live screen, or import labelled images with hydra-gui labels import."
_NOTHING_LEFT = "Under “Show next”, choose all plots to look through them again, or another plot type."
_NO_SECOND = (
    "Every labelled plot here is your own work, or you have given it a second label. Plots appear as others label them."
)
_NO_MATCH = "Nothing is lost: the choice under “Show next” leaves no plot over. Choose another one."
