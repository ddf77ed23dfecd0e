"""Network architectures by name. Imported in the training worker only.

Every network of ours ends in a feature map, global average pooling and one dense layer: Grad-CAM of that map then has a
closed form (its gradient is the dense weight), so the heat map falls out of the same forward pass. An expert's network
gets our dense layer; where that does not follow a pooling, there is no closed form and the network yields no map.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import keras
from keras import layers

from backend.domain.errors import TrainingError
from backend.inference.manifest import InputSpec
from backend.training.bodies import BODIES
from backend.training.catalogue import KnownArchitecture, PixelRange, Takes, check_input, known_architecture
from backend.training.custom_networks import headless, load_network, own_range
from backend.training.layers import EmbeddingNormalisation
from backend.training.network_files import NetworkFile

Parameters = Mapping[str, Any]
Tensor: TypeAlias = Any  # Keras has no types

FEATURES, EMBEDDING, HEAD = "features", "embedding", "logits"
"""Names of the layers that yield the last feature map, its mean, and the logits."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """`body` makes the last feature map out of an input tensor; `scale` and `offset` prepare pixels of 0 to 255.

    `defaults` go into the manifest: what the network was built with, and the SHA-256 of the file it was built from.
    """

    known: KnownArchitecture
    body: Callable[[Tensor], Tensor]
    defaults: Parameters
    scale: float
    offset: float

    @property
    def name(self) -> str:
        """Its name in the catalogue."""
        return self.known.name


def architecture(name: str, file: NetworkFile | None = None, pixels: PixelRange | None = None) -> Architecture:
    """The architecture of that name, with the weights or the network in `file`.

    `pixels` is what an expert's own network was made for, None to find out; ours have their own. TrainingError names
    the architectures there are, or says what is wrong with the file.
    """
    known = known_architecture(name)
    _check_file(known, file)
    parameters = dict(known.parameters) | ({} if file is None else {"file_sha256": file.sha256})
    if file is not None and known.takes is Takes.NETWORK:
        network = load_network(file)
        return _made(known, partial(_custom, network), parameters, pixels or own_range(network))
    return _made(known, partial(_ours, known, file), parameters, known.pixels)


def build(chosen: Architecture, spec: InputSpec, labels: int, *, dropout: float = 0.0) -> keras.Model:
    """A network: float32 (B, height, width, channels) to a dictionary of tensors.

    `logits` (B, labels), `features` (B, h, w, d) and `embedding` (B, d), their mean over places; without `features`
    where an expert's network does not end in a map. `dropout` silences a share of the embedding in training, so that
    no label hangs on one sign alone.
    """
    check_input(chosen.known, spec)
    image = layers.Input(spec.shape, name="image")
    body = chosen.body(image)
    outputs = _pooled(chosen, body) if len(body.shape) == 4 else {EMBEDDING: layers.Identity(name=EMBEDDING)(body)}
    embedding = outputs[EMBEDDING]
    kept = layers.Dropout(dropout)(embedding) if dropout else embedding
    logits = layers.Dense(labels, name=HEAD)(kept)
    return keras.Model(image, {"logits": logits, **outputs}, name=chosen.name)


def layers_of(model: keras.Model) -> list[str]:
    """The kinds of its layers in order, but for `Dropout`: what weights of another network must have to fit."""
    kinds = [type(layer).__name__ for layer in model.layers]
    return [kind for kind in kinds if kind != "Dropout"]


def load_parent(model: keras.Model, weights: str, *, keep_head: bool) -> None:
    """Take over the weights of a bundle's `model.keras`, without its dense layer unless `keep_head`.

    Weights only: no stored configuration or code is used. TrainingError when they are of another architecture.
    """
    head = model.get_layer(HEAD)
    fresh = head.get_weights()
    try:
        model.load_weights(weights, skip_mismatch=not keep_head)
    except (ValueError, KeyError, OSError) as error:
        raise TrainingError(
            f"The parent's weights do not fit {model.name}: {error}. Nothing was trained; choose another parent."
        ) from error
    if not keep_head:
        head.set_weights(fresh)


def _made(
    known: KnownArchitecture, body: Callable[[Tensor], Tensor], parameters: Parameters, pixels: PixelRange
) -> Architecture:
    return Architecture(known, body, parameters, pixels.scale, pixels.offset)


def _check_file(known: KnownArchitecture, file: NetworkFile | None) -> None:
    if known.takes is Takes.NETWORK and file is None:
        raise TrainingError(
            f"{known.name} needs the network itself, a .keras file, so nothing is trained. Name it with --network FILE."
        )
    if known.takes is Takes.NOTHING and file is not None:
        raise TrainingError(f"{known.name} takes no file, so nothing is trained. Leave {file.path} out.")


def _ours(known: KnownArchitecture, file: NetworkFile | None, image: Tensor) -> Tensor:
    if file is None:
        return BODIES[known.name](image, known.parameters, None)
    with tempfile.TemporaryDirectory(prefix="hydra-weights-") as folder:
        return BODIES[known.name](image, known.parameters, file.verified_copy(Path(folder)))


def _custom(network: keras.Model, image: Tensor) -> Tensor:
    wanted = network.inputs[0].shape[1:]
    if any(size not in (None, given) for size, given in zip(wanted, image.shape[1:], strict=True)):
        said = " × ".join("any" if size is None else str(size) for size in wanted)
        raise TrainingError(
            f"The network looks at {said} (rows, columns, channels), the plots were prepared as {image.shape[1:]}. "
            "Nothing was trained; choose that input size."
        )
    return headless(network)(image)


def _pooled(chosen: Architecture, body: Tensor) -> dict[str, Tensor]:
    layer = EmbeddingNormalisation(name=FEATURES) if chosen.known.normalised else layers.Identity(name=FEATURES)
    features = layer(body)
    return {FEATURES: features, EMBEDDING: layers.GlobalAveragePooling2D(name=EMBEDDING)(features)}
