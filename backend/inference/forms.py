"""A compiled network in use: images in, raw outputs out. Any number of threads may call at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from backend.inference import networks
from backend.inference.manifest import OutputNames
from backend.inference.outputs import Outputs


class _Request(NamedTuple):
    """One thread's own request with views of its input (B, H, W, C) and output memory."""

    infer: Callable[[], object]
    pixels: NDArray[np.uint8]
    logits: NDArray[np.float32]
    embedding: NDArray[np.float32]
    cam: NDArray[np.float32] | None

    def copied(self, index: int) -> Outputs:
        """Out of the memory that the next images will use."""
        logits, embedding = (np.array(values[index], np.float32) for values in (self.logits, self.embedding))
        return Outputs(logits, embedding, None if self.cam is None else np.array(self.cam[index], np.float32))


class Form:
    """A network compiled for exactly `batch` images at once; `turn` is held while it calculates."""

    def __init__(
        self,
        compiled: Any,  # noqa: ANN401 - has no types
        names: OutputNames,
        batch: int,
        turn: AbstractContextManager[object],
    ) -> None:
        self.batch = batch
        self.precision = networks.precision_of(compiled)
        self._compiled, self._names = compiled, names
        self._turn = turn
        self._mine = threading.local()

    def run(self, images: NDArray[np.uint8]) -> list[Outputs]:
        """Outputs for `images`, uint8 (batch, H, W, C), one for each."""
        request = self._request()
        request.pixels[:] = images
        with self._turn:
            request.infer()
        return [request.copied(index) for index in range(self.batch)]

    def _request(self) -> _Request:
        """This thread's request, made when it first calls."""
        mine: _Request | None = getattr(self._mine, "request", None)
        if mine is None:
            request, names = self._compiled.create_infer_request(), self._names
            cam = None if names.cam is None else request.get_tensor(names.cam).data
            logits, embedding = (request.get_tensor(name).data for name in (names.logits, names.embedding))
            mine = self._mine.request = _Request(request.infer, request.get_input_tensor().data, logits, embedding, cam)
        return mine
