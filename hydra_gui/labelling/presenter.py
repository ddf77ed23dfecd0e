"""The presenter of the Labelling screen: what is listed, what a person does with it, and what comes of that."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from backend.api import EngineApi, LabellingApi
from backend.domain.hall import HallStatus
from backend.domain.labelling import Labeller, LabelScope, Palette, Step
from backend.domain.labels import Gesture, LabelHow, Recorded
from backend.insight_api import InsightApi
from hydra_gui.composing.bodies import Bodies
from hydra_gui.labelling.browser import Browser
from hydra_gui.labelling.close_up import CloseUp
from hydra_gui.labelling.explorer import Explorer
from hydra_gui.labelling.fault_maker import FaultMaker
from hydra_gui.labelling.hand import Hand
from hydra_gui.labelling.housekeeping import Housekeeping
from hydra_gui.labelling.map_presenter import MapPresenter
from hydra_gui.labelling.outbox import Outbox, Work
from hydra_gui.labelling.plot_list import PlotList
from hydra_gui.labelling.saver import Saver
from hydra_gui.labelling.tally import Tally
from hydra_gui.labelling.views import LabellingView
from hydra_gui.tasks import Tasks
from ui.labelling.values import Choice, Page, Waiting, Which
from ui.labelling.wording import which_words
from ui.wording import number

_COUNT_MS = 2000
"""Counts are asked for anew so long after a label was saved, and follow what is saved here meanwhile."""

_SHOW_MS = 60

_BUDGET = 96 * 2**20


class LabellingPresenter(QObject):
    """Drives the screen. `start` once the loop runs; `close` ends its threads and tasks, saving what can be saved."""

    problem_occurred = Signal(str)
    """A sentence for a person: what happened, what it means, what to do."""

    noticed = Signal(str)
    """Something worth a line in passing."""

    def __init__(
        self, engine: EngineApi, api: LabellingApi, insight: InsightApi, view: LabellingView, outbox: Outbox
    ) -> None:
        super().__init__()
        self._api, self._view = api, view
        self._tasks = Tasks(self.problem_occurred.emit)
        self._bodies = Bodies(engine, _BUDGET, parent=self)
        self.plots = PlotList(self._bodies, self)
        self.tally = Tally()
        self.saver = Saver(api, outbox, self)
        self.hand = Hand(self.plots, self.saver, self)
        self.close_up = CloseUp(engine, api, self.plots, self.tally, view, self._tasks, self)
        self.browser = Browser(api, self.plots, view, self._tasks, self)
        rest = (self.browser, self._tasks, self)
        self.explorer = Explorer(api, view.explore, self.plots, self.tally, self.hand, *rest)
        self.map = MapPresenter(engine, api, insight, view.explore, self.plots, self.tally, *rest)
        self.house = Housekeeping(api, insight, view.explore, self.tally, self.hand, *rest)
        self.faults = FaultMaker(api, insight, view.explore, self.plots, self.tally, *rest)
        self._warned = False
        self._count_soon = self._timer(_COUNT_MS, self._recount)
        self._show_soon = self._timer(_SHOW_MS, self._show_counts)
        view.set_model(self.plots)
        self._connect()

    def _timer(self, interval: int, slot: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setInterval(interval)
        timer.setSingleShot(True)
        timer.timeout.connect(slot)
        return timer

    def _counts_changed(self) -> None:
        """Show the counts soon: after the plots, which are what a person looks at."""
        if not self._show_soon.isActive():
            self._show_soon.start()

    def _connect(self) -> None:
        view = self._view
        view.brush_chosen.connect(self._choose_brush)
        view.class_keyed.connect(self._key)
        view.stroke_moved.connect(self.hand.stroke_on)
        view.stroke_ended.connect(self._end_stroke)
        view.range_painted.connect(self._paint_range)
        view.confirm_requested.connect(self._confirm)
        view.undo_requested.connect(self.hand.undo)
        view.redo_requested.connect(self.hand.redo)
        view.retry_requested.connect(self.saver.retry)
        view.discard_requested.connect(self.saver.discard)
        view.blind_toggled.connect(self._set_blind)
        view.single_toggled.connect(self._toggle_single)
        view.row_opened.connect(self._open_row)
        view.moved.connect(self._move)
        view.commented.connect(self._comment)
        view.grid_spec_changed.connect(self.plots.set_spec)
        self.browser.problem_occurred.connect(self.problem_occurred)
        self.browser.labeller_known.connect(self._meet)
        self.browser.plot_type_left.connect(self._drop_brush)
        self.browser.listed.connect(self._begin)
        self.browser.page_filled.connect(self.close_up.item_read)
        self.hand.steps_changed.connect(view.show_steps)
        self.explorer.noticed.connect(self.noticed)
        self.house.noticed.connect(self.noticed)
        self.house.class_made.connect(self._use_class)
        self.faults.noticed.connect(self.noticed)
        self.faults.made.connect(self._recount)
        view.explore.keep_requested.connect(self._keep)
        self.saver.saved.connect(self._saved)
        self.saver.failed.connect(self._failed)
        self.saver.discarded.connect(self._discarded)
        self.saver.waiting_changed.connect(self._show_waiting)

    # Life.

    @Slot()
    def start(self) -> None:
        """Begin to save what an earlier life left; the plots are read when the screen is opened."""
        self.saver.start()
        self._view.show_steps(0, 0)

    async def close(self) -> None:
        """End tasks, timers and threads; what the store does not take waits in the outbox."""
        self._count_soon.stop()
        self._show_soon.stop()
        self.hand.end_stroke()
        await self.saver.close()
        await self._tasks.close()
        self.close_up.close()
        self.map.close()
        self._bodies.close()

    @Slot(object)
    def follow_status(self, status: HallStatus) -> None:
        """Follow the health of the database."""
        if self.browser.follow_status(status):
            self.saver.retry()

    @Slot(object)
    def _meet(self, labeller: Labeller) -> None:
        self.hand.use(labeller)
        self._view.show_refusal(labeller.refusal)

    @Slot(object, object)
    def _begin(self, palette: Palette, history: Sequence[Step]) -> None:
        self.hand.open(palette.plot_type, history)
        self._set_second(second=bool(self.browser.second_for))
        self.close_up.leave()
        self._count(palette)

    # Labels.

    @Slot()
    def _drop_brush(self) -> None:
        self._choose_brush(None)

    @Slot(str)
    def _choose_brush(self, brush: str | None) -> None:
        if brush and all(brush != one.name for one in self.tally.classes):
            self.tally.add_class(brush)
            self._show_counts()
        self.hand.brush = brush
        self._view.show_brush(brush)

    @Slot(str)
    def _key(self, name: str) -> None:
        """In the grid a key labels what is ringed, and is the brush from now on; one by one it labels and goes on."""
        if self.browser.page is Page.SINGLE:
            self.hand.label([self.close_up.row], name, LabelHow.KEYED)
            self._advance()
            return
        targets = self._view.targets
        self._choose_brush(name)
        if targets and self.browser.page is Page.GRID:
            self.hand.label(targets, name, LabelHow.KEYED)
            self._view.go_to(min(targets[-1] + 1, len(self.plots.ids) - 1))
        self._counts_changed()

    @Slot()
    def _end_stroke(self) -> None:
        if self.hand.brush is None and self.hand.may_label:
            self.noticed.emit("Choose a class first: click it in the palette or press its key.")
        self.hand.end_stroke()
        self._counts_changed()

    @Slot(int, int)
    def _paint_range(self, first: int, last: int) -> None:
        if self.hand.brush is not None:
            self.hand.label(range(first, last + 1), self.hand.brush, LabelHow.PAINTED)
        self._counts_changed()

    @Slot()
    def _confirm(self) -> None:
        rows = (self.close_up.row,) if self.browser.page is Page.SINGLE else self._view.targets
        if not rows:
            self.noticed.emit("Select plots first: Ctrl+click, Shift and arrows, or Ctrl+A for all in sight.")
        elif self.hand.confirm(rows) or self.browser.page is Page.SINGLE:
            self._advance()

    @Slot(object)
    def _keep(self, rows: Sequence[int]) -> None:
        """The labels of these rows were looked at again."""
        if self.browser.page is Page.SINGLE or (rows and self.browser.page is Page.GRID):
            if self.hand.keep(rows):
                self._advance()
            else:
                self.noticed.emit("There is no label to keep.")
        else:
            self.noticed.emit("Select plots first: Ctrl+click, Shift and arrows, or Ctrl+A for all in sight.")

    @Slot(str, bool)
    def _use_class(self, name: str, example: bool) -> None:
        """A class was made here: it is the brush now, and what is ringed is an example of it where that is wanted."""
        self._show_counts()
        if example:
            self._key(name)
        else:
            self._choose_brush(name)

    def _set_second(self, *, second: bool) -> None:
        """A second label is given blind: neither label nor history nor guess is shown."""
        if second != self.hand.second:
            self.hand.second = self.close_up.second = second
            self._set_blind(second)

    def _advance(self) -> None:
        if self.browser.page is Page.SINGLE:
            self._move(1)
        elif self._view.targets:
            self._view.go_to(min(self._view.targets[-1] + 1, len(self.plots.ids) - 1))
        self._counts_changed()

    @Slot(str)
    def _comment(self, text: str) -> None:
        self.hand.comment(self.close_up.row, text)

    @Slot(object, object)
    def _saved(self, work: Work, recorded: Recorded) -> None:
        second = isinstance(work, Gesture) and work.events[0].how is LabelHow.SECOND
        if second != self.hand.second and isinstance(work, Gesture):  # given before the list became another one
            self.plots.give_up([event.plot_id for event in work.events], work.key)
            return
        for plot_id, label in () if second else recorded.standing:
            item = self.plots.item(self.plots.row_of(plot_id))
            if item is not None and work.plot_type == self.browser.plot_type:
                self.tally.change(item.label, label)
        self.plots.settle(recorded.standing, work.key)
        if isinstance(work, Gesture) and any(event.label for event in work.events):
            self.tally.note_saved(recorded.written)
        if recorded.passed_over:
            many = len(recorded.passed_over)
            self.noticed.emit(f"{number(many)} keep their label: somebody has labelled them since.")
        self.close_up.saved([plot_id for plot_id, _ in recorded.standing])
        self._counts_changed()
        if not self._count_soon.isActive():
            self._count_soon.start()

    @Slot(object, str)
    def _failed(self, work: Work, reason: str) -> None:
        self._take_off(work)
        self.problem_occurred.emit(reason)

    @Slot(object)
    def _discarded(self, works: Sequence[Work]) -> None:
        for work in works:
            self._take_off(work)
        self.noticed.emit("What waited was discarded; the plots show what is saved.")
        self.browser.refresh()

    def _take_off(self, work: Work) -> None:
        if isinstance(work, Gesture):
            self.plots.give_up([event.plot_id for event in work.events], work.key)
        self._counts_changed()

    @Slot(object)
    def _show_waiting(self, waiting: Waiting) -> None:
        self.plots.set_waits(waiting.labels > 0)
        self._view.show_waiting(waiting)
        self._counts_changed()
        self.close_up.refresh()
        if waiting.labels and not self._warned:
            self.noticed.emit("Labels wait to be saved; nothing is lost. See the left pane of Labelling.")
        elif self._warned and not waiting.labels:
            self.noticed.emit("All labels are saved again.")
        self._warned = waiting.labels > 0

    # Counts.

    @Slot()
    def _recount(self) -> None:
        if self.browser.plot_type and not self.saver.pending:
            self._tasks.start("counts", self._fetch_counts(self.browser.plot_type))

    async def _fetch_counts(self, plot_type: str) -> None:
        palette = await self._api.palette(plot_type)
        if plot_type == self.browser.plot_type and not self.saver.pending:
            self._count(palette)

    def _count(self, palette: Palette) -> None:
        self.tally.begin(palette)
        self._offer_narrowing()
        self._show_counts()

    def _offer_narrowing(self) -> None:
        counts = self.tally.by_class()
        which = [Choice(Which(scope), which_words(Which(scope))) for scope in _SCOPES]
        which += [
            Choice(Which(LabelScope.LABELLED, name), which_words(Which(LabelScope.LABELLED, name)), number(count))
            for name, count in sorted(counts.items())
            if count > 0
        ]
        people = [Choice("", "By anybody"), *(Choice(who, f"By {who}", number(n)) for who, n in self.tally.people())]
        self._view.offer_narrowing(which, people)
        self._view.show_narrowing(self.browser.narrowing)

    @Slot()
    def _show_counts(self) -> None:
        self._view.show_palette(self.tally.swatches(), self.tally.others, self.tally.known)
        self._view.show_progress(self.tally.progress(self.saver.pending, waits=self.saver.waiting.labels > 0))
        self._view.show_people(self.tally.people(), self.browser.labeller.who)

    # One by one.

    @Slot(bool)
    def _set_blind(self, blind: bool) -> None:
        blind = blind or self.hand.second
        self.plots.set_blind(blind)
        self.close_up.blind = blind
        self._view.show_blind(blind=blind)
        self.close_up.refresh()

    @Slot(bool)
    def _toggle_single(self, single: bool) -> None:
        if single and self.browser.page is Page.GRID:
            self._open_row(self._view.first_target)
        elif not single and self.browser.page is Page.SINGLE:
            row = self.close_up.row
            self.close_up.leave()
            self.browser.show_page(Page.GRID)
            self._view.go_to(row)
        else:
            self.browser.show_page(self.browser.page)

    @Slot(int)
    def _open_row(self, row: int) -> None:
        self.browser.show_page(Page.SINGLE)
        self.close_up.show(row)

    @Slot(int)
    def _move(self, steps: int) -> None:
        last = len(self.plots.ids) - 1
        target = min(max(self.close_up.row + steps, 0), last)
        if target == self.close_up.row:
            self.close_up.refresh()
            self.noticed.emit("That was the last plot listed." if steps > 0 else "This is the first plot listed.")
        else:
            self.close_up.show(target)


_SCOPES = tuple(LabelScope[name] for name in ("UNLABELLED", "ALL", "LABELLED", "SECOND", "CONTESTED"))
