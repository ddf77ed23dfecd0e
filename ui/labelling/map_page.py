"""The page of the map: the map, or how far it is, or why there is none. pyqtgraph is loaded when it is opened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QProgressBar, QStackedWidget, QVBoxLayout, QWidget

from backend.domain.classifications import Classification
from backend.domain.insight import EmbeddingMap
from ui.theme.tokens import GRID
from ui.widgets.buttons import Button
from ui.widgets.frames import row
from ui.widgets.notes import Note
from ui.widgets.tone import Tone
from ui.widgets.words import Words

if TYPE_CHECKING:
    from ui.labelling.cluster_map import ClusterMap

_SCALE = 1000
_NO_POINTS = (
    "No model has looked at these plots yet, so they have no place on a map. Train or import a model, put it in force, "
    "and let it judge them: hydra-gui classify --all."
)


class MapPage(QStackedWidget):
    """Passive; the presenter fills it."""

    picked = Signal(object)
    pointed_at = Signal(int)
    preview_spec_changed = Signal(object)
    cancelled = Signal()
    """Nobody wants to wait for the map."""
    retry_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.map: ClusterMap | None = None
        self.note = Note("Try again")
        self._waiting = QWidget()
        self.progress, self.cancel = QProgressBar(), Button("Cancel", tip="Do not wait for the map")
        self._words = Words("Comparing the plots …", tone=Tone.MUTED)
        self.progress.setRange(0, _SCALE)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName("How far the map is")
        self.progress.setFixedWidth(40 * GRID)
        layout = QVBoxLayout(self._waiting)
        layout.addStretch(1)
        for line in (row(1, self._words, 1), row(1, self.progress, 1), row(1, self.cancel, 1)):
            layout.addLayout(line)
        layout.addStretch(1)
        self.addWidget(self._waiting)
        self.addWidget(self.note)
        self.cancel.clicked.connect(self.cancelled)
        self.note.button.clicked.connect(self.retry_requested)

    def show_progress(self, done: float) -> None:
        """How far it is, 0 to 1."""
        self.progress.setValue(round(done * _SCALE))
        self.setCurrentWidget(self._waiting)

    def say(self, title: str, words: str, *, may_help: bool = True) -> None:
        """Why there is no map, and whether trying again may help."""
        self.note.say(title, words)
        self.note.button.setVisible(may_help)
        self.setCurrentWidget(self.note)

    def show_map(self, found: EmbeddingMap, classes: Mapping[str, Classification]) -> None:
        """Show the plots."""
        if not len(found.plot_ids):
            self.say("No map yet", _NO_POINTS, may_help=False)
            return
        chart = self.map = self.map or self._make()
        self.setCurrentWidget(chart)
        chart.show_map(found, classes)
        chart.setFocus()

    def _make(self) -> ClusterMap:
        from ui.labelling.cluster_map import ClusterMap

        made = ClusterMap()
        made.picked.connect(self.picked)
        made.pointed_at.connect(self.pointed_at)
        made.preview.spec_changed.connect(self.preview_spec_changed)
        self.addWidget(made)
        return made

    def show_preview(self, plot_id: int, image: QImage | None, words: str = "") -> None:
        """The image of the plot under the pointer."""
        if self.map is not None:
            self.map.show_preview(plot_id, image, words)
