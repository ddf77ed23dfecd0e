"""How the grid of plots to be labelled looks: tiles that are seen, rings around what a key labels, sizes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QAccessible, QColor, QFocusEvent, QHideEvent, QPainter, QPaintEvent, QPen, QShowEvent
from PySide6.QtWidgets import QAbstractItemView, QWidget
from typing_extensions import override

from backend.domain.classifications import Classification
from ui.grid.composer import BodySpec
from ui.grid.layout import TILE_WIDTHS, body_rect
from ui.grid.sectioned_view import RING_ROOM, Index, SectionedView
from ui.labelling.tile_painter import SHAPE, TilePainter
from ui.labelling.values import LabelRole, LabelTile
from ui.theme.apply import theme_of
from ui.theme.tokens import RADIUS, Theme

_SETTLE_MS = 120
_RING, _RING_OFFSET = 2, 2.5


class LabelTilesView(SectionedView):
    """Rows are plots. What is ringed is up to the subclass, by `targets`."""

    body_spec_changed = Signal(object)
    """`BodySpec` of the images wanted from now on."""
    zoom_changed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, shape=SHAPE)
        self._painter = TilePainter()
        self._spec: BodySpec | None = None
        self._blind = False
        self._settle = self._timer(_SETTLE_MS, self._announce_spec)

    def _timer(self, interval: int, slot: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setInterval(interval)
        timer.setSingleShot(True)
        timer.timeout.connect(slot)
        return timer

    @property
    def targets(self) -> tuple[int, ...]:
        """Rows with a ring."""
        return ()

    # Values in.

    def set_classes(self, classes: Mapping[str, Classification]) -> None:
        """How classes look."""
        self._painter.set_classes(classes)
        self.viewport().update()

    def set_blind(self, blind: bool) -> None:
        """Hide the model's guess, or show it."""
        self._blind = blind
        self.viewport().update()

    def on_painted(self, heard: Callable[[LabelTile], None] | None) -> None:
        """Have every tile told whose image came on screen."""
        self._painter.body_painted = heard

    @property
    def zoom(self) -> int:
        """The zoom step, 0 to `len(TILE_WIDTHS) - 1`."""
        return self._zoom

    def set_zoom(self, step: int) -> None:
        """Show smaller or larger tiles; what is looked at stays in sight."""
        step = min(max(step, 0), len(TILE_WIDTHS) - 1)
        if step == self._zoom:
            return
        keep = self._index(self.targets[0]) if self.targets else self._first_seen()
        self._zoom = step
        self._relayout()
        self.scrollTo(keep, QAbstractItemView.ScrollHint.PositionAtTop)
        self.zoom_changed.emit(step)

    # Painting.

    @override
    def layout_settled(self) -> None:
        """Images of another size are asked for, later where only the width changed."""
        if self._spec is None:
            self._announce_spec()
        elif self._wanted_spec() != self._spec:
            self._settle.start()

    def _wanted_spec(self) -> BodySpec:
        size = body_rect(QRect(QPoint(), self._grid().tile), SHAPE).size()
        return BodySpec(size.width(), size.height(), self.devicePixelRatioF(), theme_of(self).image_ground)

    def _announce_spec(self) -> None:
        wanted = self._wanted_spec()
        if self.isVisible() and wanted != self._spec:
            self._spec = wanted
            self.body_spec_changed.emit(wanted)

    @override
    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Move what is drawn; only the stripe that comes into sight is painted anew."""
        self.viewport().scroll(0, dy)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the tiles that meet the damaged region."""
        theme = theme_of(self)
        self._painter.use(theme, self.devicePixelRatioF())
        area, region, top = event.rect(), event.region(), self.verticalOffset()
        painter = QPainter(self.viewport())
        painter.fillRect(area, QColor(theme.ground))
        model, ringed = self.model(), set(self.targets)
        for row in self._grid().rows_between(area.top() + top - RING_ROOM, area.bottom() + top + RING_ROOM):
            rect = self._rect(row)
            if model is not None and region.intersects(self._with_ring(rect)):
                index = model.index(row, 0)
                tile, body = index.data(LabelRole.TILE), index.data(LabelRole.BODY)
                self._painter.paint(painter, rect, tile, body, blind=self._blind)
                if row in ringed:
                    _paint_ring(painter, rect, theme)
        painter.end()

    def _rect(self, row: int) -> QRect:
        return self._grid().rect(row).translated(0, -self.verticalOffset())

    @override
    def dataChanged(self, first: Index, last: Index, roles: Sequence[int] = ()) -> None:
        """Repaint the changed tiles that are seen, and only these."""
        if QAccessible.isActive():
            QAbstractItemView.dataChanged(self, first, last, list(roles))
        seen = self.visible_rows()
        if seen:
            for row in range(max(first.row(), seen[0]), min(last.row(), seen[-1]) + 1):
                self.viewport().update(self._rect(row))

    @override
    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.layout_settled()

    @override
    def hideEvent(self, event: QHideEvent) -> None:
        self._settle.stop()
        super().hideEvent(event)

    @override
    def changeEvent(self, event: QEvent) -> None:
        """A new palette is a new theme."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._announce_spec()
            self.viewport().update()


def _paint_ring(painter: QPainter, rect: QRect, theme: Theme) -> None:
    """Around the tile and apart from it, so that it is not taken for the line of a class."""
    painter.setPen(QPen(QColor(theme.accent), _RING))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    ring = rect.toRectF().adjusted(-_RING_OFFSET, -_RING_OFFSET, _RING_OFFSET, _RING_OFFSET)
    painter.drawRoundedRect(ring, RADIUS + _RING_OFFSET, RADIUS + _RING_OFFSET)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
