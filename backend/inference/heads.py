"""Heads: what a model adds to the backbone that it shares. What is usual at every place, and one dense layer.

The backbone compares what it sees with what is usual for the plot type and ends in a feature map; the head takes the
mean of each feature over the plot and weighs it. The evidence of a place for a label is therefore feature times
weight, as in `backend.inference.heat_maps`, and the heat map keeps its closed form.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from backend.domain.errors import BundleError
from backend.domain.predictions import Prediction
from backend.inference import networks
from backend.inference.backbone_manifest import BackboneManifest
from backend.inference.backbone_network import FEATURES, IMAGE, MEAN, SCALE, SEEN
from backend.inference.backbones import Backbone
from backend.inference.bundles import Bundle
from backend.inference.canonical_zip import read_zip, write_zip
from backend.inference.manifest import ADVICE, HEAD_NAME, InputSpec, Manifest
from backend.inference.model import check_batch
from backend.inference.outputs import Outputs, interpret
from backend.inference.pace import Pace

_ARRAY = ".npy"


@dataclass(frozen=True, slots=True, eq=False)
class Usual:
    """What is usual at every place: `mean` and `scale` (1 / standard deviation), float16 (rows, columns, seen)."""

    mean: NDArray[np.float16]
    scale: NDArray[np.float16]


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """The arrays of a head, of a backbone with d features, for n labels.

    The embedding is (mean of a feature over the plot - `centre`) * `spread`, both float32 (d,); logits are the
    embedding times `weights`, float32 (d, n), plus `bias`, float32 (n,).
    """

    usual: Usual
    centre: NDArray[np.float32]
    spread: NDArray[np.float32]
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]

    def arrays(self) -> dict[str, NDArray[np.floating]]:
        """By the names they have in the file."""
        own = {name: getattr(self, name) for name in ("centre", "spread", "weights", "bias")}
        return {"mean": self.usual.mean, "scale": self.usual.scale, **own}

    def outputs(self, features: NDArray[np.float32]) -> Outputs:
        """Logits, class activation maps and embedding from a feature map (rows, columns, d)."""
        rows, columns, count = features.shape
        places = features.reshape(-1, count)
        embedding = (places.mean(axis=0) - self.centre) * self.spread
        folded = self.spread[:, None] * self.weights
        cam = places @ folded - self.centre @ folded
        return Outputs(embedding @ self.weights + self.bias, embedding, cam.reshape(rows, columns, -1))


def write_head(head: Head) -> bytes:
    """The head as one file: NumPy's .npz, in the canonical form of bundles."""
    return write_zip({f"{name}{_ARRAY}": _npy(values) for name, values in head.arrays().items()})


def read_head(bundle: Bundle, backbone: BackboneManifest) -> Head:
    """The head of a bundle, every shape checked. BundleError where it does not fit its labels or the backbone."""
    manifest = bundle.manifest
    if manifest.input != backbone.input:
        raise BundleError(
            f"The model of {manifest.plot_type} looks at {manifest.input.shape}, its backbone at "
            f"{backbone.input.shape}. {ADVICE}"
        )
    files = read_zip(bundle.read(HEAD_NAME))
    usual, count, labels = backbone.maps.usual_shape, backbone.maps.features, len(manifest.labels)
    wanted: dict[str, tuple[type[np.floating], tuple[int, ...]]] = {
        "mean": (np.float16, usual),
        "scale": (np.float16, usual),
        "centre": (np.float32, (count,)),
        "spread": (np.float32, (count,)),
        "weights": (np.float32, (count, labels)),
        "bias": (np.float32, (labels,)),
    }
    if set(files) != {f"{name}{_ARRAY}" for name in wanted}:
        raise BundleError(f"{HEAD_NAME} holds {', '.join(sorted(files))}; wanted are {', '.join(wanted)}. {ADVICE}")
    read = {name: _array(name, files[f"{name}{_ARRAY}"], *kind) for name, kind in wanted.items()}
    return Head(Usual(read.pop("mean"), read.pop("scale")), **read)


def _npy(values: NDArray[np.floating]) -> bytes:
    buffer = BytesIO()
    np.lib.format.write_array(buffer, np.ascontiguousarray(values), (1, 0), allow_pickle=False)
    return buffer.getvalue()


def _array(name: str, data: bytes, dtype: type[np.floating], shape: tuple[int, ...]) -> NDArray[Any]:
    """The array in an .npy file of exactly this type and shape; the header is believed only where it says so."""
    expected = _npy(np.zeros(shape, dtype))
    header = len(expected) - int(np.prod(shape)) * np.dtype(dtype).itemsize
    if len(data) != len(expected) or data[:header] != expected[:header]:
        raise BundleError(f"{name} in {HEAD_NAME} is not {np.dtype(dtype)} of shape {shape}. {ADVICE}")
    values = np.frombuffer(data, dtype, offset=header).reshape(shape)
    if not np.isfinite(values).all():
        raise BundleError(f"{name} in {HEAD_NAME} holds what is no number. {ADVICE}")
    return values


class _Request(NamedTuple):
    """One thread's own request with views of its input and output memory."""

    infer: Callable[[], object]
    pixels: NDArray[np.uint8]
    mean: NDArray[np.float16]
    scale: NDArray[np.float16]
    seen: NDArray[np.float32]
    features: NDArray[np.float32]


class Maps(NamedTuple):
    """What a backbone gives for one image, valid until the thread's next: `seen` and `features`, (rows, columns, …)."""

    seen: NDArray[np.float32]
    features: NDArray[np.float32]


class LoadedBackbone:
    """A compiled backbone. `run` may be called from any number of threads at once."""

    def __init__(self, backbone: Backbone, compiled: Any) -> None:  # noqa: ANN401 - has no types
        self.manifest, self.digest = backbone.manifest, backbone.digest
        self.precision = networks.precision_of(compiled)
        self.pace = Pace()
        self._compiled = compiled
        self._mine = threading.local()

    def run(self, image: NDArray[np.uint8], usual: Usual) -> Maps:
        """The maps of one image (H, W, C), compared with what is usual, in the calling thread."""
        request = self._request()
        request.pixels[0], request.mean[0], request.scale[0] = image, usual.mean, usual.scale
        request.infer()
        return Maps(request.seen[0], request.features[0])

    def _request(self) -> _Request:
        """This thread's request, made when it first calls."""
        mine: _Request | None = getattr(self._mine, "request", None)
        if mine is None:
            request = self._compiled.create_infer_request()
            memory = (request.get_tensor(name).data for name in (IMAGE, MEAN, SCALE, SEEN, FEATURES))
            mine = self._mine.request = _Request(request.infer, *memory)
        return mine


class HeadModel:
    """A model that shares its backbone, see `backend.inference.model.Model`."""

    def __init__(self, bundle: Bundle, backbone: LoadedBackbone, head: Head) -> None:
        self.manifest: Manifest = bundle.manifest
        self.digest = bundle.digest
        self.precision = backbone.precision
        self.held_bytes = sum(values.nbytes for values in head.arrays().values())
        self._backbone, self._head = backbone, head

    @property
    def runs_on(self) -> str:
        """The backbone."""
        return self._backbone.digest

    @property
    def is_wide(self) -> bool:
        """No: backbones are small, and run side by side."""
        return False

    @property
    def runs_apart(self) -> bool:
        """No: in the calling thread."""
        return False

    def make_ready(self) -> None:
        """It is, once it is loaded."""

    def images_within(self, milliseconds: float) -> int:
        """As fast as its backbone was so far."""
        return self._backbone.pace.images_within(milliseconds)

    @property
    def spec(self) -> InputSpec:
        """What `predict` wants to be given."""
        return self.manifest.input

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels in the order of the probabilities."""
        return self.manifest.labels

    def predict(self, batch: NDArray[np.uint8]) -> list[Prediction]:
        """See `backend.inference.model.Model`."""
        check_batch(batch, self.spec)
        return [self._predict(image) for image in batch]

    def _predict(self, image: NDArray[np.uint8]) -> Prediction:
        start = time.perf_counter()
        maps = self._backbone.run(image, self._head.usual)
        prediction = interpret(self._head.outputs(maps.features), self.manifest, self.precision)
        milliseconds = (time.perf_counter() - start) * 1e3
        self._backbone.pace.note(milliseconds)
        return replace(prediction, milliseconds=milliseconds)
