"""A trained network as Keras runs it, and exact heat maps of any of its layers. Imported in the worker process only.

The bundle is verified by its digest, looked through, and its weights are looked at before Keras sees any of it; then
`model.keras` is loaded in safe mode, uncompiled, from a copy that nobody else writes.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self, TypeAlias

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

import backend.training.layers  # noqa: F401 - registers our layers
from backend.domain.errors import BundleError
from backend.inference.bundles import reopen_bundle
from backend.inference.keras_archive import check_keras
from backend.inference.manifest import ADVICE, KERAS_NAME, Manifest
from backend.inference.reference.supervisor import MOST_IMAGES
from backend.training.architectures import EMBEDDING, FEATURES, HEAD
from backend.training.network_files import first_line
from backend.training.weights import check_weights

Tensor: TypeAlias = Any  # Keras has no types
Floats = NDArray[np.float32]

_GREY = 128


class KerasNetwork:
    """See `backend.inference.reference.worker.Network`."""

    def __init__(self, model: keras.Model, manifest: Manifest) -> None:
        self._model, self._manifest = model, manifest
        self._closed_form = manifest.outputs.cam is not None and FEATURES in model.output
        self._kernel = tf.constant(model.get_layer(HEAD).kernel.numpy())
        spec = tf.TensorSpec([None, *manifest.input.shape], tf.uint8, name="pixels")
        self._forward = tf.function(self._outputs, input_signature=[spec])

    @classmethod
    def open(cls, folder: Path, digest: str) -> Self:
        """Load it and let it look at grey images, so that no plot waits for that. BundleError."""
        bundle = reopen_bundle(folder, digest)
        if KERAS_NAME not in bundle.manifest.files:
            raise BundleError(
                f"The model of {bundle.manifest.plot_type} came without {KERAS_NAME}, which exact maps need."
            )
        network = cls(_loaded(bundle.read(KERAS_NAME), bundle.manifest), bundle.manifest)
        network.look(np.full((MOST_IMAGES, *bundle.manifest.input.shape), _GREY, np.uint8))
        return network

    def look(self, images: NDArray[np.uint8]) -> tuple[Floats, Floats, Floats | None]:
        """Logits, embedding and maps of uint8 (B, H, W, C)."""
        found = self._forward(images)
        cam = found["cam"].numpy() if self._closed_form else None
        return found["logits"].numpy(), found["embedding"].numpy(), cam

    def explain(self, image: NDArray[np.uint8], label: int, layer: str) -> tuple[Floats, str]:
        """Grad-CAM (Selvaraju et al. 2017) of the logit of `label` relative to the others, in the map of `layer`.

        `image` is uint8 (1, H, W, C). The weight of a channel is the mean of its gradient over places, times their
        number: the map is then in units of logit / temperature and, for the last map of a network with pooling and a
        dense layer, equal to the closed form. BundleError where there is no such layer or it has no map.
        """
        pixels = self._pixels(tf.constant(image))
        name = layer or self._last_map(pixels)
        with tf.GradientTape(watch_accessed_variables=False) as tape, _watched(self._model, name, tape) as maps:
            logits = self._model(pixels, training=False)[HEAD]
            score = logits[0, label] - tf.reduce_mean(logits[0])
        if not maps:
            raise BundleError(f"The model of {self._manifest.plot_type} has no layer {name!r} with a map.")
        found = maps[-1]
        gradient = tape.gradient(score, found)
        if gradient is None:
            raise BundleError(f"The verdict does not depend on the layer {name!r}. Choose one that it goes through.")
        importance = tf.reduce_sum(gradient, axis=(1, 2))[:, None, None]
        evidence = tf.reduce_sum(found * importance, axis=-1)[0] / self._manifest.temperature
        return _numbers(evidence.numpy(), name), name

    def _outputs(self, images: Tensor) -> dict[str, Tensor]:
        out = self._model(self._pixels(images), training=False)
        maps = {"cam": tf.nn.conv2d(out[FEATURES], self._kernel[None, None], 1, "VALID")} if self._closed_form else {}
        return {"logits": out[HEAD], "embedding": out[EMBEDDING], **maps}

    def _pixels(self, images: Tensor) -> Tensor:
        wanted = self._manifest.preprocessing
        return tf.cast(images, tf.float32) * wanted.scale + wanted.offset

    def _last_map(self, pixels: Tensor) -> str:
        """The layer with a map that is passed last."""
        seen: list[str] = []
        with _called(self._model, lambda layer, out: seen.append(layer.name) if _is_map(out) else None):
            self._model(pixels, training=False)
        if not seen:
            raise BundleError(f"The model of {self._manifest.plot_type} has no layer with a map.")
        return seen[-1]


def _loaded(data: bytes, manifest: Manifest) -> keras.Model:
    check_keras(KERAS_NAME, data, manifest)
    check_weights(KERAS_NAME, data)
    with tempfile.TemporaryDirectory(prefix="hydra-network-") as folder:
        path = Path(folder) / KERAS_NAME
        path.write_bytes(data)
        try:
            model = keras.saving.load_model(path, safe_mode=True, compile=False)
        except Exception as error:  # whatever the file makes Keras raise is a reason to refuse it
            raise BundleError(f"{KERAS_NAME} cannot be loaded: {first_line(error)}. {ADVICE}") from error
    outputs = model.output if isinstance(model.output, dict) else {}
    if not {HEAD, EMBEDDING} <= set(outputs) or len(model.inputs) != 1:
        raise BundleError(f"{KERAS_NAME} does not take one image and give {HEAD} and {EMBEDDING}. {ADVICE}")
    return model


@contextlib.contextmanager
def _watched(model: keras.Model, name: str, tape: tf.GradientTape) -> Iterator[list[Tensor]]:
    """The maps that the layer `name` gives meanwhile; the tape records what is made of them."""
    found: list[Tensor] = []

    def take(layer: Any, out: Tensor) -> None:  # noqa: ANN401
        if layer.name == name and _is_map(out):
            tape.watch(out)
            found.append(out)

    with _called(model, take):
        yield found


@contextlib.contextmanager
def _called(model: keras.Model, tell: Any) -> Iterator[None]:  # noqa: ANN401
    """`tell(layer, output)` is called whenever a layer has been, however deep in networks within the network it is."""
    layers = list({id(layer): layer for layer in model._flatten_layers(include_self=False)}.values())
    for layer in layers:
        object.__setattr__(layer, "call", _told(layer, layer.call, tell))
    try:
        yield
    finally:
        for layer in layers:
            object.__delattr__(layer, "call")


def _told(layer: Any, call: Any, tell: Any) -> Any:  # noqa: ANN401
    def told(*given: Any, **options: Any) -> Tensor:  # noqa: ANN401
        out = call(*given, **options)
        tell(layer, out)
        return out

    return told


def _is_map(out: Tensor) -> bool:
    shape: tuple[int, ...] = tuple(getattr(out, "shape", ()))
    return len(shape) == 4 and shape[1] > 1 and shape[2] > 1


def _numbers(evidence: Floats, name: str) -> Floats:
    if not np.isfinite(evidence).all():
        raise BundleError(f"The layer {name!r} gives no numbers for this plot. Choose another layer.")
    return np.asarray(evidence, np.float32)
