"""What a network gives for one image, and what it means: the same reading of it for every kind of model."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from backend.domain.errors import BundleError
from backend.domain.predictions import Prediction
from backend.inference.heat_maps import heat_map
from backend.inference.manifest import Manifest

_LARGEST_HALF = float(np.finfo(np.float16).max)


class Outputs(NamedTuple):
    """What a network gives for one image: logits (n,), embedding (d,) and, if it has any, maps (h, w, n)."""

    logits: NDArray[np.float32]
    embedding: NDArray[np.float32]
    cam: NDArray[np.float32] | None

    @property
    def are_numbers(self) -> bool:
        """Whether nothing is infinite or undefined."""
        return all(bool(np.isfinite(values).all()) for values in self if values is not None)


def interpret(outputs: Outputs, manifest: Manifest, precision: str) -> Prediction:
    """The prediction, without its time. BundleError when the network does not give numbers."""
    if not outputs.are_numbers:
        raise BundleError(
            f"The model of {manifest.plot_type} gives no number for this plot, so there is no verdict on it. "
            "Put another model in force and train this one anew."
        )
    temperature = manifest.temperature
    probabilities = softmax(outputs.logits, temperature)
    top = max(range(len(probabilities)), key=probabilities.__getitem__)
    half = np.clip(outputs.embedding, -_LARGEST_HALF, _LARGEST_HALF).astype(np.float16)
    heat = None if outputs.cam is None else heat_map(outputs.cam, top, temperature)
    return Prediction(probabilities, heat, half, precision, 0.0)


def softmax(logits: NDArray[np.float32], temperature: float) -> tuple[float, ...]:
    """Probabilities, which sum to 1, from `logits` of shape (n,)."""
    scaled = logits.astype(np.float64) / temperature
    powers = np.exp(scaled - scaled.max())
    return tuple((powers / powers.sum()).tolist())
