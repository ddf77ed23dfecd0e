"""Every symbol is a shape of its own, and severities look as the visual language says."""

import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter

from backend.domain.classifications import Severity, Symbol
from ui.theme.icons import icon_names, icon_pixmap
from ui.theme.symbols import paint_hatch, paint_masked_corner, paint_symbol, severity_style
from ui.theme.tokens import DARK, LIGHT


def _canvas(side: int = 48) -> QImage:
    image = QImage(side, side, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    return image


def _drawn(symbol: Symbol, side: int = 48, rect: QRectF | None = None) -> QImage:
    image = _canvas(side)
    painter = QPainter(image)
    paint_symbol(painter, symbol, rect or QRectF(0, 0, side, side), "#D55E00")
    painter.end()
    return image


def _ink(image: QImage) -> int:
    return sum(image.pixelColor(x, y).alpha() > 128 for x in range(image.width()) for y in range(image.height()))


@pytest.mark.parametrize("symbol", Symbol)
@pytest.mark.parametrize("side", [11, 14, 48])
def test_that_every_symbol_leaves_ink_and_stays_inside_its_box(qapp, symbol, side):
    image = _drawn(symbol, side * 3, QRectF(side, side, side, side))
    assert _ink(image) > side // 2
    inside = _canvas(side * 3)
    painter = QPainter(inside)
    painter.drawImage(QRectF(side, side, side, side), image, QRectF(side, side, side, side))
    painter.end()
    assert image == inside


def test_that_no_two_symbols_look_alike(qapp):
    drawn = [_drawn(symbol) for symbol in Symbol]
    assert all(one != other for i, one in enumerate(drawn) for other in drawn[:i])


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_that_colour_appears_only_where_attention_is_due(theme):
    assert severity_style(theme, Severity.NORMAL).line == theme.line
    assert severity_style(theme, Severity.NORMAL).title_ground == ""
    assert severity_style(theme, Severity.INFORMATION).title_ground == ""
    assert severity_style(theme, Severity.WARNING).line_width == 1
    alarm = severity_style(theme, Severity.ALARM)
    assert (alarm.line_width, alarm.title_ground, alarm.line) == (3, theme.alarm.title_ground, theme.alarm.line)


def test_that_unconfirmed_is_hatched_and_no_model_is_dashed():
    for severity in Severity:
        assert severity_style(LIGHT, severity, confirmed=False).hatch
        assert not severity_style(LIGHT, severity, confirmed=True).hatch
        assert severity_style(LIGHT, severity).border().style() is Qt.PenStyle.SolidLine
    assert severity_style(LIGHT, None).border().style() is Qt.PenStyle.CustomDashLine


def test_that_hatch_stays_inside_its_area_and_leaves_gaps(qapp):
    image = _canvas()
    painter = QPainter(image)
    paint_hatch(painter, QRectF(8, 8, 32, 32), "#000000")
    painter.end()
    ink = _ink(image)
    assert 32 * 32 * 0.2 < ink < 32 * 32 * 0.7
    assert all(image.pixelColor(x, y).alpha() == 0 for x in range(48) for y in range(8))


def test_that_a_mask_strikes_the_upper_right_corner(qapp):
    image = _canvas()
    painter = QPainter(image)
    paint_masked_corner(painter, QRectF(0, 0, 48, 48), "#000000", 24)
    painter.end()
    assert _ink(image) > 50
    assert all(image.pixelColor(x, y).alpha() == 0 for x in range(24) for y in range(48))


@pytest.mark.parametrize("name", icon_names())
def test_that_every_icon_is_tinted_and_has_the_pixels_of_the_screen(qapp, name):
    pixmap = icon_pixmap(name, "#0B5FA5", 20, 3.0)
    assert (pixmap.width(), pixmap.devicePixelRatio()) == (60, 3.0)
    image = pixmap.toImage()
    solid = [image.pixelColor(x, y) for x in range(60) for y in range(60) if image.pixelColor(x, y).alpha() == 255]
    assert solid
    assert {colour.name().upper() for colour in solid} == {"#0B5FA5"}


def test_that_an_unknown_icon_is_an_error(qapp):
    with pytest.raises(FileNotFoundError):
        icon_pixmap("no-such-icon", "#000000", 16)
