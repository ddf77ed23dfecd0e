"""Samples of a plot type for training and testing: mixed runs, amounts of data, faults and strengths."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from backend.simulation.catalogue import SimulatedPlotType, plot_type
from backend.simulation.conditions import name_seed
from backend.simulation.drawing import EARLIEST, Drawing, draw
from backend.simulation.faults import FaultKind
from backend.simulation.figures import Region
from backend.simulation.looks import USUAL, Look

MOST_STATISTICS = 1.3
LEAST_VISIBILITY = 8.0
"""Faults are drawn at least this visible: what cannot be told from chance has no place under another name than Good."""

LARGEST_LOCAL = 0.15
"""Part of the image that a fault may take and still have a place."""

_EARLY = 0.35
"""Share of the plots with an amount of data spread over the decades of a young run; the others are of any age."""

_PLAIN = frozenset({"NoData", "Cosmic", "LED"})
"""Classes that take the whole plot: easily told, so they are drawn half as often as the faults that hide in it."""


def samples(name: str, seed: int, count: int, *, good: float = 0.5) -> Iterator[Drawing]:
    """`count` drawings of a plot type, each of another run; every drawing follows from (name, seed, its position).

    A share `good` is sound; the rest is spread over the faults, those that fill the plot half as often. Half of the
    faulty ones are weak. The amount of data is that of any moment of a run, with a stress on its first minutes.
    """
    kind = plot_type(name)
    for position in range(count):
        yield sample(kind, np.random.default_rng((seed, name_seed(kind.like), position)), good=good)


def local_faults(name: str, seed: int, count: int, *, largest: float = LARGEST_LOCAL) -> Iterator[Drawing]:
    """The drawings among `count` faulty ones whose fault has a place: a region of at most `largest` of the image.

    A plot type whose faults all take the whole plot has none. What is drawn follows from (name, seed) as in `samples`.
    """
    for drawing in samples(name, seed, count, good=0.0):
        if drawing.region is not None and _area(drawing.region) <= largest:
            yield drawing


def sample(kind: SimulatedPlotType, rng: np.random.Generator, *, good: float = 0.5, look: Look = USUAL) -> Drawing:
    """One such drawing from the given random numbers, in the given look."""
    fault = None if rng.random() < good else _fault(kind, rng)
    strength = float(rng.uniform(0.08, 0.35) if rng.random() < 0.5 else rng.uniform(0.35, 1.0))
    statistics = _statistics(rng)
    while True:
        drawing = draw(
            kind.name,
            rng,
            fault=fault,
            strength=strength,
            statistics=statistics,
            least_visibility=LEAST_VISIBILITY,
            look=look,
        )
        if fault is None or drawing.visibility >= LEAST_VISIBILITY or statistics >= MOST_STATISTICS:
            return drawing
        statistics = min(MOST_STATISTICS, 3 * statistics)  # nobody could see it in so little data


def _area(region: Region) -> float:
    left, top, right, bottom = region
    return (right - left) * (bottom - top)


def _statistics(rng: np.random.Generator) -> float:
    if rng.random() < _EARLY:
        return float(np.exp(rng.uniform(np.log(EARLIEST), np.log(MOST_STATISTICS))))
    return float(rng.uniform(0.1, MOST_STATISTICS))


def _fault(kind: SimulatedPlotType, rng: np.random.Generator) -> FaultKind:
    weights = np.array([0.5 if kind.label_of(fault) in _PLAIN else 1.0 for fault in kind.faults])
    return FaultKind(rng.choice([str(fault) for fault in kind.faults], p=weights / weights.sum()))
