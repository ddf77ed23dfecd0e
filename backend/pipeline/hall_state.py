"""The hall in memory: one tile per plot type, kept from the same facts that the store records."""

from __future__ import annotations

import time
from dataclasses import replace

from backend.domain.hall import STRIP_LENGTH, Outcome, PlotTypeInfo, StripMark, Tile
from backend.domain.intake import JudgedPlot
from backend.domain.plots import Plot, PlotState
from backend.domain.predictions import HeatMap
from backend.domain.verdicts import Verdict

_PENDING_SHOWN_AFTER_S = 2.0


def _mark(verdict: Verdict | None) -> StripMark:
    if verdict is None:
        return StripMark(None, confirmed=False)
    return StripMark(verdict.severity, verdict.confirmed, verdict.classification)


def newer(one: Plot, other: Plot) -> bool:
    """Whether `one` came after `other`: by the time it was received, then by its number."""
    return (one.received_at, one.plot_id) > (other.received_at, other.plot_id)


class HallState:
    """Newest plot per plot type. Lives on the engine's loop; never asks the store.

    A tile keeps its verdict until the next plot is judged, so that nothing flickers; a plot that waits longer
    than two seconds is shown as pending, so that nothing stale looks fresh.
    """

    def __init__(self) -> None:
        self._tiles: dict[str, Tile] = {}
        self._infos: dict[str, PlotTypeInfo] = {}
        self._waiting: dict[str, tuple[Plot, float]] = {}

    def load(self, tiles: tuple[Tile, ...]) -> None:
        """Replace everything by what the store says."""
        self._tiles = {tile.plot_type.name: tile for tile in tiles}
        self._infos = {name: tile.plot_type for name, tile in self._tiles.items()}
        self._waiting.clear()

    @property
    def tiles(self) -> tuple[Tile, ...]:
        """All tiles, in no particular order."""
        return tuple(self._tiles.values())

    def __contains__(self, plot_type: str) -> bool:
        return plot_type in self._tiles

    def tile(self, plot_type: str) -> Tile:
        """One tile; KeyError where the plot type is not known."""
        return self._tiles[plot_type]

    def describe(self, infos: list[PlotTypeInfo]) -> list[Tile]:
        """Take over descriptions and groups; returns the tiles that changed."""
        changed = [info for info in infos if self._infos.get(info.name) != info]
        for info in changed:
            self._infos[info.name] = info
            old = self._tiles.get(info.name)
            self._tiles[info.name] = Tile(info, None) if old is None else replace(old, plot_type=info)
        return [self._tiles[info.name] for info in changed]

    def arrived(self, plot: Plot) -> Tile | None:
        """A plot waits for its verdict; a tile comes back where there was nothing to show before."""
        name = plot.identity.plot_type
        tile = self._tiles.get(name) or Tile(self._info(name), None)
        if tile.plot is None:
            return self._put(replace(tile, plot=plot))
        if newer(plot, tile.plot):
            self._waiting[name] = (plot, time.monotonic())
        return None

    def overdue(self) -> list[Tile]:
        """Tiles whose next plot has waited too long: they show it as pending from now on."""
        limit = time.monotonic() - _PENDING_SHOWN_AFTER_S
        late = {name: plot for name, (plot, since) in self._waiting.items() if since < limit}
        for name in late:
            del self._waiting[name]
        return [self._put(Tile(self._info(name), plot, strip=self._tiles[name].strip)) for name, plot in late.items()]

    def judged(self, judged: JudgedPlot) -> Tile:
        """A verdict, or the lack of a model, was recorded; its tile takes its place unless a newer plot has it."""
        state = PlotState.NO_MODEL if judged.verdict is None else PlotState.JUDGED
        heat_map = judged.prediction.heat_map if judged.prediction else None
        return self._decided(replace(judged.plot, state=state), judged.verdict, heat_map)

    def told(self, outcome: Outcome) -> Tile | None:
        """What another station did to a plot: a tile where that is news."""
        plot = outcome.plot
        if plot.state is PlotState.PENDING:
            return self.arrived(plot)
        shown = self._tiles.get(plot.identity.plot_type)
        known = shown is not None and shown.plot is not None and shown.plot.plot_id == plot.plot_id
        if known and shown and shown.plot and (shown.plot.state, shown.verdict) == (plot.state, outcome.verdict):
            return None
        return self._decided(plot, outcome.verdict, outcome.heat_map)

    def reload(self, tiles: tuple[Tile, ...]) -> list[Tile]:
        """What the store says, where it knows more than is shown; returns the tiles that changed."""
        return [self._put(tile) for tile in tiles if self._is_news(tile)]

    @property
    def alarming(self) -> frozenset[str]:
        """Plot types whose newest verdict alarms: what comes next of them is urgent."""
        return frozenset(name for name, tile in self._tiles.items() if tile.verdict is not None and tile.verdict.alarms)

    def _is_news(self, tile: Tile) -> bool:
        shown = self._tiles.get(tile.plot_type.name)
        if shown is None or shown.plot is None or tile.plot is None:
            return shown is None or (tile.plot is not None and shown.plot is None)
        if tile.plot.plot_id != shown.plot.plot_id:
            return newer(tile.plot, shown.plot) and tile.plot.state is not PlotState.PENDING
        if tile.plot.state is PlotState.PENDING:
            return False
        return shown.plot.state is PlotState.PENDING or (
            shown.plot.state is tile.plot.state and shown.strip != tile.strip
        )

    def _decided(self, plot: Plot, verdict: Verdict | None, heat_map: HeatMap | None) -> Tile:
        name = plot.identity.plot_type
        old = self._tiles.get(name) or Tile(self._info(name), None)
        strip = (*old.strip, _mark(verdict))[-STRIP_LENGTH:]
        tile = Tile(self._info(name), plot, verdict, heat_map, strip)
        if old.plot is not None and newer(old.plot, plot):
            return tile
        if name in self._waiting and not newer(self._waiting[name][0], plot):
            del self._waiting[name]
        return self._put(tile)

    def _info(self, name: str) -> PlotTypeInfo:
        return self._infos.setdefault(name, PlotTypeInfo(name))

    def _put(self, tile: Tile) -> Tile:
        self._tiles[tile.plot_type.name] = tile
        return tile
