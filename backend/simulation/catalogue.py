"""The catalogue of the simulated hall: its plot types, and as many look-alikes of them as a test may want."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from backend.simulation.detectors import beam_line, calorimeters, particle_id, timing, tracking, trigger
from backend.simulation.faults import FaultKind
from backend.simulation.plot_models import PlotModel

GOOD = "Good"
_COPY = re.compile(r"-S(\d+)$")

_ROOMS = (tracking, calorimeters, timing, particle_id, trigger, beam_line)

MODELS: dict[str, PlotModel] = {model.name: model for room in _ROOMS for model in room.MODELS}
"""Every plot model by its name."""


@dataclass(frozen=True, slots=True)
class SimulatedPlotType:
    """What a hall's people would tell of a plot type.

    `classes` begins with "Good"; `contact` is a role, no person; `faults` are those `draw` accepts for it;
    `like` is the plot type it looks like (itself, unless it is a look-alike).
    """

    name: str
    group: tuple[str, ...]
    classes: tuple[str, ...]
    description: str
    guidance: str
    contact: str
    chunked: bool
    faults: tuple[FaultKind, ...]
    like: str

    def label_of(self, fault: FaultKind | None) -> str:
        """The classification a plot with this fault deserves; KeyError when this plot type cannot have it."""
        return GOOD if fault is None else MODELS[self.like].failures[fault].label


def _described(model: PlotModel) -> SimulatedPlotType:
    labels = dict.fromkeys(failure.label for failure in model.failures.values())
    return SimulatedPlotType(
        model.name,
        model.group,
        (GOOD, *labels),
        model.description,
        model.guidance,
        model.contact,
        model.chunked,
        tuple(model.failures),
        model.name,
    )


CATALOGUE: tuple[SimulatedPlotType, ...] = tuple(_described(model) for model in MODELS.values())
"""The plot types of the hall, in the order of their groups."""


def plot_types(copies: int = 1) -> tuple[SimulatedPlotType, ...]:
    """The catalogue `copies` times: the originals, then look-alikes ``…-S2``, ``…-S3`` in whole rounds.

    A slice therefore holds as many different looks as it can: ``plot_types(5)[:73]``.
    """
    alike = (replace(kind, name=f"{kind.name}-S{copy}") for copy in range(2, copies + 1) for kind in CATALOGUE)
    return (*CATALOGUE, *alike)


@lru_cache(maxsize=4096)
def plot_type(name: str) -> SimulatedPlotType:
    """The plot type or look-alike of that name; ValueError, naming what there is, for an unknown one."""
    base = _COPY.sub("", name)
    for kind in CATALOGUE:
        if base == kind.name:
            return replace(kind, name=name)
    raise ValueError(f"{name!r} is not a simulated plot type; there are {', '.join(MODELS)}")
