"""Tiles as pixels, in every state, thousands of times."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QAbstractListModel, QModelIndex, QRect
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication, QListView, QStyle, QStyleOptionViewItem
from typing_extensions import override

from backend.domain.hall import PlotTypeInfo, Tile
from backend.domain.plots import PlotState
from tests.fakes.live_rig import delete_now
from tests.fakes.tiles import make_tile
from ui.grid.delegate import RING, TileDelegate
from ui.grid.layout import TITLE_HEIGHT, body_rect, tile_size
from ui.grid.roles import Body, TileRole
from ui.grid.view import TileGridView
from ui.theme.tokens import DARK, LIGHT, LINE_ALARM

SIZE = tile_size(206)


class Answers(QAbstractListModel):
    """One row that answers as it is told, None for all else."""

    def __init__(self, **answers):
        super().__init__()
        self.answers = answers

    @override
    def rowCount(self, parent=QModelIndex()):  # noqa: B008
        return 0 if parent.isValid() else 1

    def data(self, index, role=0):
        name = TileRole(role).name.lower() if role in tuple(TileRole) else ""
        return self.answers.get(name)


@pytest.fixture
def delegate(qtbot):
    view = TileGridView()
    yield TileDelegate(view)
    delete_now(view)


def paint(delegate, tile, body=None, theme=LIGHT, ring=0, waiting=False):
    delegate.use(theme, 1.0)
    if tile.plot is not None:
        delegate.now = tile.plot.received_at
    image = QImage(SIZE.width() + 20, SIZE.height() + 20, QImage.Format.Format_RGB32)
    image.fill(QColor(theme.ground))
    model = Answers(tile=tile, body=body, waiting=waiting)
    painter = QPainter(image)
    delegate.paint_tile(painter, QRect(10, 10, SIZE.width(), SIZE.height()), model.index(0, 0), tile, ring=ring)
    painter.end()
    return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1, 4)[:, : image.width(), 2::-1].copy()


def rgb(name: str) -> tuple[int, int, int]:
    colour = QColor(name)
    return colour.red(), colour.green(), colour.blue()


def share(pixels, name: str) -> float:
    return float((pixels == rgb(name)).all(axis=-1).mean())


def title_of(pixels):
    return pixels[10 + LINE_ALARM : 10 + TITLE_HEIGHT, 10 + LINE_ALARM : 10 + SIZE.width() - LINE_ALARM]


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_that_a_normal_tile_is_grey_all_over(delegate, theme):
    pixels = paint(delegate, make_tile(), theme=theme).astype(int)
    spread = pixels.max(axis=-1) - pixels.min(axis=-1)
    assert spread.max() < 40


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_that_an_alarm_has_a_filled_title_bar_and_a_line_of_three_pixels(delegate, theme):
    pixels = paint(delegate, make_tile(classification="Bad"), theme=theme)
    assert share(title_of(pixels), theme.alarm.title_ground) > 0.5
    middle = pixels[10 + SIZE.height() // 2, 10 : 10 + LINE_ALARM]
    assert share(middle, theme.alarm.line) == 1.0


def test_that_an_unconfirmed_verdict_is_hatched_and_has_no_heavy_line(delegate):
    confirmed = title_of(paint(delegate, make_tile(classification="HotChannel")))
    unconfirmed = title_of(paint(delegate, make_tile(classification="HotChannel", confirmed=False)))
    assert share(confirmed, LIGHT.warning.title_ground) > 0.6
    assert 0.2 < share(unconfirmed, LIGHT.warning.title_ground) < share(confirmed, LIGHT.warning.title_ground) - 0.1
    alarm = paint(delegate, make_tile(classification="Bad", confirmed=False))
    assert share(alarm[10 + SIZE.height() // 2, 10:13], LIGHT.alarm.line) == 0.0


def test_that_a_tile_without_model_has_a_dashed_line(delegate):
    def edge(tile):
        side = paint(delegate, tile)[30 : SIZE.height() - 10, 10].astype(int)
        return (np.abs(np.diff(side.sum(axis=-1))) > 60).sum()

    assert edge(make_tile(classification=None, state=PlotState.NO_MODEL)) > 10
    assert edge(make_tile()) == 0


def test_that_the_body_is_copied_pixel_for_pixel(delegate):
    area = body_rect(QRect(10, 10, SIZE.width(), SIZE.height()))
    body = QImage(area.size(), QImage.Format.Format_RGB32)
    noise = np.random.default_rng(1).integers(0, 255, (area.height(), area.width(), 4), np.uint8)
    np.frombuffer(body.bits(), np.uint8).reshape(area.height(), -1)[:] = noise.reshape(area.height(), -1)
    shown = paint(delegate, make_tile(), Body(body, 1))
    assert (shown[area.top() : area.bottom() + 1, area.left() : area.right() + 1] == noise[:, :, 2::-1]).all()


def test_that_an_overtaken_body_is_subdued_and_not_reported(delegate):
    body = QImage(204, 148, QImage.Format.Format_RGB32)
    body.fill(QColor("#ff0000"))
    reported = []
    delegate.body_painted = reported.append
    late = paint(delegate, make_tile(plot_id=5), Body(body, 4, late=True))
    assert share(late, "#ff0000") == 0.0
    assert reported == []
    paint(delegate, make_tile(plot_id=5), Body(body, 5))
    assert len(reported) == 1


def test_that_the_reason_for_a_missing_image_is_written_in_its_place(delegate):
    blank = paint(delegate, make_tile())
    told = paint(delegate, make_tile(), "The image is not in the store.")
    assert (blank != told).any(axis=-1).sum() > 100


def test_that_a_focused_tile_wears_a_ring_outside_its_line(delegate):
    plain, focused = paint(delegate, make_tile()), paint(delegate, make_tile(), ring=RING)
    differs = (plain != focused).any(axis=-1)
    assert differs[10 + SIZE.height() // 2, 5:9].any()
    assert not differs[11 : 9 + SIZE.height(), 11 : 9 + SIZE.width()].any()


def test_that_the_delegate_serves_any_view_by_qts_own_door(delegate):
    tile, image = make_tile(classification="Bad"), QImage(SIZE, QImage.Format.Format_RGB32)
    option = QStyleOptionViewItem()
    option.rect = image.rect()
    option.state = QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver
    before = image.copy()
    for answer, paints in ((None, False), (tile, True)):
        model = Answers(tile=answer)
        painter = QPainter(image)
        delegate.paint(painter, option, model.index(0, 0))
        painter.end()
        assert (image != before) is paints
    assert delegate.sizeHint(option, model.index(0, 0)) == SIZE


def test_that_no_state_of_a_tile_breaks_the_painter(delegate):
    tiles = [
        make_tile(classification=name, confirmed=confirmed)
        for name in ("Good", "Bad", "HotChannel", "NoData", "LED", "Ignore", "Unheard_of")
        for confirmed in (True, False)
    ]
    tiles += [make_tile(classification=None, state=state) for state in PlotState]
    tiles.append(Tile(PlotTypeInfo("x" * 300), None))
    for tile in tiles:
        for theme in (LIGHT, DARK):
            assert paint(delegate, tile, theme=theme, waiting=True).std() > 0


class Silent(QAbstractListModel):
    """Answers None to everything, from Python, thousands of times a second."""

    def __init__(self):
        super().__init__()
        self.asked = 0

    @override
    def rowCount(self, parent=QModelIndex()):  # noqa: B008
        return 0 if parent.isValid() else 500

    def data(self, index, role=0):
        self.asked += 1
        return


@pytest.mark.parametrize("kind", [QListView, TileGridView])
def test_that_painting_a_model_thousands_of_times_survives_answers_of_none(qtbot, kind):
    """One release of PySide6 aborts here: it gives up a reference to None for every such answer."""
    model, view = Silent(), kind()
    view.setModel(model)
    view.resize(900, 600)
    view.show()
    while model.asked < 60_000:
        before = model.asked
        view.viewport().repaint()
        for row in range(0, 500, 5):
            model.index(row, 0).data(TileRole.BODY)
        assert model.asked > before
        QApplication.processEvents()
    delete_now(view)
