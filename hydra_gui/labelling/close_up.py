"""One plot large: the plot labelled one by one with what comes next made ready, and the preview over the grid."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from PySide6.QtCore import QObject, QTimer, Slot

from backend.api import EngineApi, LabellingApi
from backend.domain.labels import LabelChange
from backend.domain.plots import Plot
from hydra_gui.labelling.large_images import LargeImages
from hydra_gui.labelling.plot_list import PlotList
from hydra_gui.labelling.tally import Tally
from hydra_gui.labelling.views import LabellingView
from hydra_gui.tasks import Tasks
from ui.labelling.wording import UNLABELLED
from ui.wording import age_of, class_title

_AHEAD, _BEHIND = 12, 2
_HISTORY_MS = 250
"""The history is read when somebody stays with a plot, not for each that passes by."""

_LOADING = "Reading the image …"


class CloseUp(QObject):
    """Keeps single view and preview in step with the list. `row` is the plot shown one by one, -1 for none."""

    def __init__(
        self,
        engine: EngineApi,
        api: LabellingApi,
        plots: PlotList,
        tally: Tally,
        view: LabellingView,
        tasks: Tasks,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._api, self._plots, self._tally, self._view, self._tasks = api, plots, tally, view, tasks
        self._images, self._previews = LargeImages(engine, "single", tasks), LargeImages(engine, "preview", tasks)
        self.row = -1
        self.blind = False
        self.second = False
        self._previewed = -1
        self._history_soon = QTimer(self)
        self._history_soon.setInterval(_HISTORY_MS)
        self._history_soon.setSingleShot(True)
        self._history_soon.timeout.connect(self._fetch_history)
        view.single_spec_changed.connect(self._images.set_spec)
        view.preview_spec_changed.connect(self._previews.set_spec)
        view.preview_wanted.connect(self._preview)
        self._images.ready.connect(self._image_ready)
        self._previews.ready.connect(self._preview_ready)

    def close(self) -> None:
        """End the threads that compose."""
        self._history_soon.stop()
        self._images.close()
        self._previews.close()

    def show(self, row: int) -> None:
        """Show a row one by one."""
        self.row = row
        self.refresh()
        self._view.show_history("")
        self._show_image()
        self._look_ahead()
        self._history_soon.start()

    def leave(self) -> None:
        """No plot is shown one by one any more."""
        self.row = -1
        self._images.want(())

    def refresh(self) -> None:
        """Show label and guess of the plot anew."""
        if not 0 <= self.row < len(self._plots.ids):
            return
        tile = self._plots.tile(self.row)
        known = self._tally.known.get(tile.label) if tile and tile.label else None
        guess = self._tally.known.get(tile.guess) if tile and tile.guess and not self.blind else None
        self._view.show_single(
            tile, known, guess.symbol if guess else None, self.row, len(self._plots.ids), blind=self.blind
        )

    def item_read(self) -> None:
        """More rows of the list are known."""
        if self.row >= 0:
            self.refresh()
            self._show_image()
            self._look_ahead()

    def saved(self, plot_ids: Sequence[int]) -> None:
        """Labels of these plots were saved."""
        if 0 <= self.row < len(self._plots.ids) and self._plots.ids[self.row] in plot_ids:
            self.refresh()
            self._history_soon.start()

    # Images.

    def _show_image(self) -> None:
        plot = self._plot(self.row)
        if plot is None:
            self._view.show_single_image(-1, None, _LOADING)
            return
        image = self._images.image(plot.plot_id)
        problem = self._images.problem(plot.plot_id)
        self._view.show_single_image(plot.plot_id, image, problem or _LOADING)

    def _look_ahead(self) -> None:
        """What is shown first, then what a key brings next, then what was before."""
        rows = [*range(self.row, self.row + _AHEAD + 1), *range(self.row - 1, self.row - _BEHIND - 1, -1)]
        for row in rows:
            if 0 <= row < len(self._plots.ids):
                self._plots.tile(row)  # asks for the page
        self._images.want([plot for row in rows if (plot := self._plot(row)) is not None])

    def _plot(self, row: int) -> Plot | None:
        item = self._plots.item(row)
        return item.plot if item is not None else None

    @Slot(int)
    def _image_ready(self, plot_id: int) -> None:
        plot = self._plot(self.row)
        if plot is not None and plot.plot_id == plot_id:
            self._show_image()

    @Slot(int)
    def _preview(self, row: int) -> None:
        self._previewed = row
        plot = self._plot(row)
        if plot is None:
            self._previews.want(())
            return
        self._previews.want([plot])
        self._show_preview(row, plot.plot_id)

    def _show_preview(self, row: int, plot_id: int) -> None:
        image, problem = self._previews.image(plot_id), self._previews.problem(plot_id)
        self._view.show_preview(row, plot_id, image, problem or _LOADING)

    @Slot(int)
    def _preview_ready(self, plot_id: int) -> None:
        plot = self._plot(self._previewed)
        if plot is not None and plot.plot_id == plot_id:
            self._show_preview(self._previewed, plot_id)

    # History.

    @Slot()
    def _fetch_history(self) -> None:
        if self.second:
            self._view.show_history("A blind second label: what others said is not shown.")
        elif 0 <= self.row < len(self._plots.ids):
            self._tasks.start("history", self._show_history(self._plots.ids[self.row]))

    async def _show_history(self, plot_id: int) -> None:
        changes = await self._api.history(plot_id)
        if 0 <= self.row < len(self._plots.ids) and self._plots.ids[self.row] == plot_id:
            tile = self._plots.tile(self.row)
            said = history_words(changes, datetime.now(UTC))
            self._view.show_history(" · ".join(filter(None, (tile.note if tile else "", said))))


def history_words(changes: Sequence[LabelChange], now: datetime) -> str:
    """``Bad by expert (keyed), 2 min ago: "hot board" ← Good by shift, 3 d ago``: the newest first."""
    said = []
    for change in reversed(changes):
        label = class_title(change.after) if change.after else UNLABELLED
        comment = f": “{change.comment}”" if change.comment else ""
        said.append(f"{label} by {change.who} ({change.how}), {age_of(change.at, now)} ago{comment}")
    return " ← ".join(said)
