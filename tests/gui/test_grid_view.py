"""The grid view: keyboard, mouse, selection, scrolling, what it repaints and what it tells a screen reader."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QPoint, QPointF, Qt
from PySide6.QtGui import QAccessible, QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from typing_extensions import override

from backend.domain.plots import PlotState
from tests.fakes.live_rig import delete_now
from tests.fakes.tiles import make_hall, make_tile
from ui.grid.layout import TILE_WIDTHS
from ui.grid.roles import Body, Section, TileRole, TileRows
from ui.grid.view import TileGridView
from ui.grid.wording import spoken


class Hall(QAbstractListModel):
    """A list of tiles with one body for all; `asked` counts what the view asked for."""

    def __init__(self, tiles, body=True):
        super().__init__()
        self.tiles = list(tiles)
        self.body = QImage(198, 140, QImage.Format.Format_RGB32) if body else None
        self.asked = 0

    @override
    def rowCount(self, parent=QModelIndex()):  # noqa: B008
        return 0 if parent.isValid() else len(self.tiles)

    def data(self, index, role=Qt.ItemDataRole.DisplayRole):
        tile = self.tiles[index.row()]
        self.asked += 1
        if role == TileRole.TILE:
            return tile
        if role == TileRole.BODY:
            return Body(self.body, tile.plot.plot_id) if self.body is not None else None
        if role == TileRole.GROUP:
            return " / ".join(tile.plot_type.group)
        if role == Qt.ItemDataRole.DisplayRole:
            return tile.plot_type.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return spoken(tile, datetime.now(UTC))
        return None

    def drop(self, row):
        self.beginRemoveRows(QModelIndex(), row, row)
        del self.tiles[row]
        self.endRemoveRows()

    def put(self, row, tile):
        self.beginInsertRows(QModelIndex(), row, row)
        self.tiles.insert(row, tile)
        self.endInsertRows()


def five_and_three():
    """Two groups; four columns at the width of the fixture."""
    return [
        make_tile(f"{group}_{n}", plot_id=10 * k + n, group=(group,))
        for k, (group, count) in enumerate((("A", 5), ("B", 3)), 1)
        for n in range(count)
    ]


@pytest.fixture
def view(qtbot):
    made = TileGridView()
    made.resize(885, 500)
    yield made
    delete_now(made)


def shown(view, model):
    """Show the view and let it settle."""
    view.setModel(model)
    view.show()
    for _ in range(5):
        QApplication.processEvents()
    return view


def test_that_arrows_move_in_two_dimensions_and_across_headings(view):
    shown(view, Hall(five_and_three()))
    view.setCurrentIndex(view.model().index(3, 0))
    path = []
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_Up, Qt.Key.Key_Left, Qt.Key.Key_Right):
        QTest.keyClick(view, key)
        path.append(view.currentIndex().row())
    # Row 4 is alone in its line, group B has three: the fourth column is remembered all the way.
    assert path == [4, 7, 4, 3, 2, 3]


def test_that_home_end_and_pages_reach_the_ends(view):
    shown(view, Hall(make_hall(200)))
    QTest.keyClick(view, Qt.Key.Key_End)
    assert view.currentIndex().row() == 199
    assert 199 in view.visible_rows()
    QTest.keyClick(view, Qt.Key.Key_PageUp)
    before = view.currentIndex().row()
    assert 190 < before < 199 or before < 199
    QTest.keyClick(view, Qt.Key.Key_Home)
    assert view.currentIndex().row() == 0
    assert view.verticalOffset() == 0
    QTest.keyClick(view, Qt.Key.Key_PageDown)
    assert view.currentIndex().row() >= 8


def test_that_enter_and_double_click_open_a_tile(view, qtbot):
    shown(view, Hall(five_and_three()))
    opened = []
    view.activated.connect(lambda index: opened.append(index.row()))
    view.setFocus()
    view.setCurrentIndex(view.model().index(2, 0))
    QTest.keyClick(view, Qt.Key.Key_Return)
    at = view.visualRect(view.model().index(5, 0)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert opened == [2, 5]
    assert view.currentIndex().row() == 5


def test_that_a_click_between_tiles_selects_nothing_new(view):
    shown(view, Hall(five_and_three()))
    view.setCurrentIndex(view.model().index(1, 0))
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(3, 3))
    assert view.indexAt(QPoint(3, 3)).row() == -1
    assert view.currentIndex().row() in (-1, 1)


def test_that_scrolling_to_a_tile_shows_all_of_it_and_its_heading(view):
    shown(view, Hall(make_hall(400)))
    for row in (399, 0, 200, 67, 66):
        view.scrollTo(view.model().index(row, 0))
        rect = view.visualRect(view.model().index(row, 0))
        assert view.viewport().rect().contains(rect)
    first_of_second_group = 67
    view.scrollTo(view.model().index(399, 0))
    view.scrollTo(view.model().index(first_of_second_group, 0))
    assert view.visualRect(view.model().index(first_of_second_group, 0)).top() >= 32


def test_that_the_scroll_bar_coming_and_going_moves_no_tile(view, qtbot):
    model = Hall([make_tile(f"t{n:03d}", plot_id=n) for n in range(4)])
    shown(view, model)
    assert not view.verticalScrollBar().isVisible()
    before = view.visualRect(model.index(3, 0))
    model.beginResetModel()
    model.tiles = [make_tile(f"t{n:03d}", plot_id=n) for n in range(100)]
    model.endResetModel()
    qtbot.waitUntil(view.verticalScrollBar().isVisible)
    assert view.visualRect(model.index(3, 0)) == before


def test_that_the_tile_sizes_change_with_wheel_and_keys_and_keep_the_current_tile_in_sight(view):
    shown(view, Hall(make_hall(400)))
    told = []
    view.zoom_changed.connect(told.append)
    view.setCurrentIndex(view.model().index(333, 0))
    for key in (Qt.Key.Key_Plus, Qt.Key.Key_Plus, Qt.Key.Key_Plus, Qt.Key.Key_Minus, Qt.Key.Key_0):
        QTest.keyClick(view, key, Qt.KeyboardModifier.ControlModifier)
        QApplication.processEvents()
        assert 333 in view.visible_rows()
    assert told == [2, 3, 2, 1]
    wheel = QWheelEvent(
        QPointF(50, 50), QPointF(50, 50), QPoint(), QPoint(0, -120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.ControlModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view.viewport(), wheel)
    assert view.zoom == 0
    assert len(TILE_WIDTHS) == 4


def test_that_removing_the_current_tile_makes_no_other_current(view):
    model = Hall(five_and_three())
    shown(view, model)
    view.setCurrentIndex(model.index(2, 0))
    model.drop(2)
    QApplication.processEvents()
    assert not view.currentIndex().isValid()
    model.put(2, make_tile("again", plot_id=99, group=("A",)))
    QApplication.processEvents()
    assert view.visualRect(model.index(7, 0)).isValid()


def test_that_only_visible_tiles_are_asked_for(view):
    few, many = Hall(make_hall(100)), Hall(make_hall(10_000))
    many.sections = lambda: [Section("all", 10_000)]
    many.index_of = lambda name: QModelIndex()
    assert isinstance(many, TileRows)
    asked = []
    for model in (few, many):
        shown(view, model)
        model.asked = 0
        view.viewport().repaint()
        asked.append(model.asked)
    assert asked[1] <= asked[0] * 1.5


def test_that_a_change_repaints_the_changed_tile_alone(view):
    model = Hall(make_hall(100))
    shown(view, model)
    seen = []
    view.tile_painted = seen.append
    QApplication.processEvents()
    model.asked = 0
    changed = model.tiles[1] = make_tile("plot_00001", "Bad", plot_id=7001, group=model.tiles[1].plot_type.group)
    model.dataChanged.emit(model.index(1, 0), model.index(1, 0))
    QApplication.processEvents()
    assert seen == [changed.plot.plot_id]
    assert model.asked < 5 * 3 * 4
    model.asked = 0
    model.dataChanged.emit(model.index(90, 0), model.index(95, 0))
    QApplication.processEvents()
    assert model.asked == 0


def test_that_each_plot_is_told_once_when_painted_with_body_and_verdict(view):
    tiles = [make_tile("a", plot_id=1), make_tile("b", None, plot_id=2, state=PlotState.PENDING)]
    model = Hall(tiles)
    painted = []
    view.tile_painted = painted.append
    shown(view, model)
    view.viewport().repaint()
    view.viewport().repaint()
    assert painted == [1]
    model.tiles[1] = make_tile("b", plot_id=2)
    model.dataChanged.emit(model.index(1, 0), model.index(1, 0))
    QApplication.processEvents()
    assert painted == [1, 2]


def test_that_nothing_is_told_of_tiles_without_their_image(view):
    painted = []
    view.tile_painted = painted.append
    shown(view, Hall([make_tile("a", plot_id=1)], body=False))
    view.viewport().repaint()
    assert painted == []


def test_that_a_screen_reader_finds_every_tile_by_its_sentence(view):
    shown(view, Hall(five_and_three()))
    interface = QAccessible.queryAccessibleInterface(view)
    names = [interface.child(n).text(QAccessible.Text.Name) for n in range(interface.childCount())]
    assert len(names) == 8
    assert names[0].startswith("A_0, Good, 99 percent, confirmed, 4 seconds ago")


def test_that_a_pointer_at_work_is_told_until_it_leaves(view):
    shown(view, Hall(five_and_three()))
    QApplication.sendEvent(view.viewport(), QEvent(QEvent.Type.Leave))
    held = []
    view.pointer_held.connect(held.append)
    QTest.mouseMove(view.viewport(), QPoint(100, 100))
    QTest.mouseMove(view.viewport(), QPoint(120, 120))
    QApplication.processEvents()
    QApplication.sendEvent(view.viewport(), QEvent(QEvent.Type.Leave))
    assert held == [True, False]


def test_that_the_size_of_bodies_is_told_once_at_the_start_and_once_after_resizing(view, qtbot):
    specs = []
    view.body_spec_changed.connect(specs.append)
    shown(view, Hall(make_hall(50)))
    assert len(specs) == 1
    for width in (900, 930, 960, 990):
        view.resize(width, 500)
        QApplication.processEvents()
    qtbot.waitUntil(lambda: len(specs) == 2, timeout=60_000)
    assert specs[1].width != specs[0].width
    grid_rect = view.visualRect(view.model().index(0, 0))
    assert specs[1].width == grid_rect.width() - 2


def test_that_ages_are_repainted_without_a_change_of_the_model(view, qtbot):
    model = Hall([make_tile("a", plot_id=1, age_s=1)])
    shown(view, model)
    model.asked = 0
    qtbot.waitUntil(lambda: model.asked > 1, timeout=60_000)
    view.hide()
    assert not view._ages.isActive()
