"""The large view: zoom about the pointer, drag, reset, leave."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QMainWindow, QWidget

from backend.domain.classifications import DEFAULT_CLASSIFICATIONS
from backend.domain.predictions import HeatMap
from tests.fakes.hall_views import make_scene
from tests.fakes.windows import picture, pixels
from ui.detail.enlarged import EnlargedView
from ui.detail.pane import DetailPane


@pytest.fixture
def view(qtbot):
    host = QWidget()
    host.resize(900, 700)
    qtbot.addWidget(host)
    host.show()
    qtbot.waitExposed(host)
    made = EnlargedView(host)
    made.open_view("CDC_occupancy · Bad", picture(), None, 0.0)
    yield made
    host.close()


def _wheel(canvas, at: QPointF, notches: int):
    event = QWheelEvent(
        at, canvas.mapToGlobal(at), QPoint(), QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    canvas.wheelEvent(event)


def test_that_it_covers_its_host_and_fits_the_plot(view):
    canvas = view.canvas
    assert view.geometry() == view.parentWidget().rect()
    assert canvas.zoom == 1.0
    target = canvas.target()
    assert canvas.rect().toRectF().adjusted(-1, -1, 1, 1).contains(target)
    assert target.width() / target.height() == pytest.approx(400 / 300)


@pytest.mark.parametrize("notches", [1, 3, -1])
def test_that_the_wheel_zooms_about_the_pointer(view, notches):
    canvas = view.canvas
    canvas.zoom_by(4)
    at = QPointF(300, 200)
    before = canvas.target()
    share = ((at.x() - before.x()) / before.width(), (at.y() - before.y()) / before.height())
    _wheel(canvas, at, notches)
    after = canvas.target()
    assert after.width() != before.width()
    assert ((at.x() - after.x()) / after.width(), (at.y() - after.y()) / after.height()) == pytest.approx(share)


def test_that_dragging_moves_the_plot_with_the_pointer(view, qtbot):
    canvas = view.canvas
    canvas.zoom_by(4)
    before = canvas.target().topLeft()
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(300, 300))
    qtbot.mouseMove(canvas, QPoint(340, 280))
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=QPoint(340, 280))
    moved = canvas.target().topLeft() - before
    assert (moved.x(), moved.y()) == pytest.approx((40, -20))


def test_that_a_plot_cannot_be_lost_by_dragging(view, qtbot):
    canvas = view.canvas
    canvas.zoom_by(8)
    for _ in range(20):
        qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(10, 10))
        qtbot.mouseMove(canvas, QPoint(800, 600))
        qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=QPoint(800, 600))
    assert canvas.target().intersects(canvas.rect().toRectF())


def test_that_keys_zoom_and_zero_resets(view, qtbot):
    canvas = view.canvas
    qtbot.keyClick(canvas, Qt.Key.Key_Plus)
    assert canvas.zoom == pytest.approx(1.25)
    qtbot.keyClick(canvas, Qt.Key.Key_Minus)
    assert canvas.zoom == pytest.approx(1.0)
    view.zoom_in.click()
    assert "125" in view.scale.text()
    qtbot.keyClick(canvas, Qt.Key.Key_0)
    assert canvas.zoom == 1.0


def test_that_zoom_has_ends(view):
    for _ in range(100):
        view.canvas.zoom_by(1.5)
    assert view.canvas.zoom == 32.0
    for _ in range(100):
        view.canvas.zoom_by(0.5)
    assert view.canvas.zoom == 0.5


def test_that_escape_and_button_leave(view, qtbot):
    with qtbot.waitSignal(view.closed):
        qtbot.keyClick(view.canvas, Qt.Key.Key_Escape)
    assert not view.isVisible()
    view.open_view("again", picture(), None, 0.0)
    view.close_button.click()
    assert not view.isVisible()


def test_that_it_follows_the_size_of_its_host(view, qtbot):
    view.parentWidget().resize(1200, 800)
    qtbot.waitUntil(lambda: view.geometry() == view.parentWidget().rect())


def test_that_the_heat_map_is_shown_at_the_opacity_asked_for(view):
    heat = HeatMap(np.full((14, 14), 200, np.uint8))
    plain = pixels(view.canvas.grab().toImage())
    view.canvas.show_image(picture(), heat, 0.7)
    assert (pixels(view.canvas.grab().toImage()) != plain).any()
    view.canvas.set_opacity(0.0)
    assert (pixels(view.canvas.grab().toImage()) == plain).all()


def test_that_the_pane_opens_it_over_the_whole_window_and_keeps_it_up_to_date(qtbot):
    scene = make_scene(only=("CDC_occupancy",))
    detail = scene.details["CDC_occupancy"]
    window = QMainWindow()
    pane = DetailPane()
    window.setCentralWidget(pane)
    window.resize(800, 700)
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    pane.show_detail(detail, DEFAULT_CLASSIFICATIONS)
    pane.show_image(pane.plot_id, picture())
    with qtbot.waitSignal(pane.enlarged_requested) as opened:
        qtbot.keyClick(pane, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    assert opened.args == ["CDC_occupancy"]
    (large,) = window.findChildren(EnlargedView)
    assert large.isVisible()
    assert "CDC_occupancy · Bad" in large.title.text()
    pane.show_image(pane.plot_id, picture(colour=0xFFFF0000))
    middle = large.canvas.grab().toImage().pixelColor(large.canvas.rect().center())
    assert middle.name() == "#ff0000"
    pane.clear()
    assert not large.isVisible()
