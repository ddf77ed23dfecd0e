"""An image ready to be copied to the screen, and the words that stand in for it. Used large and as a preview."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHideEvent, QImage, QPainter, QPaintEvent, QPen, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

from ui.detail.image_view import fitted
from ui.grid.composer import BodySpec
from ui.theme.apply import theme_of
from ui.theme.fonts import font
from ui.theme.tokens import BODY, GRID, LINE, RADIUS


class LargeImage(QWidget):
    """Shows one image of the size it asks for."""

    spec_changed = Signal(object)
    """`BodySpec` of the images wanted from now on."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.painted: Callable[[int], None] | None = None
        self._image: QImage | None = None
        self._plot_id = -1
        self._words = ""
        self._spec: BodySpec | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(20 * GRID, 15 * GRID)

    @property
    def plot_id(self) -> int:
        """The plot whose image is shown; -1 for none."""
        return self._plot_id if self._image is not None else -1

    def show_image(self, plot_id: int, image: QImage) -> None:
        """Show an image."""
        self._plot_id, self._image, self._words = plot_id, image, ""
        self.update()

    def say(self, words: str) -> None:
        """Show words and no image."""
        self._image, self._words = None, words
        self.update()

    def spec(self) -> BodySpec:
        """The images that fit."""
        size = self.size() - QSize(2, 2)
        return BodySpec(size.width(), size.height(), self.devicePixelRatioF(), theme_of(self).image_ground)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._announce()

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._announce()

    @override
    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._spec = None

    def _announce(self) -> None:
        wanted = self.spec()
        if self.isVisible() and wanted != self._spec:
            self._spec = wanted
            self.spec_changed.emit(wanted)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        theme, painter = theme_of(self), QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.image_ground if self._image is not None else theme.sunken))
        if self._image is not None:
            self._copy(painter, self._image)
        elif self._words:
            painter.setFont(font(BODY))
            painter.setPen(QColor(theme.muted))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect().adjusted(2 * GRID, 0, -2 * GRID, 0), flags, self._words)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme.line), LINE))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        painter.end()
        if self._image is not None and self.painted is not None:
            self.painted(self._plot_id)

    def _copy(self, painter: QPainter, image: QImage) -> None:
        """Pixel for pixel where the size agrees; scaled for the moments after a resize."""
        frame = self.rect().adjusted(1, 1, -1, -1)
        if image.deviceIndependentSize().toSize() == frame.size():
            painter.drawImage(frame.topLeft(), image)
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(fitted(image.deviceIndependentSize().toSize(), frame), image)


class Preview(LargeImage):
    """Floats over the grid, on the side where the pointer is not; takes neither mouse nor focus."""

    _SHARE = 0.55

    def __init__(self, host: QWidget) -> None:
        super().__init__(host)
        self._host = host
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName("Preview")
        self.hide()

    def open_beside(self, tile: QRect) -> None:
        """Show beside a tile of the host, as large as the larger side leaves room for."""
        room = self._host.rect().adjusted(2 * GRID, 2 * GRID, -2 * GRID, -2 * GRID)
        on_right = tile.center().x() < room.center().x()
        spare = room.right() - tile.right() - GRID if on_right else tile.left() - GRID - room.left()
        width = min(spare, round(room.width() * self._SHARE), round(room.height() / _SHAPE))
        size = QSize(max(width, 20 * GRID), max(round(width * _SHAPE), 15 * GRID))
        left = room.right() - size.width() if on_right else room.left()
        top = min(max(tile.center().y() - size.height() // 2, room.top()), room.bottom() - size.height())
        self.setGeometry(QRect(QPoint(left, top), size))
        self.show()
        self.raise_()


_SHAPE = 0.75
