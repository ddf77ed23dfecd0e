"""What comparing plots costs: the nearest of 100,000, and 10,000 put into another order, from the store on."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from backend.domain.labelling import LabelScope, PlotOrder, PlotQuery
from backend.engine.mapping import Mapping
from backend.engine.ranking import Ranking
from backend.engine.spaces import Spaces
from backend.insight.space import Space
from backend.store import Store

MANY, WIDTH = 100_000, 128
SIMILAR_GOAL_MS, ORDER_GOAL_S = 300.0, 5.0
_TIMES = 5


def compare(store: Store, plot_type: str, many: int = MANY) -> dict[str, float]:
    """Milliseconds to find 100 of `many`, seconds to read embeddings, to order the plots of a type, and for a map."""
    spaces = Spaces(store)
    ranking = Ranking(store, spaces)
    found = {"embeddings_read_s": _seconds(lambda: spaces.space(plot_type))}
    orders = {"uncertain": LabelScope.UNLABELLED, "novel": LabelScope.UNLABELLED, "errors": LabelScope.LABELLED}
    for name, scope in orders.items():
        query = PlotQuery(plot_type, PlotOrder(name), scope)
        found[f"ordered_{name}_s"] = _seconds(lambda query=query: ranking.listing(query))
    mapping = Mapping(store, spaces)
    found["map_s"] = _seconds(lambda: mapping.map(plot_type))
    found["similar_of"] = many
    found["similar_ms"] = round(1e3 * min(_similar(ranking, spaces, plot_type, many)), 1)
    return found


def holds(found: dict[str, float]) -> bool:
    """Whether the goals of features 28 and 29 are met."""
    ordered = [value for name, value in found.items() if name.startswith("ordered_")]
    return found["similar_ms"] <= SIMILAR_GOAL_MS and max(ordered) <= ORDER_GOAL_S


def _similar(ranking: Ranking, spaces: Spaces, plot_type: str, many: int) -> list[float]:
    """Seconds of each of some questions, over embeddings put in place of those that were read."""
    vectors = np.random.default_rng(0).standard_normal((many, WIDTH)).astype(np.float32)
    spaces._held[plot_type].space = Space.of(range(many), range(many), vectors)
    query = PlotQuery(plot_type, PlotOrder.SIMILAR, LabelScope.ALL, like=many // 2)
    return [_seconds(lambda: ranking.listing(query)) for _ in range(_TIMES)]


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return round(time.perf_counter() - start, 4)
