"""The grid view: uniform tiles under group headings, drawn only where they are seen.

A QListView, so that screen readers find its items; the geometry is all its own. Every row of the model is one
tile; rows of one group follow each other (see `ui.grid.roles.TileRows`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from PySide6.QtCore import (
    QEvent,
    QPoint,
    QRect,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import (
    QAccessible,
    QColor,
    QFocusEvent,
    QHideEvent,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QRegion,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QWidget
from typing_extensions import override

from backend.domain.classifications import Classification
from backend.domain.hall import Tile
from ui.grid.composer import BodySpec
from ui.grid.delegate import RING, THIN_RING, TileDelegate
from ui.grid.headings import Headings
from ui.grid.layout import DEFAULT_ZOOM, TILE_WIDTHS, body_rect
from ui.grid.pointer import PointerWatch
from ui.grid.roles import Section, TileRole
from ui.grid.sectioned_view import RING_ROOM, Index, SectionedView
from ui.theme.apply import theme_of
from ui.wording import age_of

_SETTLE_MS = 120
"""After the last change of width, bodies of the new size are asked for."""

_AGE_MS = 1000
_PAINTED_KEPT = 20_000


class TileGridView(SectionedView):
    """The grid; the attention pane is one of a single column."""

    body_spec_changed = Signal(object)
    """`BodySpec` of the images to be served from now on; a change of size is told after it has settled."""

    pointer_held = Signal(bool)
    """Whether a pointer is at work over the tiles; nothing should move while it is."""

    zoom_changed = Signal(int)
    """The new zoom step, 0 to `len(TILE_WIDTHS) - 1`."""

    def __init__(self, parent: QWidget | None = None, *, columns: int = 0) -> None:
        super().__init__(parent, columns=columns)
        self.tile_painted: Callable[[int], None] | None = None
        self._hovered = -1
        self._spec: BodySpec | None = None
        self._painted: dict[str, int] = {}
        self._swept_at = datetime.now(UTC)
        self._delegate = TileDelegate(self)
        self._delegate.body_painted = self._note_painted
        self._headings = Headings()
        self.setItemDelegate(self._delegate)
        self._set_up_behaviour()
        self._settle = self._timer(_SETTLE_MS, self._announce_spec, single=True)
        self._ages = self._timer(_AGE_MS, self._repaint_ages, single=False)

    def _set_up_behaviour(self) -> None:
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.viewport().setMouseTracking(True)
        PointerWatch(self.viewport()).held_changed.connect(self.pointer_held)

    def _timer(self, interval: int, slot: Callable[[], None], *, single: bool) -> QTimer:
        timer = QTimer(self)
        timer.setInterval(interval)
        timer.setSingleShot(single)
        timer.timeout.connect(slot)
        return timer

    def set_classifications(self, classifications: Mapping[str, Classification]) -> None:
        """How classes look from now on."""
        self._delegate.set_classifications(classifications)
        self.viewport().update()

    @property
    def zoom(self) -> int:
        """The zoom step, 0 to `len(TILE_WIDTHS) - 1`."""
        return self._zoom

    def set_zoom(self, step: int) -> None:
        """Show smaller or larger tiles; the step is brought into its range, the current tile kept in sight."""
        step = min(max(step, 0), len(TILE_WIDTHS) - 1)
        if step == self._zoom:
            return
        keep = self.currentIndex() if self.currentIndex().isValid() else self._first_seen()
        self._zoom = step
        self._relayout()
        self.scrollTo(keep)
        self.zoom_changed.emit(step)

    @override
    def layout_settled(self) -> None:
        """Images of another size are asked for, at once for the first time, later when the size has settled."""
        if self._spec is None:
            self._announce_spec()
        elif self._wanted_spec() != self._spec:
            self._settle.start()

    def _wanted_spec(self) -> BodySpec:
        size = body_rect(QRect(QPoint(), self._grid().tile)).size()
        return BodySpec(size.width(), size.height(), self.devicePixelRatioF(), theme_of(self).image_ground)

    def _announce_spec(self) -> None:
        wanted = self._wanted_spec()
        if self.isVisible() and wanted != self._spec:
            self._spec = wanted
            self.body_spec_changed.emit(wanted)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl and + or - change the size of the tiles, Ctrl+0 restores it."""
        if event.matches(QKeySequence.StandardKey.ZoomIn):
            self.set_zoom(self._zoom + 1)
        elif event.matches(QKeySequence.StandardKey.ZoomOut):
            self.set_zoom(self._zoom - 1)
        elif QKeySequence(event.keyCombination()) == _ZOOM_RESET:
            self.set_zoom(DEFAULT_ZOOM)
        else:
            super().keyPressEvent(event)

    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        """With Ctrl the wheel changes the size of the tiles."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.set_zoom(self._zoom + (1 if event.angleDelta().y() > 0 else -1))
            event.accept()
        else:
            super().wheelEvent(event)

    @override
    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Move what is drawn; only the stripe that comes into sight is painted anew."""
        self.viewport().scroll(0, dy)
        self._hover(self._under_pointer())

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw headings and tiles that meet the damaged region."""
        theme = theme_of(self)
        self._delegate.use(theme, self.devicePixelRatioF())
        self._delegate.now = datetime.now(UTC)
        region = event.region()
        painter = QPainter(self.viewport())
        painter.fillRect(region.boundingRect(), QColor(theme.ground))
        self._headings.paint(painter, theme, self._headings_in(region.boundingRect()))
        self._paint_tiles(painter, region)
        painter.end()

    def _headings_in(self, area: QRect) -> Iterator[tuple[Section, QRect]]:
        top = self.verticalOffset()
        for section, rect in self._grid().headings_between(area.top() + top, area.bottom() + top):
            yield section, rect.translated(0, -top)

    def _paint_tiles(self, painter: QPainter, region: QRegion) -> None:
        top, area, grid = self.verticalOffset(), region.boundingRect(), self._grid()
        model, chosen = self.model(), self._chosen_row()
        ring = RING if self.hasFocus() else THIN_RING
        for row in grid.rows_between(area.top() + top - RING_ROOM, area.bottom() + top + RING_ROOM):
            rect = grid.rect(row).translated(0, -top)
            if not region.intersects(self._with_ring(rect) if row == chosen else rect):
                continue
            index = model.index(row, 0)
            tile = index.data(TileRole.TILE)
            if isinstance(tile, Tile):
                hovered, width = row == self._hovered, ring if row == chosen else 0
                self._delegate.paint_tile(painter, rect, index, tile, hovered=hovered, ring=width)

    def _chosen_row(self) -> int:
        current = self.currentIndex()
        return current.row() if current.isValid() and self.selectionModel().isSelected(current) else -1

    def _note_painted(self, tile: Tile) -> None:
        if self.tile_painted is None or tile.plot is None:
            return
        name, plot_id = tile.plot_type.name, tile.plot.plot_id
        if self._painted.get(name) != plot_id:
            if len(self._painted) >= _PAINTED_KEPT:
                self._painted.clear()
            self._painted[name] = plot_id
            self.tile_painted(plot_id)

    @override
    def dataChanged(self, first: Index, last: Index, roles: Sequence[int] = ()) -> None:
        """Repaint the changed tiles that are seen, and only these."""
        if QAccessible.isActive():
            QAbstractItemView.dataChanged(self, first, last, list(roles))
        top, grid, seen = self.verticalOffset(), self._grid(), self.visible_rows()
        if seen:
            for row in range(max(first.row(), seen[0]), min(last.row(), seen[-1]) + 1):
                self.viewport().update(grid.rect(row).translated(0, -top))

    def _repaint_ages(self) -> None:
        before, now = self._swept_at, datetime.now(UTC)
        self._swept_at = now
        top, grid, model = self.verticalOffset(), self._grid(), self.model()
        for row in self.visible_rows():
            tile = model.index(row, 0).data(TileRole.TILE)
            if isinstance(tile, Tile) and _aged(tile, before, now):
                self.viewport().update(self._delegate.age_rect(grid.rect(row).translated(0, -top)))

    @override
    def viewportEvent(self, event: QEvent) -> bool:
        """Follow the pointer from tile to tile."""
        kind = event.type()
        if kind in (QEvent.Type.HoverMove, QEvent.Type.HoverEnter):
            self._hover(self._under_pointer())
        elif kind in (QEvent.Type.HoverLeave, QEvent.Type.Leave):
            self._hover(-1)
        return super().viewportEvent(event)

    def _under_pointer(self) -> int:
        if not self.viewport().underMouse():
            return -1
        return self.indexAt(self.viewport().mapFromGlobal(self.cursor().pos())).row()

    def _hover(self, row: int) -> None:
        if row != self._hovered:
            for changed in (row, self._hovered):
                if changed >= 0:
                    self.viewport().update(self._grid().rect(changed).translated(0, -self.verticalOffset()))
            self._hovered = row

    @override
    def focusInEvent(self, event: QFocusEvent) -> None:
        """The ring of the current tile grows."""
        super().focusInEvent(event)
        self.viewport().update(self._with_ring(self.visualRect(self.currentIndex())))

    @override
    def focusOutEvent(self, event: QFocusEvent) -> None:
        """The ring of the current tile becomes thin."""
        super().focusOutEvent(event)
        self.viewport().update(self._with_ring(self.visualRect(self.currentIndex())))

    @override
    def showEvent(self, event: QShowEvent) -> None:
        """Ages pass only while somebody can see them."""
        super().showEvent(event)
        self._ages.start()
        self._swept_at = datetime.now(UTC)
        self.layout_settled()
        self.scrollTo(self.currentIndex())

    @override
    def hideEvent(self, event: QHideEvent) -> None:
        """Nothing ticks in a hidden view."""
        self._ages.stop()
        self._settle.stop()
        super().hideEvent(event)

    @override
    def changeEvent(self, event: QEvent) -> None:
        """A new palette is a new theme."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._announce_spec()
            self.viewport().update()


_ZOOM_RESET = QKeySequence("Ctrl+0")


def _aged(tile: Tile, before: datetime, now: datetime) -> bool:
    plot = tile.plot
    return plot is not None and age_of(plot.received_at, before) != age_of(plot.received_at, now)
