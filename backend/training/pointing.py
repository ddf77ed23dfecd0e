"""Whether heat maps point at the fault: the strongest places of a map beside the place where a fault was drawn.

A verdict can be right for a wrong reason, and no confusion matrix tells. Plots of one small fault each do: what the
model saw must lie there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from backend.domain.predictions import HeatMap
from backend.inference.model import Model
from backend.inference.preprocessing import prepare
from backend.simulation.drawing import Drawing
from backend.simulation.figures import Region


@dataclass(frozen=True, slots=True)
class Pointing:
    """Of `count` plots with a fault that were called what they are, the maps of `on_fault` point at it."""

    on_fault: int
    count: int


def pointing(model: Model, drawings: Iterable[Drawing], most: int) -> Pointing:
    """What the maps of the first `most` drawings that the model is right about point at.

    Every drawing must have a fault with a region. A map that shows nothing at all points at nothing.
    """
    hits: list[bool] = []
    for drawing in drawings:
        found = model.predict(prepare(np.asarray(drawing.image), model.spec)[None])[0]
        if drawing.region is None or found.heat_map is None:
            raise ValueError("pointing needs drawings with a fault and a model with heat maps")
        if model.labels[int(np.argmax(found.probabilities))] == drawing.label:
            hits.append(points_at(found.heat_map, drawing.region))
        if len(hits) == most:
            break
    return Pointing(sum(hits), len(hits))


def points_at(heat: HeatMap, region: Region) -> bool:
    """Whether all of the strongest places of a map lie in the region, or within one place of it."""
    rows, columns = np.nonzero(heat.values == heat.values.max())
    height, width = heat.values.shape
    left, top, right, bottom = region
    x, y = (columns + 0.5) / width, (rows + 0.5) / height
    across = (left - 1 / width <= x) & (x <= right + 1 / width)
    down = (top - 1 / height <= y) & (y <= bottom + 1 / height)
    return bool(heat.values.max() > 0 and (across & down).all())
