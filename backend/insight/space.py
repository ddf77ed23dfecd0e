"""A space: the embeddings of one plot type by one model, ready to be compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Rows = NDArray[np.int64]

Progress = Callable[[float], None]
"""Told how much is done, 0 to 1, on the thread that works; may raise to end the work."""


def silent(_done: float) -> None:
    """For work that nobody watches."""


@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """Embeddings in the order of their rows.

    `plot_ids` and `runs` int64 of shape (n,); `vectors` float32 of shape (n, d), each of length 1 (a plot without any
    feature stays 0). The distance of two plots is 1 - their product: 0 for the same look, 1 for unrelated ones.
    """

    plot_ids: Rows
    runs: Rows
    vectors: Vectors
    rows: dict[int, int] = field(repr=False)

    @classmethod
    def of(cls, plot_ids: Iterable[int], runs: Iterable[int], vectors: NDArray[np.floating]) -> Space:
        """From embeddings of any length, (n, d)."""
        ids = np.fromiter(plot_ids, np.int64)
        found = np.fromiter(runs, np.int64)
        return cls(ids, found, unit(vectors), {int(plot_id): row for row, plot_id in enumerate(ids)})

    def with_more(self, other: Space) -> Space:
        """Both together; plots that are in both keep their row here."""
        new = np.array([plot_id not in self.rows for plot_id in other.plot_ids.tolist()], np.bool_)
        if not len(self.plot_ids):
            return other
        ids = np.concatenate([self.plot_ids, other.plot_ids[new]])
        runs = np.concatenate([self.runs, other.runs[new]])
        vectors = np.concatenate([self.vectors, other.vectors[new]])
        return Space(ids, runs, vectors, {int(plot_id): row for row, plot_id in enumerate(ids)})

    def rows_of(self, plot_ids: Sequence[int]) -> Rows:
        """The rows of those of these plots that are here, in the order given."""
        return np.array([self.rows[plot_id] for plot_id in plot_ids if plot_id in self.rows], np.int64)

    @property
    def bytes(self) -> int:
        """Memory that the arrays take."""
        return int(self.vectors.nbytes + self.plot_ids.nbytes + self.runs.nbytes)


def unit(vectors: NDArray[np.floating]) -> Vectors:
    """Every row brought to length 1, as float32; what is not a number counts as 0."""
    plain = np.nan_to_num(np.asarray(vectors, np.float32), copy=True, nan=0.0, posinf=0.0, neginf=0.0)
    length = np.linalg.norm(plain, axis=1, keepdims=True)
    scaled: Vectors = np.divide(plain, length, out=plain, where=length > 0)
    return scaled
