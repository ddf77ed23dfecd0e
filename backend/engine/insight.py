"""Insight as the engine offers it: questions that compare plots, on a thread of their own, cancelled when asked to."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from backend.api import Rgb
from backend.domain.classifications import Classification
from backend.domain.collecting import Collected
from backend.domain.errors import HydraError
from backend.domain.insight import Agreement, EmbeddingMap
from backend.domain.labelling import PlotListing, PlotQuery, PlotToLabel
from backend.domain.plots import Plot
from backend.domain.synthetic import FaultOrder, FaultRecipe
from backend.engine.mapping import Mapping
from backend.engine.plot_notes import noted_items
from backend.engine.ranking import Ranking
from backend.engine.spaces import Spaces
from backend.insight.agreement import agreement_of
from backend.insight.space import Progress, silent
from backend.pipeline.store_link import StoreLink
from backend.store import Store
from backend.training.making_faults import make_faults, preview_fault

if TYPE_CHECKING:
    from backend.engine.engine import Engine

R = TypeVar("R")


class InsightStoppedError(HydraError):
    """Nobody waits for the answer any more."""


class InsightDesk:
    """On the engine's loop. `reading` answers at once, `thinking` may take seconds. Questions wait for the store."""

    def __init__(self, engine: Engine, reading: StoreLink, thinking: StoreLink) -> None:
        self._engine, self._reading, self._thinking = engine, reading, thinking
        self.spaces: Spaces | None = None
        self._ranking: Ranking | None = None
        self._mapping: Mapping | None = None

    def open(self, store: Store) -> Spaces:
        """Begin with an open store; returns what is to hear of changes."""
        self.spaces = Spaces(store)
        self._ranking, self._mapping = Ranking(store, self.spaces), Mapping(store, self.spaces)
        store.database.told.append(self.spaces.note)
        return self.spaces

    async def listing(self, query: PlotQuery) -> PlotListing:
        """Plots in an order that compares them."""
        await self._engine.wait_open()
        assert self._ranking is not None  # noqa: S101 - set before the engine is open
        return await self._think(self._ranking.listing, query)

    async def items(self, plot_ids: Sequence[int], second_for: str = "") -> tuple[PlotToLabel, ...]:
        """Some plots with notes; see `LabellingApi.items`."""
        await self._engine.wait_open()
        return tuple(await self._reading.ask(noted_items, self._engine.store, plot_ids, second_for))

    async def embedding_map(self, plot_type: str, progress: Progress = silent) -> EmbeddingMap:
        """Plots in two dimensions."""
        await self._engine.wait_open()
        assert self._mapping is not None  # noqa: S101 - set before the engine is open
        return await self._think(self._mapping.map, plot_type, progress)

    async def agreement(self, plot_type: str) -> Agreement:
        """How well first and second labels agree."""
        await self._engine.wait_open()
        return agreement_of(await self._reading.ask(self._engine.store.gestures.second.pairs, plot_type))

    async def preview_fault(self, plot: Plot, recipe: FaultRecipe) -> Rgb:
        """What a recipe makes of a plot."""
        await self._engine.wait_open()
        return await self._reading.ask(preview_fault, self._engine.store, plot, recipe)

    async def make_faults(self, order: FaultOrder) -> tuple[int, ...]:
        """Make, mark and label variants."""
        await self._engine.wait_open()
        return await self._thinking.ask(make_faults, self._engine.store, order)

    async def define_class(self, known: Classification, plot_type: str) -> None:
        """Register a class, and make it valid for a plot type."""
        await self._engine.wait_open()
        await self._reading.ask(self._engine.store.classifications.define, known)
        await self._reading.ask(self._engine.store.classifications.ensure, [known.name], plot_type)

    async def collected(self, plot_type: str) -> Collected:
        """Which images of a plot type are kept."""
        await self._engine.wait_open()
        return await self._reading.ask(self._engine.store.collecting.collected, plot_type)

    async def set_percent(self, plot_type: str, percent: float, who: str) -> Collected:
        """Keep so many of a hundred harmless plots from now on."""
        await self._engine.wait_open()
        await self._reading.ask(self._engine.store.collecting.set_percent, plot_type, percent, who)
        return await self.collected(plot_type)

    async def _think(self, work: Callable[[Any, Progress], R], about: object, told: Progress = silent) -> R:
        stopped = threading.Event()

        def progress(done: float) -> None:
            if stopped.is_set():
                raise InsightStoppedError("Nobody waits for this answer any more.")
            told(done)

        try:
            return await self._thinking.ask(work, about, progress)
        except asyncio.CancelledError:
            stopped.set()
            raise
