"""What a labelling window may ask about plots taken together: maps, agreement, what is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from backend.domain.collecting import Collected
from backend.domain.insight import Agreement, EmbeddingMap, Standing


class InsightApi(Protocol):
    """Coroutines may be awaited on any event loop; cancelling one ends the work. Errors as for `LabellingApi`."""

    async def embedding_map(self, plot_type: str, progress: Callable[[float], None]) -> EmbeddingMap:
        """Plots in two dimensions. `progress` is told 0 to 1 on a thread of the engine."""

    async def agreement(self, plot_type: str) -> Agreement:
        """How well first and second labels agree."""

    async def standing(self, plot_ids: Sequence[int]) -> tuple[Standing, ...]:
        """How often each label counts among these plots."""

    async def collected(self, plot_type: str) -> Collected:
        """Which images of a plot type are kept, and why."""

    async def set_percent(self, plot_type: str, percent: float, who: str) -> Collected:
        """Keep so many of a hundred harmless plots from now on; ValueError outside 0 to 100."""
