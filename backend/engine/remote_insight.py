"""Insight for a window on another loop. Light to import: the window is on screen before the engine is."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from backend.api import Rgb
from backend.domain.classifications import Classification
from backend.domain.collecting import Collected
from backend.domain.insight import Agreement, EmbeddingMap
from backend.domain.plots import Plot
from backend.domain.synthetic import FaultOrder, FaultRecipe

if TYPE_CHECKING:
    from backend.engine.engine import Engine

R = TypeVar("R")

Question = Callable[["Engine"], Coroutine[Any, Any, R]]


class RemoteInsight:
    """Implements `backend.insight_api.InsightApi` for another loop: `ask` carries a question to the engine's."""

    def __init__(self, ask: Callable[[Question[Any]], Coroutine[Any, Any, Any]]) -> None:
        self._ask = ask

    async def embedding_map(self, plot_type: str, progress: Callable[[float], None]) -> EmbeddingMap:
        """Plots in two dimensions."""
        return await self._carry(lambda engine: engine.insight.embedding_map(plot_type, progress))

    async def agreement(self, plot_type: str) -> Agreement:
        """How well first and second labels agree."""
        return await self._carry(lambda engine: engine.insight.agreement(plot_type))

    async def preview_fault(self, plot: Plot, recipe: FaultRecipe) -> Rgb:
        """What a recipe makes of a plot."""
        return await self._carry(lambda engine: engine.insight.preview_fault(plot, recipe))

    async def make_faults(self, order: FaultOrder) -> tuple[int, ...]:
        """Make, mark and label variants."""
        return await self._carry(lambda engine: engine.insight.make_faults(order))

    async def define_class(self, known: Classification, plot_type: str) -> None:
        """Register a class, and make it valid for a plot type."""
        return await self._carry(lambda engine: engine.insight.define_class(known, plot_type))

    async def collected(self, plot_type: str) -> Collected:
        """Which images of a plot type are kept."""
        return await self._carry(lambda engine: engine.insight.collected(plot_type))

    async def set_percent(self, plot_type: str, percent: float, who: str) -> Collected:
        """Keep so many of a hundred harmless plots from now on."""
        return await self._carry(lambda engine: engine.insight.set_percent(plot_type, percent, who))

    async def _carry(self, question: Question[R]) -> R:
        answer: R = await self._ask(question)
        return answer
