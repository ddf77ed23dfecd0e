"""Labelling many at once in the screen: similar plots, the map, likely errors, second labels, what is kept."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from backend.domain.classifications import Severity
from backend.domain.errors import StoreUnavailableError
from backend.domain.insight import Agreement
from backend.domain.labelling import Guess, LabelScope, PlotOrder
from backend.domain.labels import Gesture, LabelHow
from backend.domain.synthetic import FaultKind
from tests.fakes.labelling import gesture
from tests.fakes.live_rig import until
from tests.gui.test_labelling_screen import Rig
from ui.labelling.lasso import inside
from ui.labelling.values import Narrowing, Page, Which

_CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def rig(qapp, tmp_path):
    with Rig(tmp_path) as made:
        yield made


def explore(rig: Rig):
    return rig.screen.explore


async def listed(rig: Rig, order: PlotOrder) -> None:
    await until(lambda: rig.api.asked[-1].order is order and rig.page is Page.GRID, f"plots in order {order}")
    await until(lambda: rig.screen.side.orders.value is order, "the side pane follows")


async def find_similar(rig: Rig, row: int = 3) -> None:
    rig.screen.go_to(row)
    rig.key(Qt.Key.Key_F, _CTRL)
    await listed(rig, PlotOrder.SIMILAR)
    await until(lambda: explore(rig).leads_back, "the strip")


def test_that_similar_plots_are_listed_by_key_and_all_get_a_label_in_one_step_that_is_undone_as_one(rig: Rig):
    async def scenario():
        await rig.api.record(gesture([37], "Bad"))
        await rig.api.record(gesture([36], "Good", who="bob"))
        await find_similar(rig)
        assert (rig.api.asked[-1].like, rig.api.asked[-1].scope) == (37, LabelScope.ALL)
        assert "10 plots like" in explore(rig).bar.words.text()
        QTest.keyClick(rig.grid, Qt.Key.Key_L, _CTRL)
        await until(lambda: explore(rig).dialog is not None, "the question")
        dialog = explore(rig).dialog
        assert dialog.label == "Bad"
        assert dialog.preview.text().splitlines() == [
            "8 not labelled → become Bad",
            "1 Bad → stay as they are",
            "1 Good → stay as they are",
        ]
        dialog.keep.setChecked(False)
        assert "1 Good (1 by others) → become Bad" in dialog.preview.text()
        assert dialog.confirm_button.text() == "Label 9"
        dialog.confirm_button.click()
        await rig.saved(3)
        labels = [rig.api.label_of(number) for number in rig.presenter.plots.ids]
        assert labels == ["Bad"] * 10
        assert {event.how for event in rig.api.recorded[-1].events} == {LabelHow.SIMILAR}
        rig.screen.activateWindow()  # as window managers do when a dialog closes
        await until(rig.screen.isActiveWindow, "the window is active")
        rig.grid.setFocus()
        rig.key(Qt.Key.Key_Z, _CTRL)
        await rig.saved(4)

    rig.run(scenario)


def test_that_escape_leads_back_to_what_was_listed_before(rig: Rig):
    async def scenario():
        rig.screen.narrowed.emit(Narrowing(PlotOrder.LOT, Which(LabelScope.ALL)))
        await listed(rig, PlotOrder.LOT)
        await find_similar(rig)
        rig.key(Qt.Key.Key_Escape)
        await listed(rig, PlotOrder.LOT)
        await until(lambda: not explore(rig).leads_back, "no strip")
        assert [choice.value for choice in rig.screen.side.orders._choices][-1] is PlotOrder.SIMILAR

    rig.run(scenario)


def test_that_labels_which_are_there_stay_where_that_is_wanted(rig: Rig):
    async def scenario():
        await rig.api.record(gesture([36], "Good", who="bob"))
        await find_similar(rig)
        explore(rig).bar.label_all.click()
        await until(lambda: explore(rig).dialog is not None, "the question")
        explore(rig).dialog.classes.show_value("Bad")
        explore(rig).dialog._confirm()
        await rig.saved(2)
        assert len(rig.api.recorded[-1].events) == 9
        assert rig.api.label_of(36) == "Good"

    rig.run(scenario)


def test_that_nobody_who_may_not_label_is_offered_to_label_all(rig: Rig):
    async def scenario():
        await find_similar(rig)
        assert explore(rig).bar.label_all.isHidden()

    from backend.domain.labelling import Labeller

    rig.api.labeller_answer = Labeller("ann", "You may look, not label.")
    rig.run(scenario)


def test_that_drawing_around_points_lists_them(rig: Rig):
    async def scenario():
        rig.key(Qt.Key.Key_E, _CTRL)
        await until(lambda: rig.page is Page.MAP and explore(rig).map_page.map is not None, "the map")
        chart = explore(rig).map_page.map
        assert "3 plots without a place" in chart.legend.rest.text()
        chart.plane.lassoed.emit(np.array([(-6, -1), (0, -1), (0, 9), (-6, 9)], np.float32))
        await listed(rig, PlotOrder.PICKED)
        assert set(rig.api.asked[-1].picked) == set(range(2, 41, 2))
        rig.key(Qt.Key.Key_Escape)
        await listed(rig, PlotOrder.NEWEST)

    rig.run(scenario)


def test_that_the_pointer_shows_the_plot_it_is_on_and_the_keyboard_picks_what_is_in_sight(rig: Rig):
    async def scenario():
        explore(rig).map_requested.emit()
        await until(lambda: explore(rig).map_page.map is not None, "the map")
        chart = explore(rig).map_page.map
        chart._point(chart.plane.mapViewToScene(QPointF(-4.0 + 0.02, 0.02 * 12)))
        assert chart._pointed == 12
        await until(lambda: chart.preview.plot_id == 12, "the image")
        chart._point(QPointF(-500, -500))
        assert not chart.preview.isVisible()
        QTest.keyClick(chart, Qt.Key.Key_Plus)
        QTest.keyClick(chart, Qt.Key.Key_Minus)
        QTest.keyClick(chart, Qt.Key.Key_Home)
        QTest.keyClick(chart, Qt.Key.Key_Return)
        await listed(rig, PlotOrder.PICKED)
        assert len(rig.api.asked[-1].picked) == 40

    rig.run(scenario)


def test_that_a_map_can_be_given_up_and_one_that_fails_says_why(rig: Rig):
    async def scenario():
        rig.insight.gate = lambda: False
        explore(rig).map_requested.emit()
        await until(lambda: explore(rig).map_page.progress.value() == 500, "half of it")
        explore(rig).map_page.cancel.click()
        assert rig.page is Page.GRID
        rig.insight.gate = lambda: True
        rig.insight.trouble = StoreUnavailableError("The database does not answer.")
        explore(rig).map_requested.emit()
        await until(lambda: explore(rig).map_page.currentWidget() is explore(rig).map_page.note, "the reason")
        rig.insight.trouble = None
        explore(rig).map_page.note.button.click()
        await until(lambda: explore(rig).map_page.map is not None, "the map")

    rig.run(scenario)


def test_that_colours_follow_labels_or_verdicts_and_each_class_has_a_symbol_of_its_own(rig: Rig):
    async def scenario():
        await rig.api.record(gesture(range(1, 11), "Bad"))
        await rig.api.record(gesture(range(11, 21), "Good"))
        explore(rig).map_requested.emit()
        await until(lambda: explore(rig).map_page.map is not None, "the map")
        chart = explore(rig).map_page.map
        layers = [item for item in chart.plane.addedItems if hasattr(item, "points")]
        assert [len(item.data) for item in layers] == [20, 10, 10]
        assert len({item.opts["symbol"] for item in layers}) == 3 or layers[0].opts["size"] != layers[1].opts["size"]
        chart.legend.verdict.click()
        layers = [item for item in chart.plane.addedItems if hasattr(item, "points")]
        assert [len(item.data) for item in layers] == [40]

    rig.run(scenario)


def test_that_a_likely_error_shows_its_suggestion_and_is_kept_or_corrected_with_one_key(rig: Rig):
    async def scenario():
        await rig.api.record(gesture([5, 6], "Good"))
        rig.api.suggestions = {5: Guess("Bad", 0.97, True), 6: Guess("Bad", 0.8, True)}
        rig.screen.narrowed.emit(Narrowing(PlotOrder.ERRORS, Which(LabelScope.UNLABELLED)))
        await listed(rig, PlotOrder.ERRORS)
        assert rig.api.asked[-1].scope is LabelScope.LABELLED
        await until(lambda: rig.presenter.plots.ids == (5, 6), "the labels in doubt")
        assert (rig.tile(0).label, rig.tile(0).guess, rig.tile(0).confidence) == ("Good", "Bad", 0.97)
        rig.screen.go_to(0)
        rig.key(Qt.Key.Key_K, _CTRL)
        await rig.saved(2)
        [kept] = rig.api.recorded[-1].events
        assert (kept.plot_id, kept.label, kept.how) == (5, "Good", LabelHow.UPHELD)
        assert rig.grid.targets == (1,)
        rig.key(Qt.Key.Key_Return, _CTRL)
        await rig.saved(3)
        assert rig.api.label_of(6) == "Bad"

    rig.run(scenario)


def test_that_a_second_label_is_given_blind_and_is_marked_as_one(rig: Rig):
    async def scenario():
        rig.screen.narrowed.emit(Narrowing(PlotOrder.NEWEST, Which(LabelScope.SECOND)))
        await until(lambda: rig.presenter.hand.second, "second labels")
        assert rig.api.seconds[-1] == "ann"
        assert rig.screen.toolbar.blind.isChecked()
        rig.key(Qt.Key.Key_G, _CTRL)
        assert rig.screen.toolbar.blind.isChecked()
        rig.screen.go_to(0)
        rig.key("2")
        await rig.saved(1)
        work = rig.api.recorded[0]
        assert isinstance(work, Gesture)
        assert work.events[0].how is LabelHow.SECOND
        rig.screen.row_opened.emit(1)
        await until(lambda: "blind second label" in rig.screen.single._history.text(), "no history")
        rig.screen.narrowed.emit(Narrowing(PlotOrder.NEWEST, Which(LabelScope.ALL)))
        await until(lambda: not rig.presenter.hand.second, "labels that count")
        assert not rig.screen.toolbar.blind.isChecked()

    rig.run(scenario)


def test_that_agreement_and_what_is_kept_stand_in_the_side_pane_and_the_rate_is_changed_there(rig: Rig):
    async def scenario():
        side = rig.screen.side
        await until(lambda: side.agreement.text(), "agreement")
        assert side.agreement.text() == "κ = 0.82 (0.71 to 0.93): 130 of 143 blind second labels agree."
        assert side.kept.text().startswith("412 of 1")
        side.collecting.click()
        await until(lambda: explore(rig).dialog is not None, "the dialog")
        explore(rig).dialog.percent.setValue(5)
        explore(rig).dialog.save.click()
        await until(lambda: "random sample 5" in side.kept.text(), "the new rate")
        assert rig.insight.percent == 5

    rig.insight.agreed = Agreement(143, 130, 0.82, 0.71, 0.93)
    rig.run(scenario)


def test_that_the_menu_of_a_tile_is_about_that_tile(rig: Rig):
    async def scenario():
        menu = explore(rig).menu
        menu._ask(rig.at(2))
        assert menu.menu.isVisible()
        menu.menu.actions()[0].trigger()
        menu.menu.close()
        await listed(rig, PlotOrder.SIMILAR)
        assert rig.api.asked[-1].like == 38

    rig.run(scenario)


def test_that_faults_are_marked_seen_at_once_and_made_on_other_plots_of_the_same_label(rig: Rig):
    async def scenario():
        await rig.api.record(gesture(range(1, 41), "Good"))
        rig.screen.narrowed.emit(Narrowing(PlotOrder.NEWEST, Which(LabelScope.ALL)))
        await until(lambda: rig.tile(0) is not None and rig.tile(0).label == "Good", "labels")
        explore(rig).faults_requested.emit(0)
        await until(lambda: explore(rig).dialog is not None and explore(rig).dialog.canvas._image, "the plot")
        dialog = explore(rig).dialog
        assert not dialog.make.isEnabled()
        dialog.classes.show_value("Bad")
        dialog.kinds.show_value(FaultKind.HOT)
        QTest.keyClick(dialog.canvas, Qt.Key.Key_Right)
        await until(lambda: rig.insight.recipes[-1].kind is FaultKind.HOT, "a preview")
        assert rig.insight.recipes[-1].corners[0] == pytest.approx((0.32, 0.3))
        box = dialog.canvas
        frame = box._frame()
        QTest.mousePress(box, Qt.MouseButton.LeftButton, pos=frame.topLeft())
        QTest.mouseMove(box, frame.center())
        QTest.mouseRelease(box, Qt.MouseButton.LeftButton, pos=frame.center())
        assert box.corners[2] == pytest.approx((0.5, 0.5), abs=0.02)
        dialog.count.setValue(7)
        dialog.make.click()
        await until(lambda: "7 variants" in dialog.state.text(), "variants")
        [order] = rig.insight.orders
        assert (order.label, order.count, order.who, order.parents[0]) == ("Bad", 7, "ann", 40)
        assert len(set(order.parents)) == 11
        rig.insight.trouble = StoreUnavailableError("The database does not answer.")
        dialog.make.click()
        await until(lambda: "does not answer" in dialog.state.text(), "the reason")
        assert dialog.make.isEnabled()
        dialog.reject()

    rig.run(scenario)


def test_that_a_class_is_made_here_and_the_ringed_plot_is_its_example(rig: Rig):
    async def scenario():
        rig.screen.go_to(2)
        rig.screen.side.palette_view._menu.actions()[-1].trigger()
        await until(lambda: explore(rig).dialog is not None, "the dialog")
        dialog = explore(rig).dialog
        dialog.name.setText("good")
        assert not dialog.make.isEnabled()
        assert "already" in dialog.problem.text()
        dialog.name.setText("SwappedCable")
        dialog.severity.show_value(Severity.WARNING)
        dialog.make.click()
        await rig.saved(1)
        [known] = rig.insight.defined
        assert (known.name, known.severity) == ("SwappedCable", Severity.WARNING)
        assert rig.label(2) == "SwappedCable"
        assert rig.presenter.hand.brush == "SwappedCable"

    rig.run(scenario)


def test_that_a_point_is_inside_by_the_even_odd_rule():
    square = np.array([(0, 0), (4, 0), (4, 4), (0, 4)], np.float32)
    points = np.array([(2, 2), (5, 2), (-1, 2), (3.9, 0.1), (2, -1)], np.float32)
    assert inside(points, square).tolist() == [True, False, False, True, False]
    bow = np.array([(0, 0), (4, 4), (4, 0), (0, 4)], np.float32)
    assert inside(np.array([(3, 2), (2, 3.5), (1, 2)], np.float32), bow).tolist() == [True, False, True]


class Drag:
    """A step of a drag, as pyqtgraph tells it."""

    def __init__(self, plane, corner, start, *, first=False, last=False):
        self._at, self._start = (plane.mapFromView(QPointF(*one)) for one in (corner, start))
        self._first, self._last = first, last

    def button(self):
        return Qt.MouseButton.LeftButton

    def accept(self):
        pass

    def isStart(self):  # noqa: N802
        return self._first

    def isFinish(self):  # noqa: N802
        return self._last

    def buttonDownPos(self):  # noqa: N802
        return self._start

    def pos(self):
        return self._at


def test_that_a_drag_with_the_left_button_picks_what_it_goes_around(rig: Rig):
    async def scenario():
        explore(rig).map_requested.emit()
        await until(lambda: explore(rig).map_page.map is not None, "the map")
        plane = explore(rig).map_page.map.plane
        corners = [(-6, -1), (0, -1), (0, 9), (-6, 9)]
        for place, corner in enumerate(corners):
            plane.mouseDragEvent(Drag(plane, corner, corners[0], first=place == 0, last=place == 3))
        await listed(rig, PlotOrder.PICKED)
        assert set(rig.api.asked[-1].picked) == set(range(2, 41, 2))

    rig.run(scenario)
