"""Plot models: everything the simulation knows of one plot type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from backend.simulation.arrays import FloatArray
from backend.simulation.conditions import RunConditions
from backend.simulation.effects import empty
from backend.simulation.faults import LABELS, Effect, Failure, FaultKind
from backend.simulation.figures import Figure

Rates = Callable[[RunConditions, np.random.Generator], FloatArray]
"""(conditions, the run's random numbers) → entries expected of a full run, of shape (panels, …)."""


@dataclass(frozen=True, slots=True)
class PlotModel:
    """One plot type.

    `group` is the path of nested groups, outermost first; `chunked` plots show one slice of a run each, others
    grow with it; `contact` is a role; `growth` turns full-run rates into those of a part (0 to 1) of the run.
    """

    name: str
    title: str
    group: tuple[str, ...]
    description: str
    guidance: str
    contact: str
    rates: Rates
    figure: Figure
    failures: Mapping[FaultKind, Failure]
    chunked: bool = True
    growth: Callable[[FloatArray, float], FloatArray] = np.multiply


def failures(effects: Mapping[FaultKind, Effect], **labels: str) -> dict[FaultKind, Failure]:
    """Failures from effects, with the usual classifications; every plot can also be empty.

    `labels` names other classifications by fault value: ``hot_channel="Bad"``.
    """
    both = dict(effects) | {FaultKind.NO_DATA: empty()}
    return {kind: Failure(labels.get(kind.value, LABELS[kind]), effect) for kind, effect in both.items()}
