"""The menu of a tile."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu, QWidget


class TileMenu(QMenu):
    """Actions on one plot, which all signals name."""

    open_requested = Signal(str)
    hide_requested = Signal(str)
    unhide_requested = Signal(str)
    save_requested = Signal(str, bool)
    """Plot type, and whether with its heat map."""
    missed_requested = Signal(str)
    """A problem that no model noticed."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._plot_type = ""
        self._hidden: frozenset[str] = frozenset()
        self.addAction("Show details", self._open)
        self.addAction("Missed problem…", self._missed)
        self._hide = self.addAction("Hide plot", self._toggle_hidden)
        self.addSeparator()
        self.addAction("Save image…", self._save_bare)
        self.addAction("Save image with heat map…", self._save_with_heat)
        self.addAction("Copy name", self._copy_name)

    def set_hidden(self, hidden: frozenset[str]) -> None:
        """Which plots are hidden now."""
        self._hidden = hidden

    def open_for(self, plot_type: str, at: QPoint) -> None:
        """Show the menu of a plot at a place of the screen."""
        self._plot_type = plot_type
        self._hide.setText("Show plot again" if plot_type in self._hidden else "Hide plot")
        self.popup(at)

    def _open(self) -> None:
        self.open_requested.emit(self._plot_type)

    def _missed(self) -> None:
        self.missed_requested.emit(self._plot_type)

    def _toggle_hidden(self) -> None:
        hidden = self._plot_type in self._hidden
        (self.unhide_requested if hidden else self.hide_requested).emit(self._plot_type)

    def _save_bare(self) -> None:
        self.save_requested.emit(self._plot_type, False)

    def _save_with_heat(self) -> None:
        self.save_requested.emit(self._plot_type, True)

    def _copy_name(self) -> None:
        QGuiApplication.clipboard().setText(self._plot_type)
