"""A model that runs in the reference engine, as everybody else sees models."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from backend.domain.predictions import Prediction
from backend.inference.bundles import Bundle
from backend.inference.manifest import InputSpec, Manifest
from backend.inference.model import check_batch
from backend.inference.outputs import interpret
from backend.inference.pace import Pace
from backend.inference.reference.supervisor import ReferenceEngine


class ReferenceModel:
    """See `backend.inference.model.Model`. Its network is in the worker, so that it holds no memory here."""

    precision = "f32"
    held_bytes = 0
    is_wide = True
    runs_apart = True

    def __init__(self, bundle: Bundle, engine: ReferenceEngine) -> None:
        self.manifest: Manifest = bundle.manifest
        self.digest = bundle.digest
        self._bundle, self._engine = bundle, engine
        self._pace = Pace()

    @property
    def runs_on(self) -> str:
        """Itself: its network is its own."""
        return self.digest

    @property
    def spec(self) -> InputSpec:
        """What `predict` wants to be given."""
        return self.manifest.input

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels in the order of the probabilities."""
        return self.manifest.labels

    def make_ready(self) -> None:
        """Start the worker and load the network there. WorkerUnavailableError, BundleError."""
        self._engine.make_ready(self._bundle)

    def images_within(self, milliseconds: float) -> int:
        """As fast as it was so far."""
        return self._pace.images_within(milliseconds)

    def predict(self, batch: NDArray[np.uint8]) -> list[Prediction]:
        """See `backend.inference.model.Model`; besides PlotKillsWorkerError and WorkerUnavailableError."""
        check_batch(batch, self.spec)
        if not len(batch):
            return []
        start = time.perf_counter()
        found = [interpret(one, self.manifest, self.precision) for one in self._engine.look(self._bundle, batch)]
        share = (time.perf_counter() - start) * 1e3 / len(found)
        self._pace.note(share)
        return [replace(prediction, milliseconds=share) for prediction in found]
