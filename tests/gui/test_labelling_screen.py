"""The Labelling screen with its presenter: mouse and keys in, gestures out, and nothing shown as saved that is not."""

import asyncio
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest

from backend.domain.beam import UNKNOWN_BEAM
from backend.domain.errors import StoreUnavailableError
from backend.domain.hall import HallStatus
from backend.domain.health import Condition, Health, PartHealth
from backend.domain.labelling import Labeller, LabelScope, PlotOrder
from backend.domain.labels import Gesture, LabelHow
from hydra_gui.labelling.outbox import Outbox
from hydra_gui.labelling.presenter import LabellingPresenter
from tests.fakes.engine import FakeEngine
from tests.fakes.insight import FakeInsight
from tests.fakes.labelling import KIND, FakeLabelling
from tests.fakes.live_rig import QtLoop, delete_now, until
from tests.fakes.windows import interactive
from ui.labelling.screen import LabellingScreen
from ui.labelling.values import LabelRole, Page, Saving, Which

_LEFT, _NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
_CTRL, _SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


class Rig:
    """Screen and presenter over a store in memory; rows are newest first, so row 0 is the last plot."""

    def __init__(self, folder: Path, count: int = 40) -> None:
        self.folder, self.count = folder, count
        self.loop = QtLoop()
        self.engine = FakeEngine()
        self.api = FakeLabelling(count)
        self.insight = FakeInsight(self.api)
        self.screen = LabellingScreen()
        self.screen.resize(1300, 900)
        self.problems: list[str] = []
        self.notes: list[str] = []

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.engine.close()
        delete_now(self.screen)
        self.loop.close()

    def run(self, scenario, *, listed: bool = True) -> None:
        self.loop.run(self._play(scenario, listed))

    async def _play(self, scenario, listed: bool) -> None:
        outbox = Outbox(self.folder / "waiting.json")
        self.presenter = LabellingPresenter(self.engine, self.api, self.insight, self.screen, outbox)
        self.presenter.problem_occurred.connect(self.problems.append)
        self.presenter.noticed.connect(self.notes.append)
        self.presenter.start()
        self.screen.show()
        try:
            if listed:
                await until(lambda: self.page is Page.GRID, "the grid")
            await scenario()
        finally:
            await self.presenter.close()

    @property
    def page(self) -> Page:
        return self.presenter.browser.page

    @property
    def grid(self):
        return self.screen.grid

    def at(self, row: int) -> QPoint:
        return self.grid.visualRect(self.grid.model().index(row, 0)).center()

    def click(self, row: int, modifiers=_NONE) -> None:
        QTest.mouseClick(self.grid.viewport(), _LEFT, modifiers, self.at(row))

    def drag(self, first: int, last: int) -> None:
        viewport = self.grid.viewport()
        QTest.mousePress(viewport, _LEFT, _NONE, self.at(first))
        QTest.mouseMove(viewport, self.at(last))
        QTest.mouseRelease(viewport, _LEFT, _NONE, self.at(last))

    def key(self, key, modifiers=_NONE) -> None:
        QTest.keyClick(self.screen.single if self.page is Page.SINGLE else self.grid, key, modifiers)

    def tile(self, row: int):
        return self.grid.model().index(row, 0).data(LabelRole.TILE)

    def label(self, row: int) -> str | None:
        return self.api.label_of(self.count - row)

    async def saved(self, gestures: int) -> None:
        await until(lambda: len(self.api.recorded) == gestures and not self.presenter.saver.pending)


@pytest.fixture
def rig(qapp, tmp_path):
    with Rig(tmp_path) as made:
        yield made


def test_that_a_click_paints_with_the_brush_and_the_tile_is_saved_only_when_the_store_said_so(rig: Rig):
    async def scenario():
        rig.api.gate.clear()
        rig.key("2")
        rig.click(3)
        assert (rig.tile(3).label, rig.tile(3).saving) == ("Bad", Saving.PENDING)
        assert rig.label(3) is None
        await until(lambda: rig.api.attempts)
        assert rig.tile(3).saving is Saving.PENDING
        rig.api.gate.set()
        await rig.saved(1)
        assert (rig.tile(3).label, rig.tile(3).saving, rig.tile(3).who) == ("Bad", Saving.SAVED, "ann")
        [event] = rig.api.recorded[0].events
        assert event.how is LabelHow.PAINTED

    rig.run(scenario)


def test_that_a_stroke_is_one_gesture_and_misses_no_tile_between(rig: Rig):
    async def scenario():
        columns = rig.grid._grid().columns
        rig.key("1")
        rig.drag(0, columns - 1)
        await rig.saved(1)
        assert [rig.label(row) for row in range(columns + 1)] == ["Good"] * columns + [None]

    rig.run(scenario)


def test_that_shift_and_click_paint_the_range_since_the_last_click(rig: Rig):
    async def scenario():
        rig.key("1")
        rig.click(2)
        rig.click(9, _SHIFT)
        await rig.saved(2)
        assert [rig.label(row) for row in range(1, 11)] == [None, *["Good"] * 8, None]
        assert len(rig.api.recorded[1].events) == 7  # the first one says so already

    rig.run(scenario)


def test_that_without_a_brush_a_click_says_what_to_do_and_labels_nothing(rig: Rig):
    async def scenario():
        rig.click(0)
        assert "Choose a class first" in rig.notes[0]
        assert rig.tile(0).label == ""

    rig.run(scenario)


def test_that_selected_plots_are_labelled_by_one_key_and_erased_by_another(rig: Rig):
    async def scenario():
        for row in (1, 4, 6):
            rig.click(row, _CTRL)
        assert rig.screen.targets == (1, 4, 6)
        rig.key("2")
        await rig.saved(1)
        assert [rig.label(row) for row in (1, 4, 6)] == ["Bad"] * 3
        assert {event.how for event in rig.api.recorded[0].events} == {LabelHow.KEYED}
        rig.key("A", _CTRL)
        seen = rig.screen.targets
        assert len(seen) > 6
        rig.key(Qt.Key.Key_Backspace)
        await rig.saved(2)
        assert all(rig.label(row) is None for row in seen)

    rig.run(scenario)


def test_that_arrows_and_keys_label_plot_after_plot(rig: Rig):
    async def scenario():
        rig.key(Qt.Key.Key_Right)
        first = rig.screen.targets[0]
        for key in "121":
            rig.key(key)
        await rig.saved(3)
        assert [rig.label(first + n) for n in range(4)] == ["Good", "Bad", "Good", None]
        rig.key(Qt.Key.Key_Right, _SHIFT)
        rig.key(Qt.Key.Key_Right, _SHIFT)
        assert rig.screen.targets == (first + 3, first + 4, first + 5)
        rig.key(Qt.Key.Key_Escape)
        assert len(rig.screen.targets) == 1

    rig.run(scenario)


def test_that_one_by_one_a_key_labels_and_goes_on_and_what_comes_next_is_ready(rig: Rig):
    async def scenario():
        rig.key(Qt.Key.Key_Right)
        rig.key(Qt.Key.Key_Return)
        assert rig.page is Page.SINGLE
        start = rig.presenter.close_up.row
        image = rig.screen.single.image
        await until(lambda: image.plot_id == rig.count - start, "the first image")
        ahead = rig.presenter.close_up._images
        await until(lambda: ahead.image(rig.count - start - 1) is not None, "the next image")
        rig.key("2")
        assert image.plot_id == rig.count - start - 1  # at once, not after a turn of the loop
        await rig.saved(1)
        assert rig.label(start) == "Bad"
        rig.key(Qt.Key.Key_Left)
        assert rig.presenter.close_up.row == start
        rig.key(Qt.Key.Key_Escape)
        assert rig.page is Page.GRID

    rig.run(scenario)


def test_that_the_last_plot_says_so_and_is_labelled_once(rig: Rig):
    async def scenario():
        rig.screen.row_opened.emit(rig.count - 1)
        rig.key("1")
        await rig.saved(1)
        assert "last plot" in rig.notes[-1]
        assert rig.label(rig.count - 1) == "Good"

    rig.run(scenario)


def test_that_undo_and_redo_go_back_and_forth(rig: Rig):
    async def scenario():
        rig.key("1")
        rig.click(0)
        await rig.saved(1)
        rig.key("Z", _CTRL)
        await rig.saved(2)
        assert rig.label(0) is None
        assert rig.tile(0).label == ""
        assert not rig.screen.side.undo.isEnabled()
        rig.key("Z", _CTRL | _SHIFT)
        await rig.saved(3)
        assert rig.api.recorded[2].reverts == rig.api.recorded[1].key
        assert rig.screen.side.undo.isEnabled()
        assert not rig.screen.side.redo.isEnabled()

    rig.run(scenario)


def test_that_a_confirmed_guess_is_a_label_of_its_own_kind(rig: Rig):
    async def scenario():
        rig.key(Qt.Key.Key_Right)
        row = rig.screen.targets[0]
        rig.key(Qt.Key.Key_Return, _CTRL)
        await rig.saved(1)
        assert rig.label(row) == "Good"
        assert rig.api.recorded[0].events[0].how is LabelHow.CONFIRMED

    rig.run(scenario)


def test_that_a_comment_is_kept_with_the_label_and_its_keys_label_nothing(rig: Rig):
    async def scenario():
        rig.screen.row_opened.emit(0)
        rig.key("2")
        await rig.saved(1)
        rig.key(Qt.Key.Key_Left)
        rig.key("M", _CTRL)
        field = rig.screen.single.comment
        QTest.keyClicks(field, "11 dead boards")
        QTest.keyClick(field, Qt.Key.Key_Return)
        await rig.saved(2)
        assert rig.api.changes[rig.count][-1].comment == "11 dead boards"
        assert rig.api.label_of(rig.count) == "Bad"

    rig.run(scenario)


def test_that_labels_that_cannot_be_saved_are_shown_as_such_and_kept(rig: Rig):
    async def scenario():
        rig.api.trouble = StoreUnavailableError("The database does not answer.")
        rig.key("1")
        rig.click(0)
        await until(lambda: rig.tile(0).saving is Saving.WAITING)
        assert rig.screen.side.waiting.isVisible()
        assert "wait to be saved" in rig.notes[-1]
        rig.click(1)
        assert rig.tile(1).saving is Saving.WAITING
        rig.api.trouble = None
        rig.screen.side.waiting._retry.click()
        await rig.saved(2)
        assert rig.tile(0).saving is Saving.SAVED
        assert not rig.screen.side.waiting.isVisible()
        assert "saved again" in rig.notes[-1]

    rig.run(scenario)


def test_that_discarding_asks_twice_and_shows_what_is_saved(rig: Rig):
    async def scenario():
        rig.api.trouble = StoreUnavailableError("The database does not answer.")
        rig.key("1")
        rig.click(0)
        await until(lambda: rig.tile(0).saving is Saving.WAITING)
        card = rig.screen.side.waiting
        card._discard.click()
        assert rig.presenter.saver.pending == 1
        card._sure.click()
        assert rig.presenter.saver.pending == 0
        await until(lambda: rig.tile(0) is not None and rig.tile(0).label == "")

    rig.run(scenario)


def test_that_who_may_not_label_sees_why_and_labels_nothing(rig: Rig):
    rig.api.labeller_answer = Labeller("ann", "You may look, not label: ask the run coordinator.")

    async def scenario():
        assert rig.screen.side.refusal.isVisible()
        assert "ask the run coordinator" in rig.screen.side.refusal.text()
        assert not rig.screen.side.palette_view.isVisible()
        rig.key("1")
        rig.click(0)
        rig.key(Qt.Key.Key_Right)
        rig.key("1")
        assert rig.presenter.saver.pending == 0
        assert rig.tile(0).label == ""

    rig.run(scenario)


def test_that_the_guess_is_hidden_from_eyes_and_screen_readers(rig: Rig):
    async def scenario():
        words = Qt.ItemDataRole.AccessibleTextRole
        assert "guess Good" in rig.grid.model().index(0, 0).data(words)
        rig.screen.toolbar.blind.click()
        assert "guess" not in rig.grid.model().index(0, 0).data(words)
        assert not rig.screen.toolbar.confirm.isEnabled()
        rig.screen.row_opened.emit(0)
        assert rig.screen.single._guess.text == ""

    rig.run(scenario)


def test_that_order_labels_and_runs_narrow_the_list_and_explain_themselves(rig: Rig):
    async def scenario():
        side = rig.screen.side
        side.orders.show_value(PlotOrder.UNCERTAIN)
        side.which.show_value(Which(LabelScope.ALL))
        side.runs.setText("42-44")
        side.narrowed.emit(side.narrowing())
        await until(lambda: len(rig.api.asked) == 2)
        query = rig.api.asked[-1]
        assert (query.order, query.scope, query.runs) == (PlotOrder.UNCERTAIN, LabelScope.ALL, ((42, 44),))
        await until(lambda: "least sure" in side.sentence.text())
        side.runs.setText("later")
        side.narrowed.emit(side.narrowing())
        await until(lambda: rig.problems)
        assert "does not choose runs" in rig.problems[0]

    rig.run(scenario)


def test_that_a_class_not_usual_here_can_be_added_to_the_palette(rig: Rig):
    async def scenario():
        rig.screen.brush_chosen.emit("Cosmic")
        assert [row.name for row in rig.screen.side.palette_view.rows] == ["Good", "Bad", "Cosmic", ""]
        rig.click(0)
        await rig.saved(1)
        assert rig.label(0) == "Cosmic"

    rig.run(scenario)


def test_that_every_state_without_plots_says_what_to_do(qapp, tmp_path):
    with Rig(tmp_path, 0) as rig:

        async def empty():
            await until(lambda: rig.page is Page.NO_PLOTS)

        rig.run(empty, listed=False)
    with Rig(tmp_path, 3) as rig:

        async def broken():
            rig.api.reading_trouble = StoreUnavailableError("The database does not answer. Nothing is lost.")
            rig.screen.refresh_requested.emit()
            await until(lambda: rig.page is Page.FAILED)
            assert rig.screen._note.button.isVisible()
            rig.api.reading_trouble = None
            rig.screen._note.button.click()
            await until(lambda: rig.page is Page.GRID)
            rig.key("A", _CTRL)
            rig.key("1")
            await rig.saved(1)
            rig.key(Qt.Key.Key_F5)
            await until(lambda: rig.page is Page.NOTHING_LEFT)

        rig.run(broken, listed=False)


def test_that_the_screen_comes_back_by_itself_after_the_database_was_away(rig: Rig):
    rig.api.reading_trouble = StoreUnavailableError("The database does not answer.")

    def status(condition: Condition) -> HallStatus:
        part = PartHealth(condition, "")
        return HallStatus("Hall", 1, UNKNOWN_BEAM, None, Health(part, part, part))

    async def scenario():
        await until(lambda: rig.page is Page.FAILED)
        rig.presenter.follow_status(status(Condition.FAILED))
        rig.api.reading_trouble = None
        rig.presenter.follow_status(status(Condition.OK))
        await until(lambda: rig.page is Page.GRID)

    rig.run(scenario, listed=False)


def test_that_ten_thousand_plots_are_read_by_the_screenful(qapp, tmp_path):
    with Rig(tmp_path, 10_000) as rig:

        async def scenario():
            await asyncio.sleep(0)
            assert rig.grid.model().rowCount() == 10_000
            rig.grid.go_to(5_000)
            rig.grid.repaint()
            await until(lambda: rig.tile(5_000) is not None)
            assert len(rig.api.pages) <= 6
            rig.grid.set_zoom(3)
            assert 5_000 in rig.grid.visible_rows()

        rig.run(scenario)


def test_that_a_preview_opens_beside_the_tile_and_closes_again(rig: Rig):
    async def scenario():
        rig.key(Qt.Key.Key_Right)
        row = rig.screen.targets[0]
        rig.key(Qt.Key.Key_Space)
        preview = rig.screen.preview
        await until(lambda: preview.plot_id == rig.count - row)
        assert not preview.geometry().intersects(rig.grid.visualRect(rig.grid.model().index(row, 0)))
        rig.key(Qt.Key.Key_Escape)
        assert not preview.isVisible()

    rig.run(scenario)


def test_that_everything_can_be_reached_and_has_a_name(rig: Rig):
    async def scenario():
        unnamed = [
            type(widget).__name__
            for widget in interactive(rig.screen)
            if not (widget.accessibleName() or QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name))
        ]
        assert unnamed == []
        assert rig.screen.side.palette_view.rows[0].accessibleName() == "Label with Good, 0 plots"

    rig.run(scenario)


def test_that_the_model_keeps_qts_rules(rig: Rig, qtmodeltester):
    async def scenario():
        qtmodeltester.check(rig.grid.model())
        rig.key("1")
        rig.click(0)
        await rig.saved(1)
        assert isinstance(rig.api.recorded[0], Gesture)
        assert rig.api.recorded[0].plot_type == KIND

    rig.run(scenario)
