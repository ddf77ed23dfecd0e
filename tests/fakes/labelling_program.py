"""The real program, painting labels by itself in its real window until it is killed.

``python -m tests.fakes.labelling_program PLACE REPORT`` opens the window over the store below PLACE, paints plot after
plot through the grid's own mouse events, and appends to REPORT, synced to disk, every plot whose tile was painted on
the screen as saved: ``<plot id> <label>``.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from hydra_gui.app import run_window
from hydra_gui.application import Application
from tests.fakes.engines import settings_for
from tests.fakes.live_rig import until
from ui.labelling.values import LabelTile, Saving

_LEFT = Qt.MouseButton.LeftButton


class Reporter:
    """Writes down what a person could have read on the screen."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        self._told: dict[int, str] = {}

    def take(self, tile: LabelTile) -> None:
        """A tile was painted."""
        if tile.saving is Saving.SAVED and tile.label and self._told.get(tile.plot_id) != tile.label:
            self._told[tile.plot_id] = tile.label
            os.write(self._file, f"{tile.plot_id} {tile.label}\n".encode())


async def paint(application: Application, reporter: Reporter) -> None:
    """Paint for ever, in strokes of one to five plots, now with one class and now with the other."""
    await until(lambda: application.labelling is not None)
    application.window.show_screen("labelling")
    screen, grid = application.labelling_screen, application.labelling_screen.grid
    grid.on_painted(reporter.take)
    await until(grid.isVisible)
    number = 0
    while True:
        count = grid.model().rowCount()
        row, number = (number * 3) % count, number + 1
        grid.scrollTo(grid.model().index(row, 0))
        screen.class_keyed.emit(("Good", "Bad")[number % 2])
        grid.clear_targets()
        QTest.mousePress(grid.viewport(), _LEFT, pos=_centre(grid, row))
        QTest.mouseMove(grid.viewport(), _centre(grid, min(row + number % 5, grid.visible_rows()[-1])))
        QTest.mouseRelease(grid.viewport(), _LEFT, pos=_centre(grid, row))
        await asyncio.sleep(0.005)


def _centre(grid: object, row: int) -> object:
    return grid.visualRect(grid.model().index(row, 0)).center()  # type: ignore[attr-defined]


def main() -> int:
    """Run until killed."""
    place, report = Path(sys.argv[1]), Path(sys.argv[2])
    reporter = Reporter(report)
    return run_window(settings_for(place), lambda application: paint(application, reporter), place / "window.json")


if __name__ == "__main__":
    sys.exit(main())
