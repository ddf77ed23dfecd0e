"""One plot with a caption above, with or without its heat map, or words that say why there is none."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

from backend.domain.predictions import HeatMap
from ui.detail.image_view import fitted, make_overlay
from ui.theme.apply import theme_of
from ui.theme.fonts import font
from ui.theme.tokens import BODY, GRID, LINE, RADIUS, SMALL

_CAPTION = 20
_SHAPE = 0.75
_HEAT = 0.6


class AlertPicture(QWidget):
    """Always of the same shape, so that nothing moves when the image comes."""

    clicked = Signal()

    def __init__(self, least_width: int = 20 * GRID) -> None:
        super().__init__()
        self._caption, self._words = "", ""
        self._image: QImage | None = None
        self._heat: HeatMap | None = None
        self._ready: tuple[QSize, bool, QImage] | None = None
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setMinimumWidth(least_width)

    @property
    def image(self) -> QImage | None:
        """The plot shown, None while there is none."""
        return self._image

    def show_image(self, caption: str, image: QImage, heat: HeatMap | None = None) -> None:
        """Show a plot under `caption`."""
        self._caption, self._image, self._heat, self._words, self._ready = caption, image, heat, "", None
        self.setAccessibleName(caption)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.update()

    def show_words(self, caption: str, words: str) -> None:
        """Show words in place of a plot."""
        self._caption, self._image, self._heat, self._words, self._ready = caption, None, None, words, None
        self.setAccessibleName(f"{caption}: {words}")
        self.unsetCursor()
        self.update()

    @override
    def hasHeightForWidth(self) -> bool:
        return True

    @override
    def heightForWidth(self, width: int) -> int:
        return round(width * _SHAPE) + _CAPTION

    @override
    def sizeHint(self) -> QSize:
        return QSize(self.minimumWidth(), self.heightForWidth(self.minimumWidth()))

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._image is not None and self.rect().contains(event.position().toPoint()):
            self.clicked.emit()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = theme_of(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font(SMALL))
        painter.setPen(QColor(theme.muted))
        painter.drawText(QRect(0, 0, self.width(), _CAPTION - 4), Qt.AlignmentFlag.AlignVCenter, self._caption)
        frame = QRectF(self.rect()).adjusted(0.5, _CAPTION + 0.5, -0.5, -0.5)
        shape = QPainterPath()
        shape.addRoundedRect(frame, RADIUS, RADIUS)
        painter.fillPath(shape, QColor(theme.image_ground if self._image else theme.ground))
        if self._image is None:
            painter.setFont(font(BODY))
            inner = frame.adjusted(GRID, GRID, -GRID, -GRID)
            painter.drawText(inner, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._words)
        else:
            painter.setClipPath(shape)
            area = frame.toRect().adjusted(2, 2, -2, -2)
            target = fitted(self._image.size(), area)
            painter.drawImage(target, self._composed(target.size() * self.devicePixelRatioF(), theme.dark))
            painter.setClipping(False)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(theme.line), LINE))
        painter.drawRoundedRect(frame, RADIUS, RADIUS)
        painter.end()

    def _composed(self, pixels: QSize, dark: bool) -> QImage:
        """Scaled and laid over once, then only copied."""
        if self._ready is None or self._ready[:2] != (pixels, dark):
            assert self._image is not None  # noqa: S101 - only called while there is one
            smooth = Qt.TransformationMode.SmoothTransformation
            made = self._image.scaled(pixels, Qt.AspectRatioMode.IgnoreAspectRatio, smooth)
            made = made.convertToFormat(QImage.Format.Format_RGB32)
            painter = QPainter(made)
            if dark:
                painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Multiply)
                painter.fillRect(made.rect(), QColor(theme_of(self).image_ground))
                painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
            if self._heat is not None:
                painter.drawImage(made.rect(), make_overlay(self._heat, pixels, _HEAT))
            painter.end()
            self._ready = (pixels, dark, made)
        return self._ready[2]
