"""What travels between the stages of the pipeline."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from backend.api import Rgb
from backend.domain.intake import FileStamp, NewPlot
from backend.domain.plots import Plot
from backend.domain.predictions import ModelInForce
from backend.inference.model import Model


@dataclass(slots=True)
class StageTimes:
    """Milliseconds a plot spent in each stage, in the order it went through them."""

    milliseconds: dict[str, float] = field(default_factory=dict)

    def frozen(self) -> tuple[tuple[str, float], ...]:
        """For the record."""
        return tuple(self.milliseconds.items())


@dataclass(slots=True, eq=False)
class ModelInput:
    """A plot as its model wants it: uint8 (H, W, C). The plot is judged by this very model, whatever comes after."""

    model: ModelInForce
    loaded: Model
    tensor: NDArray[np.uint8]


@dataclass(slots=True, eq=False)
class ReadItem:
    """A file that was read and decoded, on its way to the commit. No `model_input`: no model judges its type."""

    stamp: FileStamp
    new: NewPlot
    preview: Rgb
    model_input: ModelInput | None
    times: StageTimes


@dataclass(slots=True, eq=False)
class ClassifyItem:
    """A stored plot whose work is leased to this station. `queued_at` is `time.monotonic()`."""

    plot: Plot
    model_input: ModelInput | None
    times: StageTimes
    queued_at: float
