"""Drawing one plot: conditions, fault, statistics and picture, all from one random number generator."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from backend.simulation.arrays import FloatArray
from backend.simulation.catalogue import MODELS, SimulatedPlotType, plot_type
from backend.simulation.conditions import RunConditions
from backend.simulation.faults import Damage, Fault, FaultKind
from backend.simulation.figures import Caption, Region, region_of
from backend.simulation.lettering import typeface
from backend.simulation.looks import USUAL, Look
from backend.simulation.plot_models import PlotModel

EARLIEST = 0.01
"""The least part of a run after which a sound plot still counts as Good and not as empty."""

OBVIOUS = 100.0
"""Visibility of what does not hang on statistics, such as axes without labels."""

_STRONGER = 1.4
_EMPTY = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """One drawn plot.

    `region` is where the fault is, as fractions (left, top, right, bottom) of the image, None without a fault.
    `visibility` is how many standard deviations of counting statistics set it apart from a sound plot: below
    about 5 nobody can see it, above 30 nobody can miss it; 0 for a sound plot.
    """

    image: Image.Image
    label: str
    fault: Fault | None
    region: Region | None
    visibility: float
    run: RunConditions


def draw(
    plot_type_name: str,
    rng: np.random.Generator,
    *,
    fault: str | None = None,
    strength: float | None = None,
    run: RunConditions | None = None,
    statistics: float = 1.0,
    least_visibility: float = 0.0,
    place: int | None = None,
    look: Look = USUAL,
) -> Drawing:
    """Draw a plot of the type, sound or with a fault; the same generator state gives the same pixels everywhere.

    `fault` is one of the type's `FaultKind` values; `strength` (over 0 to 1, at random when not given) goes from
    barely visible to obvious. `run` is picked at random when not given. `statistics` (> 0) is the part of a full
    run's data; from `EARLIEST` on a sound plot is Good. A fault less visible than `least_visibility` is made stronger
    until it is not, or its strength is 1. `place` (≥ 0) fixes where the fault strikes, so that it stays there from plot
    to plot; it is picked at random when not given. `look` draws the type as another hall might. ValueError for what the
    plot type does not know.
    """
    kind = plot_type(plot_type_name)
    if not statistics > 0:
        raise ValueError(f"statistics must be positive, not {statistics}; draw an empty plot with fault='no_data'")
    anywhere, noise, conditions = (int(seed) for seed in rng.integers(2**63, size=3))
    place = anywhere if place is None else place
    chosen = np.random.default_rng(conditions)
    run = look.run(run or RunConditions.random(chosen))
    wanted = _fault(kind, fault, strength, chosen)
    model = look.model(MODELS[kind.like])
    sound = model.growth(model.rates(run, run.generator(kind.name)), statistics)
    happened, damage, visibility = _struck(model, sound, wanted, place, least_visibility)
    counts = np.random.default_rng(noise).poisson(damage.rates).astype(float)
    image = Image.new("RGB", run.size, (255, 255, 255))
    caption = _caption(kind, model, run)
    with typeface(look.typeface):
        model.figure.paint(image, counts, caption, axes=happened is None or happened.kind is not FaultKind.MISSING_AXIS)
    label, region = kind.label_of(happened.kind if happened else None), _region(model, happened, damage, run)
    return Drawing(image, label, happened, region, visibility, run)


def _fault(
    kind: SimulatedPlotType, fault: str | None, strength: float | None, rng: np.random.Generator
) -> Fault | None:
    drawn = float(rng.uniform(0.05, 1.0))
    if fault is None:
        return None
    if fault not in kind.faults:
        raise ValueError(f"{kind.name} cannot have the fault {fault!r}; it knows {', '.join(kind.faults)}")
    chosen = drawn if strength is None else strength
    if not 0 < chosen <= 1:
        raise ValueError(f"strength must be over 0 and at most 1, not {chosen}")
    return Fault(FaultKind(fault), chosen)


def _struck(
    model: PlotModel, sound: FloatArray, wanted: Fault | None, place: int, least: float
) -> tuple[Fault | None, Damage, float]:
    """The fault as it happened in the end, what it did, and how visible that is."""
    if wanted is None:
        return None, Damage(sound, np.zeros(sound.shape, bool)), 0.0
    effect, strength = model.failures[wanted.kind].effect, wanted.strength
    while True:
        damage = effect(sound, strength, np.random.default_rng(place))
        visibility = OBVIOUS if wanted.kind is FaultKind.MISSING_AXIS else _visibility(sound, damage.rates)
        if visibility >= least or strength >= 1:
            return Fault(wanted.kind, strength), damage, visibility
        strength = min(1.0, strength * _STRONGER)


def _visibility(sound: FloatArray, faulty: FloatArray) -> float:
    """Square root of chi-squared between the two expectations, panel by panel.

    Axes follow the data, so a panel that only has fewer entries looks the same: it is compared with the sound one
    scaled to its highest cell, unless it is all but empty. Cells below one entry weigh like one entry.
    """
    one, other = sound.reshape(len(sound), -1), faulty.reshape(len(faulty), -1)
    scale = np.minimum(1.0, other.max(1) / np.maximum(one.max(1), 1e-9))
    scale[other.sum(1) < _EMPTY * one.sum(1)] = 1.0
    one = scale[:, None] * one
    return float(np.sqrt(((other - one) ** 2 / np.maximum(np.maximum(one, other), 1.0)).sum()))


def _region(model: PlotModel, fault: Fault | None, damage: Damage, run: RunConditions) -> Region | None:
    if fault is None:
        return None
    if fault.kind is FaultKind.MISSING_AXIS:
        return 0.0, 0.0, 1.0, 1.0
    return region_of(model.figure.boxes(damage.affected, run.size), run.size)


def _caption(kind: SimulatedPlotType, model: PlotModel, run: RunConditions) -> Caption:
    copy = kind.name.removeprefix(kind.like).removeprefix("-")
    title = f"{model.title}, {copy}" if copy else model.title
    chunk = f"  chunk {run.chunk}" if run.chunk is not None else ""
    return Caption(title, kind.name, f"Run {run.run:06d}{chunk}   {run.taken_at:%Y-%m-%d %H:%M:%S} UTC")
