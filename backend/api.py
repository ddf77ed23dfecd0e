"""What a window may ask of the engine. Presenters know this Protocol, never the engine itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from backend.domain.hall import HallView, PlotDetail
from backend.domain.labelling import Labeller, Palette, PlotListing, PlotQuery, PlotToLabel, PlotTypeToLabel, Step
from backend.domain.labels import Gesture, LabelChange, Recorded, Reversal
from backend.domain.plots import Plot
from backend.domain.quarantine import QuarantinedFile
from backend.events import Event

Listener = Callable[[Event], None]
Rgb = NDArray[np.uint8]

PREVIEW_LONG_SIDE = 400
"""Pixels that the longer side of a preview has at least (and less than twice that): a tile on a 200 % screen."""


class EngineApi(Protocol):
    """The engine as the window sees it. Coroutines may be awaited on any event loop."""

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` on the engine's thread for every event; returns the way to end that."""

    async def view(self) -> HallView:
        """The hall now: status, one tile per plot type, all classifications."""

    async def detail(self, plot_type: str) -> PlotDetail:
        """Scores and history of a plot type's newest plot; KeyError where there is no such plot type."""

    def preview(self, plot_id: int) -> Rgb | None:
        """RGB (h, w, 3) from memory, see `PREVIEW_LONG_SIDE`; None where it must be loaded. Never waits."""

    def load_preview(self, plot: Plot) -> Rgb:
        """The same, read and decoded when it is not in memory: for worker threads."""

    async def image(self, plot: Plot) -> Rgb:
        """The whole image, RGB (h, w, 3)."""

    async def original(self, plot: Plot) -> bytes:
        """The image file as it came."""

    async def quarantined(self) -> tuple[QuarantinedFile, ...]:
        """Files set aside, newest first, at most 200."""

    async def watch(self, directory: Path) -> None:
        """Take plots from this directory from now on; ConfigurationError where it cannot be."""


class LabellingApi(Protocol):
    """Labelling as a window sees it. Coroutines may be awaited on any event loop.

    StoreUnavailableError where the database does not answer (ask again), StoreRefusedError where it refuses,
    UnknownNameError where a plot type or plot does not exist.
    """

    async def labeller(self) -> Labeller:
        """Who labels here, and whether they may."""

    async def plot_types(self) -> tuple[PlotTypeToLabel, ...]:
        """All plot types by name, with how many plots they have and how many of these have a label."""

    async def palette(self, plot_type: str) -> Palette:
        """What plots of a type can be labelled with, and how often each label counts."""

    async def listing(self, query: PlotQuery) -> PlotListing:
        """Plots in the order asked for."""

    async def items(self, plot_ids: Sequence[int]) -> tuple[PlotToLabel, ...]:
        """These plots, some hundreds at most, in the order given; those that do not exist are left out."""

    async def record(self, gesture: Gesture) -> Recorded:
        """Save a gesture, once however often it is given; returns when it is committed."""

    async def revert(self, reversal: Reversal) -> Recorded:
        """Take a gesture back; returns when that is committed."""

    async def steps(self, plot_type: str, who: str) -> tuple[Step, ...]:
        """A person's newest gestures on a plot type, oldest first."""

    async def history(self, plot_id: int) -> tuple[LabelChange, ...]:
        """All labels a plot was ever given, oldest first."""
