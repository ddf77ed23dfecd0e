"""What a labelling window may ask about plots taken together: maps, agreement, what is kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from backend.api import Rgb
from backend.domain.classifications import Classification
from backend.domain.collecting import Collected
from backend.domain.insight import Agreement, EmbeddingMap
from backend.domain.plots import Plot
from backend.domain.synthetic import FaultOrder, FaultRecipe


class InsightApi(Protocol):
    """Coroutines may be awaited on any event loop; cancelling one ends the work. Errors as for `LabellingApi`."""

    async def embedding_map(self, plot_type: str, progress: Callable[[float], None]) -> EmbeddingMap:
        """Plots in two dimensions. `progress` is told 0 to 1 on a thread of the engine."""

    async def agreement(self, plot_type: str) -> Agreement:
        """How well first and second labels agree."""

    async def preview_fault(self, plot: Plot, recipe: FaultRecipe) -> Rgb:
        """What a recipe makes of a plot."""

    async def make_faults(self, order: FaultOrder) -> tuple[int, ...]:
        """Make, mark and label variants; returns their plot ids. ValueError for a wrong count."""

    async def define_class(self, known: Classification, plot_type: str) -> None:
        """Register a class, and make it valid for a plot type. StoreRefusedError for who may not describe classes."""

    async def collected(self, plot_type: str) -> Collected:
        """Which images of a plot type are kept, and why."""

    async def set_percent(self, plot_type: str, percent: float, who: str) -> Collected:
        """Keep so many of a hundred harmless plots from now on; ValueError outside 0 to 100."""
