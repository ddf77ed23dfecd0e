"""The image of the detail pane: its shape kept, its heat map on the very pixels it speaks of."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect, QSize, Qt

from backend.domain.predictions import HeatMap
from tests.fakes.windows import picture, pixels
from ui.detail.image_view import PlotImage, fitted
from ui.theme.apply import apply
from ui.theme.tokens import DARK, LIGHT


@pytest.fixture
def view(qtbot, qapp):
    apply(qapp, LIGHT)
    made = PlotImage()
    qtbot.addWidget(made)
    made.resize(402, 302)
    made.show()
    qtbot.waitExposed(made)
    return made


def _hot(row, column, rows=14, columns=14):
    values = np.zeros((rows, columns), np.uint8)
    values[row, column] = 255
    return HeatMap(values)


@pytest.mark.parametrize(
    ("image", "frame", "expected"),
    [
        (QSize(800, 600), QRect(0, 0, 400, 300), QRect(0, 0, 400, 300)),
        (QSize(600, 600), QRect(0, 0, 400, 300), QRect(50, 0, 300, 300)),
        (QSize(1000, 100), QRect(10, 20, 400, 300), QRect(10, 150, 400, 40)),
        (QSize(10_000, 1), QRect(0, 0, 40, 30), QRect(0, 14, 40, 1)),
    ],
)
def test_that_an_image_keeps_its_shape_in_the_middle_of_its_frame(image, frame, expected):
    assert fitted(image, frame) == expected


@pytest.mark.parametrize(("width", "height"), [(400, 300), (300, 300), (400, 120)])
@pytest.mark.parametrize(("row", "column"), [(2, 3), (10, 9)])
def test_that_evidence_is_painted_over_the_pixels_it_covers(view, width, height, row, column):
    view.show_image(picture(width, height, 0xFFFFFFFF))
    plain = pixels(view.grab().toImage()).astype(int)
    view.set_heat(_hot(row, column))
    view.set_opacity(1.0)
    changed = np.abs(pixels(view.grab().toImage()).astype(int) - plain).sum(axis=2)
    weight = changed * (changed > 30)
    down, across = np.mgrid[0 : changed.shape[0], 0 : changed.shape[1]] + 0.5
    ratio = changed.shape[1] / view.width()
    target = view.image_rect()
    middle = (
        (target.x() + target.width() * (column + 0.5) / 14) * ratio,
        (target.y() + target.height() * (row + 0.5) / 14) * ratio,
    )
    found = ((across * weight).sum() / weight.sum(), (down * weight).sum() / weight.sum())
    assert found == pytest.approx(middle, abs=1.0)


def test_that_the_picture_is_shown_pixel_by_pixel_at_its_own_size(view):
    image = picture(400, 300)
    for x in range(0, 400, 2):
        for y in range(300):
            image.setPixel(x, y, 0xFF000000)
    view.show_image(image)
    assert view.image_rect() == QRect(1, 1, 400, 300)
    if view.devicePixelRatioF() == 1:
        shown = pixels(view.grab().toImage())[20:280, 21:381]
        assert (shown == pixels(image)[19:279, 20:380]).all()


def test_that_opacity_zero_or_no_heat_map_leaves_the_picture_alone(view):
    view.show_image(picture())
    plain = pixels(view.grab().toImage())
    view.set_heat(_hot(5, 5))
    assert (pixels(view.grab().toImage()) == plain).all()
    view.set_opacity(0.8)
    assert (pixels(view.grab().toImage()) != plain).any()
    view.set_heat(None)
    assert (pixels(view.grab().toImage()) == plain).all()


def test_that_white_plots_are_dimmed_in_the_dark(view, qapp):
    view.show_image(picture(colour=0xFFFFFFFF))
    apply(qapp, DARK)
    middle = view.grab().toImage().pixelColor(QPoint(200, 150))
    assert middle.name().upper() == DARK.image_ground
    apply(qapp, LIGHT)


def test_that_a_click_or_return_opens_it_large_only_when_there_is_an_image(view, qtbot):
    with qtbot.assertNotEmitted(view.enlarge_requested):
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton)
    view.show_image(picture())
    with qtbot.waitSignal(view.enlarge_requested):
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(view.enlarge_requested):
        qtbot.keyClick(view, Qt.Key.Key_Return)


def test_that_an_empty_image_is_refused(view):
    with pytest.raises(ValueError, match="empty image"):
        view.show_image(picture(0, 0))


def test_that_the_area_has_one_shape_whatever_it_shows(view):
    before = view.heightForWidth(400)
    view.show_image(picture(100, 1000))
    assert view.heightForWidth(400) == before == 300
