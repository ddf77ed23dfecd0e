"""A plot with its heat map on top, aligned to the pixel, or the words that say why there is none."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

from backend.domain.predictions import HeatMap
from ui.theme.apply import theme_of
from ui.theme.fonts import font
from ui.theme.icons import paint_icon
from ui.theme.tokens import BODY, GRID, LINE, RADIUS, Theme

_SHAPE = 0.75
_OVERLAY_WIDTH = 480
"""Overlays are made at most this wide and then stretched, so that none costs more than a few milliseconds."""


def fitted(image: QSize, frame: QRect) -> QRect:
    """The largest rectangle of the image's shape inside `frame`, centred, in whole pixels."""
    size = image.scaled(frame.size(), Qt.AspectRatioMode.KeepAspectRatio).expandedTo(QSize(1, 1))
    return QRect(
        frame.x() + (frame.width() - size.width()) // 2,
        frame.y() + (frame.height() - size.height()) // 2,
        size.width(),
        size.height(),
    )


def make_overlay(heat: HeatMap, shown: QSize, opacity: float) -> QImage:
    """The heat map for a plot shown at that many device pixels."""
    from ui.painting.heat_overlay import heat_overlay  # with numpy, after the window

    width = min(shown.width(), _OVERLAY_WIDTH)
    return heat_overlay(heat.values, width, max(1, round(shown.height() * width / shown.width())), opacity)


class PlotImage(QWidget):
    """The image area of the detail pane: always of the same shape, so nothing below it moves."""

    enlarge_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._image: QImage | None = None
        self._heat: HeatMap | None = None
        self._opacity = 0.0
        self._words, self._icon = "", "plot"
        self._scaled: tuple[QSize, QImage] | None = None
        self._overlay: tuple[QSize, QImage] | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    @property
    def image(self) -> QImage | None:
        """The plot shown, None while there is none."""
        return self._image

    @property
    def words(self) -> str:
        """What is said in place of the image."""
        return self._words

    def show_image(self, image: QImage) -> None:
        """Show a plot; an empty image is refused with ValueError."""
        if image.isNull():
            raise ValueError("an empty image cannot be shown")
        self._image, self._scaled, self._overlay, self._words = image, None, None, ""
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip("Open large  (Ctrl+L)")
        self.update()

    def show_words(self, words: str, icon: str = "plot") -> None:
        """Show words in place of an image."""
        self._image, self._scaled, self._overlay = None, None, None
        self._words, self._icon = words, icon
        self.unsetCursor()
        self.setToolTip("")
        self.update()

    def set_heat(self, heat: HeatMap | None) -> None:
        """The heat map to lay over the plot."""
        if heat is not self._heat:
            self._heat, self._overlay = heat, None
            self.update()

    def set_opacity(self, opacity: float) -> None:
        """Opacity of the heat map, 0 to 1."""
        if opacity != self._opacity:
            self._opacity, self._overlay = opacity, None
            self.update()

    def image_rect(self) -> QRect:
        """Where the plot is painted, in the widget's pixels; empty without a plot."""
        frame = self.rect().adjusted(LINE, LINE, -LINE, -LINE)
        return QRect() if self._image is None else fitted(self._image.size(), frame)

    @override
    def hasHeightForWidth(self) -> bool:
        return True

    @override
    def heightForWidth(self, width: int) -> int:
        return round(width * _SHAPE)

    @override
    def sizeHint(self) -> QSize:
        return QSize(46 * GRID, self.heightForWidth(46 * GRID))

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = theme_of(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        shape = QPainterPath()
        shape.addRoundedRect(frame, RADIUS, RADIUS)
        painter.fillPath(shape, QColor(theme.image_ground if self._image else theme.ground))
        if self._image is None:
            self._paint_words(painter, theme)
        else:
            painter.setClipPath(shape)
            self._paint_image(painter, theme)
            painter.setClipping(False)
        self._paint_frame(painter, frame, theme)
        painter.end()

    def _paint_frame(self, painter: QPainter, frame: QRectF, theme: Theme) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(theme.accent), 2) if self.hasFocus() else QPen(QColor(theme.line), LINE))
        painter.drawRoundedRect(frame.adjusted(0.5, 0.5, -0.5, -0.5) if self.hasFocus() else frame, RADIUS, RADIUS)

    def _paint_image(self, painter: QPainter, theme: Theme) -> None:
        target = self.image_rect()
        pixels = target.size() * self.devicePixelRatioF()
        painter.drawImage(target, self._scaled_image(pixels))
        if theme.dark:
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Multiply)
            painter.fillRect(target, QColor(theme.image_ground))
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
        if self._heat is not None and self._opacity > 0:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(target, self._heat_image(pixels, self._heat))

    def _scaled_image(self, pixels: QSize) -> QImage:
        if self._scaled is None or self._scaled[0] != pixels:
            assert self._image is not None  # noqa: S101  (only called while there is one)
            smooth = Qt.TransformationMode.SmoothTransformation
            self._scaled = (pixels, self._image.scaled(pixels, Qt.AspectRatioMode.IgnoreAspectRatio, smooth))
        return self._scaled[1]

    def _heat_image(self, pixels: QSize, heat: HeatMap) -> QImage:
        if self._overlay is None or self._overlay[0] != pixels:
            self._overlay = (pixels, make_overlay(heat, pixels, self._opacity))
        return self._overlay[1]

    def _paint_words(self, painter: QPainter, theme: Theme) -> None:
        side = 4 * GRID
        middle = QRectF(self.rect()).center()
        paint_icon(painter, self._icon, QRectF(middle.x() - side / 2, middle.y() - side - 4, side, side), theme.muted)
        painter.setFont(font(BODY))
        painter.setPen(QColor(theme.muted))
        area = QRectF(3 * GRID, middle.y() + 8, self.width() - 6 * GRID, self.height() / 2 - 8)
        wrapped = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
        painter.drawText(area, wrapped, self._words)

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        inside = self.rect().contains(event.position().toPoint())
        if event.button() is Qt.MouseButton.LeftButton and inside and self._image is not None:
            self.enlarge_requested.emit()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self._image is not None:
            self.enlarge_requested.emit()
        else:
            super().keyPressEvent(event)
