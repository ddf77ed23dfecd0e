"""The map of a plot type: its embeddings in two dimensions, with what people and the model say of each plot."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from backend.domain.insight import LARGEST_MAP, EmbeddingMap
from backend.engine.spaces import Spaces
from backend.insight.projection import principal
from backend.insight.space import Progress, Rows, Space, silent
from backend.store import Store


class Mapping:
    """Places are computed once and kept until there are other embeddings. Blocking, on one thread at a time."""

    def __init__(self, store: Store, spaces: Spaces) -> None:
        self._store, self._spaces = store, spaces
        self._places: dict[str, tuple[object, NDArray[np.float32]]] = {}

    def map(self, plot_type: str, progress: Progress = silent) -> EmbeddingMap:
        """All plots of a type with an embedding, `LARGEST_MAP` at most. UnknownNameError."""
        model, space = self._spaces.space(plot_type, lambda done: progress(0.6 * done))
        plots = next((one.plots for one in self._store.labelling.plot_types() if one.info.name == plot_type), 0)
        if model is None:
            return EmbeddingMap(plot_type, space.plot_ids, np.zeros((0, 2), np.float32), (), (), plots)
        places = self._place(plot_type, model, space, lambda done: progress(0.6 + 0.4 * done))
        labels = self._store.said.labels(plot_type)
        rows = _shown(space, labels)
        ids = space.plot_ids[rows]
        guesses = self._store.said.guesses(plot_type, model)
        said = tuple(labels.get(plot_id, "") for plot_id in ids.tolist())
        guessed = tuple(guesses.get(plot_id, "") for plot_id in ids.tolist())
        return EmbeddingMap(plot_type, ids, places[rows], said, guessed, max(0, plots - len(ids)))

    def _place(self, plot_type: str, model: int, space: Space, progress: Progress) -> NDArray[np.float32]:
        state = (model, len(space.plot_ids))
        known = self._places.get(plot_type)
        if known is None or known[0] != state:
            known = (state, principal(space.vectors, 2, progress))
            self._places[plot_type] = known
        return known[1]


def _shown(space: Space, labels: dict[int, str]) -> Rows:
    """Rows on the map: all, or the labelled ones and others by lot, always the same ones."""
    everything = np.arange(len(space.plot_ids))
    if len(everything) <= LARGEST_MAP:
        return everything
    has_label = np.isin(space.plot_ids, np.fromiter(labels, np.int64, len(labels)))
    lot = np.random.default_rng(0).random(len(everything)) - has_label
    return np.sort(np.argsort(lot, kind="stable")[:LARGEST_MAP])
