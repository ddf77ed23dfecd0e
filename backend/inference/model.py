"""What everything that judges plots with a model knows of it, whatever it is made of."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from backend.domain.predictions import Prediction
from backend.inference.manifest import InputSpec, Manifest


class Model(Protocol):
    """A model ready to run; any number of threads at once may call it.

    `precision` is what it calculates in, `held_bytes` about how much memory it takes for itself. Models with the same
    `runs_on` (the digest of a network) share that network: their plots go through together.
    """

    @property
    def manifest(self) -> Manifest:
        """The manifest of its bundle."""

    @property
    def digest(self) -> str:
        """The digest of its bundle."""

    @property
    def runs_on(self) -> str:
        """The digest of the bundle or backbone whose network it runs."""

    @property
    def precision(self) -> str:
        """What it calculates in: "f32", "bf16" or "f16"."""

    @property
    def held_bytes(self) -> int:
        """Bytes of memory of what it does not share."""

    @property
    def is_wide(self) -> bool:
        """Whether one call keeps all cores busy, so that a second one beside it would gain nothing."""

    @property
    def runs_apart(self) -> bool:
        """Whether it calculates in a process of its own, so that a thread of this one only waits for it."""

    def make_ready(self) -> None:
        """Do what the first plot would wait for (blocking). WorkerUnavailableError, BundleError."""

    def images_within(self, milliseconds: float) -> int:
        """How many images one call takes in that time, as fast as it was so far; 1 before the first, never less."""

    @property
    def spec(self) -> InputSpec:
        """What `predict` wants to be given, see `backend.inference.preprocessing.prepare`."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels in the order of the probabilities."""

    def predict(self, batch: NDArray[np.uint8]) -> list[Prediction]:
        """A prediction for each image of `batch`, uint8 (B, H, W, C), in the calling thread.

        ValueError for another shape, BundleError when the network does not give numbers.
        """


def check_batch(batch: NDArray[np.uint8], spec: InputSpec) -> None:
    """ValueError unless `batch` is uint8 (B, H, W, C) as `spec` says."""
    if batch.dtype != np.uint8 or batch.shape[1:] != spec.shape:
        raise ValueError(f"the model wants uint8 (B, *{spec.shape}), not {batch.dtype} {batch.shape}")
