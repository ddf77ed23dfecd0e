"""The preview over the grid: opened by a key or a resting pointer, gone when the pointer or the grid moves on."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from ui.labelling.grid import LabelGrid
from ui.labelling.large_image import Preview


class PreviewKeeper(QObject):
    """Opens the preview beside the tile it is of."""

    wanted = Signal(int)
    """A row whose image is to be shown; -1 when none is any more."""

    def __init__(self, grid: LabelGrid) -> None:
        super().__init__(grid)
        self.preview = Preview(grid.viewport())
        self._grid = grid
        self._hovers = False
        self._row = -1
        grid.pointed_at.connect(self._point_at)
        grid.verticalScrollBar().valueChanged.connect(self.close)

    def set_hover(self, *, on: bool) -> None:
        """Whether resting the pointer opens it."""
        self._hovers = on
        self.close()

    def toggle(self, row: int) -> None:
        """Open it for a row, or close it."""
        if self._row >= 0:
            self.close()
        else:
            self._open(row)

    def close(self) -> None:
        """Take it away."""
        if self._row >= 0:
            self._row = -1
            self.preview.hide()
            self.wanted.emit(-1)

    def show(self, row: int, plot_id: int, image: QImage | None, words: str) -> None:
        """Show the image of a row, if it is still the one wanted; words where there is none."""
        if row != self._row:
            return
        if image is not None:
            self.preview.show_image(plot_id, image)
        else:
            self.preview.say(words)

    def _point_at(self, row: int) -> None:
        """A preview that a key opened follows the pointer, and stays when that leaves."""
        if row >= 0 and (self._hovers or self._row >= 0):
            self._open(row)
        elif row < 0 and self._hovers:
            self.close()

    def _open(self, row: int) -> None:
        if row < 0:
            return
        self._row = row
        self.preview.say("")
        self.preview.open_beside(self._grid.visualRect(self._grid.model().index(row, 0)))
        self.wanted.emit(row)
