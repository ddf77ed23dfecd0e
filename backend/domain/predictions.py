"""Predictions: what a model says of one plot."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the window is painted before numpy has been imported, which takes a tenth of a second
    import numpy as np
    from numpy.typing import NDArray

_HEADER = 2


@dataclass(frozen=True, slots=True, eq=False)
class HeatMap:
    """Where a model looked for its top class.

    `values` is uint8 of shape (rows, columns), 0 to 255, at most 255 x 255, 255 the strongest evidence for
    the class. It covers the whole image: the image is stretched, never cropped, to the model's input.
    """

    values: NDArray[np.uint8]

    def encode(self) -> bytes:
        """Two bytes of shape, then the values, deflated: well below 1 kB for the maps we make."""
        rows, columns = self.values.shape
        return bytes((rows, columns)) + zlib.compress(self.values.tobytes(), 6)

    @classmethod
    def decode(cls, data: bytes) -> HeatMap:
        """Inverse of `encode`; ValueError when the bytes are not a heat map."""
        import numpy as np

        rows, columns = data[0], data[1]
        try:
            flat = np.frombuffer(zlib.decompress(data[_HEADER:]), np.uint8)
        except zlib.error as error:
            raise ValueError(f"not a heat map: {error}") from error
        return cls(flat.reshape(rows, columns))


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """Probabilities of one model for one plot.

    `probabilities` follow the order of the model's labels and sum to 1; `embedding` is float16 of shape
    (features,); `precision` is "f32" or "bf16"; `milliseconds` is this plot's share of its batch.
    """

    probabilities: tuple[float, ...]
    heat_map: HeatMap | None
    embedding: NDArray[np.float16]
    precision: str
    milliseconds: float


@dataclass(frozen=True, slots=True)
class ModelInForce:
    """The model that judges a plot type now, with the thresholds now in force.

    `digest` is the SHA-256 of the zipped bundle; `thresholds` (0 to 1) follow the order of `labels`.
    """

    model_id: int
    digest: str
    labels: tuple[str, ...]
    thresholds: tuple[float, ...]
