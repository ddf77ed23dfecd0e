"""A plot over the whole window: wheel or + and − zoom, dragging moves, 0 fits again, Esc leaves."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, QSizeF, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QFont,
    QImage,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QResizeEvent,
    QShortcut,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from backend.domain.predictions import HeatMap
from ui.detail.image_view import make_overlay
from ui.theme.apply import theme_of
from ui.theme.tokens import GRID, LARGE
from ui.widgets.buttons import Button
from ui.widgets.frames import Pane, Rule, column, row
from ui.widgets.tone import Tone
from ui.widgets.words import ElidedWords, Words
from ui.wording import NARROW

_STEP = 1.25
_MOST, _LEAST = 32.0, 0.5
"""Zoom relative to the fitted size."""

_SHARP_FROM = 2.0
"""From this many screen pixels an image pixel on, pixels are shown as they are."""


class ZoomCanvas(QWidget):
    """The image under a zoom; `zoom` 1 fits it into the widget."""

    zoom_changed = Signal(float)

    def __init__(self) -> None:
        super().__init__()
        self._image = QImage()
        self._overlay: QImage | None = None
        self._heat: HeatMap | None = None
        self._zoom, self._centre = 1.0, QPointF(0.5, 0.5)
        self._grabbed: QPointF | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Plot, zoomable")
        self.setCursor(Qt.CursorShape.OpenHandCursor)

    @property
    def zoom(self) -> float:
        """Zoom relative to the fitted size."""
        return self._zoom

    def show_image(self, image: QImage, heat: HeatMap | None, opacity: float) -> None:
        """Show an image with its heat map; the zoom stays."""
        self._image, self._heat = image, heat
        self.set_opacity(opacity)

    def set_opacity(self, opacity: float) -> None:
        """Opacity of the heat map, 0 to 1."""
        visible = self._heat is not None and opacity > 0 and not self._image.isNull()
        self._overlay = make_overlay(self._heat, self._image.size(), opacity) if visible and self._heat else None
        self.update()

    @Slot()
    def reset(self) -> None:
        """Fit the whole image again."""
        self._set_view(1.0, QPointF(0.5, 0.5))

    def zoom_by(self, factor: float, at: QPointF | None = None) -> None:
        """Zoom around a point of the widget, the middle unless given; that point of the image stays put."""
        target = self.target()
        anchor = at or QRectF(self.rect()).center()
        zoom = min(max(self._zoom * factor, _LEAST), _MOST)
        share = QPointF((anchor.x() - target.x()) / target.width(), (anchor.y() - target.y()) / target.height())
        size = self._size_at(zoom)
        middle = QRectF(self.rect()).center()
        centre = QPointF(
            share.x() + (middle.x() - anchor.x()) / size.width(), share.y() + (middle.y() - anchor.y()) / size.height()
        )
        self._set_view(zoom, centre)

    def target(self) -> QRectF:
        """Where the whole image lies now, in the widget's pixels."""
        size, middle = self._size_at(self._zoom), QRectF(self.rect()).center()
        left = middle.x() - self._centre.x() * size.width()
        return QRectF(left, middle.y() - self._centre.y() * size.height(), size.width(), size.height())

    def _size_at(self, zoom: float) -> QSizeF:
        image = QSizeF(self._image.size()) if not self._image.isNull() else QSizeF(4, 3)
        fitted = image.scaled(QSizeF(self.size()).expandedTo(QSizeF(1, 1)), Qt.AspectRatioMode.KeepAspectRatio)
        return fitted * zoom

    def _set_view(self, zoom: float, centre: QPointF) -> None:
        inside = QPointF(min(max(centre.x(), 0.0), 1.0), min(max(centre.y(), 0.0), 1.0))
        self._zoom, self._centre = zoom, inside if zoom > 1 else QPointF(0.5, 0.5)
        self.zoom_changed.emit(zoom)
        self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        target = self.target()
        scale = target.width() * self.devicePixelRatioF() / max(1, self._image.width())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, scale < _SHARP_FROM)
        painter.fillRect(target, QColor(theme_of(self).image_ground))
        painter.drawImage(target, self._image)
        if self._overlay is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(target, self._overlay)
        painter.end()

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.zoom_changed.emit(self._zoom)

    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        self.zoom_by(_STEP ** (event.angleDelta().y() / 120), event.position())
        event.accept()

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._grabbed = event.position()
        self.setCursor(Qt.CursorShape.ClosedHandCursor)

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grabbed is None:
            return
        moved, size = event.position() - self._grabbed, self._size_at(self._zoom)
        self._grabbed = event.position()
        self._set_view(self._zoom, self._centre - QPointF(moved.x() / size.width(), moved.y() / size.height()))

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._grabbed = None
        self.setCursor(Qt.CursorShape.OpenHandCursor)

    @override
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.reset()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom_by(_STEP)
        elif event.key() == Qt.Key.Key_Minus:
            self.zoom_by(1 / _STEP)
        elif event.key() == Qt.Key.Key_0:
            self.reset()
        else:
            super().keyPressEvent(event)


class EnlargedView(Pane):
    """The canvas with a title and buttons, over everything in its parent."""

    closed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._host = parent
        self.setBackgroundRole(QPalette.ColorRole.Window)
        self.canvas = ZoomCanvas()
        self.title = ElidedWords("", LARGE, QFont.Weight.DemiBold)
        self.scale = Words("", tone=Tone.MUTED)
        self.zoom_out = Button(kind="icon", icon_name="zoom-out", tip="Smaller", key="-")
        self.zoom_in = Button(kind="icon", icon_name="zoom-in", tip="Larger", key="+")
        self.fit = Button("Fit", key="0", tip="Show the whole plot")
        self.close_button = Button(kind="icon", icon_name="close", tip="Back", key="Esc")
        self._lay_out()
        self._connect()
        parent.installEventFilter(self)
        self.hide()

    def _lay_out(self) -> None:
        head = row(spacing=GRID, margins=(3 * GRID, GRID, 2 * GRID, GRID))
        head.addWidget(self.title, 1)
        for item in (self.scale, self.zoom_out, self.zoom_in, self.fit, self.close_button):
            head.addWidget(item)
        layout = column(spacing=0)
        layout.addLayout(head)
        layout.addWidget(Rule())
        framed = column(self.canvas, margins=(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID))
        layout.addLayout(framed, 1)
        self.setLayout(layout)

    def _connect(self) -> None:
        self.canvas.zoom_changed.connect(self._tell_scale)
        self.zoom_in.clicked.connect(self._larger)
        self.zoom_out.clicked.connect(self._smaller)
        self.fit.clicked.connect(self.canvas.reset)
        self.close_button.clicked.connect(self.close_view)
        context = Qt.ShortcutContext.WidgetWithChildrenShortcut
        QShortcut(QKeySequence("Esc"), self, self.close_view, context=context)

    def open_view(self, title: str, image: QImage, heat: HeatMap | None, opacity: float) -> None:
        """Cover the parent with this plot, fitted."""
        self.title.say(title)
        self.canvas.show_image(image, heat, opacity)
        self.setGeometry(self._host.rect())
        self.show()
        self.raise_()
        self.canvas.reset()
        self.canvas.setFocus()

    @Slot()
    def close_view(self) -> None:
        """Uncover the parent."""
        self.hide()
        self.closed.emit()

    @Slot()
    def _larger(self) -> None:
        self.canvas.zoom_by(_STEP)

    @Slot()
    def _smaller(self) -> None:
        self.canvas.zoom_by(1 / _STEP)

    @Slot(float)
    def _tell_scale(self, zoom: float) -> None:
        self.scale.say(f"{zoom * 100:.0f}{NARROW}%")

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize and self.isVisible():
            self.setGeometry(self._host.rect())
        return super().eventFilter(watched, event)
