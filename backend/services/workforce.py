"""Who looks at plots in a reprocessing campaign: threads of this process, or a Dask cluster.

Both are a `concurrent.futures.Executor`. What goes to a worker are the bytes of images; what comes back are
predictions. Workers need neither the database nor its password. This module is imported on the workers, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from backend.domain.errors import BundleError, PlotRejectedError
from backend.domain.predictions import Prediction
from backend.feed.images import ImageLimits, open_picture
from backend.inference.model import Model
from backend.inference.preprocessing import prepare

Answer = Prediction | str
"""What became of one image: a prediction, or why there is none."""

Look = Callable[[Sequence[bytes]], list[Answer]]


class Workforce(Protocol):
    """Takes images in batches. `width` batches can be in work at the same time."""

    @property
    def width(self) -> int:
        """At least 1."""

    def submit(self, images: Sequence[bytes]) -> Future[list[Answer]]:
        """Look at images (files as they came); the answers come in their order."""

    def died(self, error: BaseException) -> bool:
        """Whether a batch failed because the workers that had it died, one after the other."""


@dataclass(frozen=True, slots=True, eq=False)
class Looker:
    """Reads images and lets a model look at them. `load` is called for every batch and loads once."""

    load: Callable[[], Model]
    limits: ImageLimits = field(default_factory=ImageLimits)

    def __call__(self, images: Sequence[bytes]) -> list[Answer]:
        """One answer per image; a bad image spoils no other. BundleError where the model cannot be loaded."""
        model = self.load()
        return [self._look(model, image) for image in images]

    def _look(self, model: Model, image: bytes) -> Answer:
        try:
            return model.predict(prepare(open_picture(image, "", self.limits), model.spec)[np.newaxis])[0]
        except (PlotRejectedError, BundleError) as error:
            return str(error)


@dataclass(frozen=True, slots=True, eq=False)
class LocalWorkforce:
    """Threads of this process."""

    width: int
    look: Look
    executor: Executor

    def submit(self, images: Sequence[bytes]) -> Future[list[Answer]]:
        """On the next free thread."""
        return self.executor.submit(self.look, images)

    def died(self, error: BaseException) -> bool:
        """A thread cannot die alone."""
        return False


@contextmanager
def local_workforce(look: Look, threads: int) -> Iterator[LocalWorkforce]:
    """`threads` threads; what is queued when this ends is dropped."""
    executor = ThreadPoolExecutor(threads, "hydra-reprocess")
    try:
        yield LocalWorkforce(threads, look, executor)
    finally:
        executor.shutdown(wait=True, cancel_futures=True)
