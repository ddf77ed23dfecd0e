"""The director: watches what is painted, takes the pictures, ends a bounded demo once nothing is under way."""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtWidgets import QWidget

from backend.domain.hall import Tile
from backend.store import Store
from hydra_gui.application import Application
from hydra_gui.demo.hall import DemoHall
from hydra_gui.demo.options import DemoOptions
from hydra_gui.demo.reckoning import all_judged
from hydra_gui.demo.simulator import Simulator
from ui.grid.roles import TileRole
from ui.grid.view import TileGridView
from ui.theme.apply import ThemeMode

log = logging.getLogger(__name__)

_POLL_S = 0.2
_SETTLE_S = 1.5
_DRAIN_S = 60.0
_PICTURES_AFTER = 0.5
"""Part of a bounded demo after which the pictures are taken: by then runs and faults have come and gone."""


class Director:
    """Runs beside the window on its loop. `painted` tells when a plot of the grid was first painted with its verdict
    (UTC): of tiles in sight only, and not of what came into sight later because somebody scrolled."""

    def __init__(self, hall: DemoHall, simulator: Simulator, options: DemoOptions) -> None:
        self._hall, self._simulator, self._options = hall, simulator, options
        self.painted: dict[int, datetime] = {}
        self._seen_too_late: set[int] = set()
        self.drained = True

    async def direct(self, application: Application) -> None:
        """Until the demo's time is over; for ever where it has none."""
        grid = application.live_screen.grid
        grid.tile_painted = self._note_painted
        grid.verticalScrollBar().valueChanged.connect(lambda: self._note_scrolled(grid))
        started = time.monotonic()
        if self._options.screenshots is not None:
            await self._wait_for_plots(application, started)
            await self._take_pictures(application, self._options.screenshots)
        if self._options.seconds is None:
            return
        await asyncio.sleep(max(0.0, self._options.seconds - (time.monotonic() - started)))
        await self._end()
        application.window.close()

    def _note_painted(self, plot_id: int) -> None:
        if plot_id not in self.painted and plot_id not in self._seen_too_late:
            self.painted[plot_id] = datetime.now(UTC)

    def _note_scrolled(self, grid: TileGridView) -> None:
        """What is in the grid by now and was not painted yet was out of sight."""
        model = grid.model()
        tiles = (model.index(row, 0).data(TileRole.TILE) for row in range(model.rowCount()))
        shown = {tile.plot.plot_id for tile in tiles if isinstance(tile, Tile) and tile.plot is not None}
        self._seen_too_late |= shown - self.painted.keys()

    async def _wait_for_plots(self, application: Application, started: float) -> None:
        """Until half of the time is over and something has been judged."""
        wanted = (self._options.seconds or 0.0) * _PICTURES_AFTER
        while not self.painted or time.monotonic() - started < wanted:
            await asyncio.sleep(_POLL_S)
            if application.window.isHidden() or self._simulator.trouble:
                return

    async def _take_pictures(self, application: Application, folder: Path) -> None:
        screen, theme, window = application.live_screen, application.theme, application.window
        before = theme.mode
        theme.choose(ThemeMode.LIGHT)
        await _picture(window, folder / "live-light.png")
        screen.heat_maps_toggled.emit(True)
        await _picture(window, folder / "live-heat-maps.png")
        if application.presenter is not None and (name := self._most_interesting(application)):
            application.presenter.show_plot_type(name)
        await _picture(window, folder / "live-detail.png")
        theme.choose(ThemeMode.DARK)
        await _picture(window, folder / "live-dark.png")
        theme.choose(before)

    @staticmethod
    def _most_interesting(application: Application) -> str:
        """What needs attention most, else what comes first."""
        screen = application.live_screen
        for view in (screen.attention.view, screen.grid):
            model = view.model()
            if model is not None and model.rowCount():
                return str(model.index(0, 0).data())
        return ""

    async def _end(self) -> None:
        """Stop the hall and wait until everything it wrote has its verdict, for at most a minute."""
        await asyncio.to_thread(self._simulator.stop)
        deadline = time.monotonic() + _DRAIN_S
        section = self._hall.settings().store
        with Store.open(section.effective_url, section.data_dir, section.blobs) as store:
            while not await asyncio.to_thread(all_judged, store, self._hall.plots, self._hall.truth):
                if time.monotonic() > deadline:
                    self.drained = False
                    log.error("plots are still without verdict %.0f s after the hall stopped", _DRAIN_S)
                    return
                await asyncio.sleep(_POLL_S)
        await asyncio.sleep(_SETTLE_S)


async def _picture(window: QWidget, file: Path) -> None:
    """Let the window come to rest, then save it as it is."""
    await asyncio.sleep(_SETTLE_S)
    if not window.grab().save(str(file)):
        log.error("the picture %s could not be written", file)
