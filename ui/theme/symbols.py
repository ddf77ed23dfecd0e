"""Symbols of classifications, drawn as paths so that they are crisp at any scale, and marks of uncertainty.

Everything here may run outside the GUI thread: it touches nothing but the painter it is given.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from backend.domain.classifications import Severity, Symbol
from ui.theme.tokens import LINE, LINE_ALARM, Theme

Points = tuple[tuple[float, float], ...]

_STROKE = 0.13
"""Width of a stroked symbol, as a share of its side."""

_ROUNDING = 0.08
"""Filled symbols get a thin line of their own colour, which rounds their corners."""


def paint_symbol(painter: QPainter, symbol: Symbol, rect: QRectF, colour: QColor | str) -> None:
    """Paint `symbol` centred in `rect`, as large as fits, in one colour."""
    side = min(rect.width(), rect.height())
    draw, filled = _SYMBOLS[symbol]
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(rect.center() - QPointF(side, side) / 2)
    painter.scale(side, side)
    painter.setPen(_pen(colour, _ROUNDING if filled else _STROKE))
    painter.setBrush(QColor(colour) if filled else Qt.BrushStyle.NoBrush)
    painter.drawPath(draw())
    painter.restore()


def _pen(colour: QColor | str, width: float) -> QPen:
    return QPen(QColor(colour), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)


def _polygon(points: Points, *, closed: bool = True) -> QPainterPath:
    path = QPainterPath(QPointF(*points[0]))
    for point in points[1:]:
        path.lineTo(*point)
    if closed:
        path.closeSubpath()
    return path


def _check() -> QPainterPath:
    return _polygon(((0.16, 0.54), (0.40, 0.78), (0.84, 0.24)), closed=False)


def _ring() -> QPainterPath:
    path = QPainterPath()
    path.addEllipse(QPointF(0.5, 0.5), 0.36, 0.36)
    return path


def _diamond() -> QPainterPath:
    return _polygon(((0.5, 0.08), (0.92, 0.5), (0.5, 0.92), (0.08, 0.5)))


def _triangle() -> QPainterPath:
    return _polygon(((0.5, 0.12), (0.94, 0.88), (0.06, 0.88)))


def _star() -> QPainterPath:
    radii = (0.46, 0.15)
    turns = (-math.pi / 2 + k * math.pi / 4 for k in range(8))
    return _polygon(
        tuple((0.5 + radii[k % 2] * math.cos(t), 0.5 + radii[k % 2] * math.sin(t)) for k, t in enumerate(turns))
    )


def _bolt() -> QPainterPath:
    return _polygon(((0.60, 0.06), (0.20, 0.56), (0.46, 0.56), (0.38, 0.94), (0.80, 0.42), (0.53, 0.42)))


def _square() -> QPainterPath:
    path = QPainterPath()
    path.addRect(QRectF(0.16, 0.16, 0.68, 0.68))
    return path


def _cross() -> QPainterPath:
    path = _polygon(((0.2, 0.2), (0.8, 0.8)), closed=False)
    path.addPath(_polygon(((0.8, 0.2), (0.2, 0.8)), closed=False))
    return path


def _slashed() -> QPainterPath:
    path = _ring()
    path.addPath(_polygon(((0.14, 0.86), (0.86, 0.14)), closed=False))
    return path


def _dash() -> QPainterPath:
    return _polygon(((0.18, 0.5), (0.82, 0.5)), closed=False)


def _question() -> QPainterPath:
    path = QPainterPath(QPointF(0.29, 0.32))
    path.cubicTo(0.29, 0.02, 0.74, 0.02, 0.74, 0.31)
    path.cubicTo(0.74, 0.49, 0.51, 0.46, 0.51, 0.66)
    path.moveTo(0.51, 0.88)
    path.lineTo(0.511, 0.88)
    return path


_SYMBOLS: dict[Symbol, tuple[Callable[[], QPainterPath], bool]] = {
    Symbol.CHECK: (_check, False),
    Symbol.RING: (_ring, False),
    Symbol.DIAMOND: (_diamond, True),
    Symbol.TRIANGLE: (_triangle, True),
    Symbol.STAR: (_star, True),
    Symbol.BOLT: (_bolt, True),
    Symbol.SQUARE: (_square, True),
    Symbol.CROSS: (_cross, False),
    Symbol.SLASHED: (_slashed, False),
    Symbol.DASH: (_dash, False),
    Symbol.QUESTION: (_question, False),
}


def paint_hatch(painter: QPainter, area: QRectF | QPainterPath, colour: QColor | str, spacing: float = 9.0) -> None:
    """Hatch `area` with diagonal stripes `spacing` pixels apart: the mark of an unconfirmed verdict."""
    path = area if isinstance(area, QPainterPath) else _rectangle(area)
    box = path.boundingRect()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setClipPath(path, Qt.ClipOperation.IntersectClip)
    painter.setPen(QPen(QColor(colour), spacing * 0.36))
    count = math.ceil((box.width() + box.height()) / spacing) + 1
    starts = (box.left() - box.height() + k * spacing for k in range(count))
    painter.drawLines([QLineF(x, box.bottom(), x + box.height(), box.top()) for x in starts])
    painter.restore()


def paint_masked_corner(painter: QPainter, rect: QRectF, colour: QColor | str, side: float = 24.0) -> None:
    """A striped triangle in the upper right corner of `rect`: a known problem is masked here."""
    corner = rect.topRight()
    path = QPainterPath(corner)
    path.lineTo(corner - QPointF(side, 0))
    path.lineTo(corner + QPointF(0, side))
    path.closeSubpath()
    paint_hatch(painter, path, colour, 5.0)


def _rectangle(rect: QRectF) -> QPainterPath:
    path = QPainterPath()
    path.addRect(rect)
    return path


@dataclass(frozen=True, slots=True)
class SeverityStyle:
    """How a card of one verdict is drawn; colours ``#rrggbb``, `line_width` in pixels.

    `title_ground` is "" where the title bar is plain. `hatch` is "" or, for an unconfirmed verdict, the colour to
    hatch the title bar with (`paint_hatch`); `text` is readable on both. `dashed` marks the lack of a verdict.
    `fill` paints small areas such as the marks of the strip.
    """

    line: str
    line_width: int
    title_ground: str
    hatch: str
    text: str
    fill: str
    dashed: bool

    @property
    def hatched(self) -> bool:
        """Whether the verdict is unconfirmed."""
        return bool(self.hatch)

    def border(self) -> QPen:
        """The pen around the card, dashed where no model judged."""
        pen = QPen(QColor(self.line), self.line_width)
        if self.dashed:
            pen.setStyle(Qt.PenStyle.CustomDashLine)
            pen.setDashPattern([4.0, 3.0])
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        return pen


def severity_style(theme: Theme, severity: Severity | None, confirmed: bool = True) -> SeverityStyle:
    """Grey where normal, colour only where attention is due; `severity` None: no model judged this plot."""
    colours = theme.severity(severity)
    if severity is None:
        return SeverityStyle(theme.normal.line, LINE, "", "", colours.text, colours.fill, dashed=True)
    if not confirmed:
        hatch = theme.sunken if severity is Severity.NORMAL else colours.title_ground
        return SeverityStyle(theme.line, LINE, "", hatch, colours.text, colours.fill, dashed=False)
    if severity < Severity.WARNING:
        return SeverityStyle(theme.line, LINE, "", "", colours.text, colours.fill, dashed=False)
    width = LINE_ALARM if severity is Severity.ALARM else LINE
    return SeverityStyle(colours.line, width, colours.title_ground, "", colours.text, colours.fill, dashed=False)
