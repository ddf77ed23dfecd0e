"""Bodies of the hall's tiles: the newest plot of a plot type, with its heat map."""

from __future__ import annotations

from backend.domain.hall import Tile
from hydra_gui.composing.bodies import Bodies
from hydra_gui.composing.compose_pool import Look
from ui.grid.roles import Body


class TileImages(Bodies):
    """Serves bodies to item models on the GUI thread; places are plot types."""

    def of(self, tile: Tile, look: Look) -> Body | str | None:
        """The body of `tile`, None before its first plot; see `Bodies.body`."""
        return None if tile.plot is None else self.body(tile.plot, tile.plot_type.name, look, tile.heat_map)
