"""Insight for presenters under test: a map of two clouds, agreement and what is kept, as they are told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import numpy as np

from backend.domain.classifications import Classification
from backend.domain.collecting import Collected, KeptFor
from backend.domain.insight import Agreement, EmbeddingMap
from backend.domain.plots import Plot
from backend.domain.synthetic import FaultOrder, FaultRecipe
from tests.fakes.labelling import KIND, FakeLabelling


class FakeInsight:
    """`InsightApi` over the plots of a `FakeLabelling`: even plots lie left, odd ones right."""

    def __init__(self, labelling: FakeLabelling) -> None:
        self._labelling = labelling
        self.trouble: Exception | None = None
        self.gate: Callable[[], bool] = lambda: True
        self.agreed = Agreement(0, 0)
        self.percent = 1.0
        self.maps = 0
        self.recipes: list[FaultRecipe] = []
        self.orders: list[FaultOrder] = []
        self.defined: list[Classification] = []

    async def embedding_map(self, plot_type: str, progress: Callable[[float], None]) -> EmbeddingMap:
        self.maps += 1
        progress(0.5)
        while not self.gate():  # noqa: ASYNC110 - a test opens it
            await asyncio.sleep(0.01)
        if self.trouble is not None:
            raise self.trouble
        numbers = sorted(self._labelling.items_by_id)
        ids = np.array(numbers, np.int64)
        side = np.where(ids % 2 == 0, -4.0, 4.0)
        places = np.column_stack([side + 0.01 * (ids % 10), 0.02 * ids]).astype(np.float32)
        labels = tuple(self._labelling.label_of(number) or "" for number in numbers)
        return EmbeddingMap(plot_type, ids, places, labels, ("Good",) * len(numbers), 3)

    async def preview_fault(self, plot: Plot, recipe: FaultRecipe) -> np.ndarray:
        self.recipes.append(recipe)
        return np.full((120, 160, 3), 200, np.uint8)

    async def make_faults(self, order: FaultOrder) -> tuple[int, ...]:
        if self.trouble is not None:
            raise self.trouble
        self.orders.append(order)
        return tuple(range(1000, 1000 + order.count))

    async def agreement(self, plot_type: str) -> Agreement:
        return self.agreed

    async def define_class(self, known: Classification, plot_type: str) -> None:
        self.defined.append(known)
        self._labelling.classes.append(known.name)

    async def collected(self, plot_type: str) -> Collected:
        return Collected(plot_type or KIND, self.percent, 1840, 412, ((KeptFor.SAMPLE, 18), (KeptFor.LABEL, 400)), 29e3)

    async def set_percent(self, plot_type: str, percent: float, who: str) -> Collected:
        self.percent = percent
        return await self.collected(plot_type)
