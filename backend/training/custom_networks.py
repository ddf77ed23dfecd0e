"""An expert's own network, as a body for our head. Imported in the training worker only."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, TypeAlias

import keras
from keras import layers

from backend.domain.errors import TrainingError
from backend.training.catalogue import PixelRange
from backend.training.network_files import NetworkFile, first_line

Tensor: TypeAlias = Any  # Keras has no types

_INERT = (layers.Dropout, layers.Activation, layers.Softmax)
"""What may stand between the pooling, the dense layer and the output: nothing that moves evidence about."""

_RESCALING = (layers.Rescaling, layers.Normalization)
_LARGEST_EMBEDDING = 32_767
"""Two bytes each must fit into the column that keeps them."""


def load_network(file: NetworkFile) -> keras.Model:
    """The network in a `.keras` file, without running any code of its own. TrainingError where it cannot be used."""
    with tempfile.TemporaryDirectory(prefix="hydra-network-") as folder:
        path = file.verified_copy(Path(folder))
        try:
            model = keras.saving.load_model(path, safe_mode=True, compile=False)
        except Exception as error:  # whatever a foreign file makes Keras raise is a reason to refuse it
            raise TrainingError(
                f"{file.path} cannot be loaded: {first_line(error)}. Nothing was trained. It must be a functional or "
                "sequential model of Keras's own layers, without Lambda layers and without code of its own."
            ) from error
    if len(model.inputs) != 1 or len(model.outputs) != 1 or len(model.inputs[0].shape) != 4:
        raise TrainingError(
            f"{file.path} must take one image (rows, columns, channels) and give one output; it takes "
            f"{_shapes(model.inputs)} and gives {_shapes(model.outputs)}. Nothing was trained."
        )
    return model


def own_range(model: keras.Model) -> PixelRange:
    """0 to 255 for a network that rescales pixels by itself, which must not be done twice; else -1 to 1."""
    rescales = any(isinstance(layer, _RESCALING) for layer in model._flatten_layers())
    return PixelRange.BYTES if rescales else PixelRange.SIGNED


def headless(model: keras.Model) -> keras.Model:
    """The network up to its last feature map (B, h, w, d) or, where no pooling follows one, to its embedding (B, d).

    Its last dense layer is left out, whose labels are not ours. Where what feeds that layer is the global average
    pooling of a map, the network ends in that map, and heat maps have their closed form.
    """
    tensor = _before_pooling(_before_dense(model.outputs[0]))
    if len(tensor.shape) not in (2, 4) or not isinstance(tensor.shape[-1], int):
        raise TrainingError(f"The network ends in {tuple(tensor.shape)}, which is neither a map nor a vector per plot.")
    if tensor.shape[-1] > _LARGEST_EMBEDDING:
        raise TrainingError(
            f"The last dense layer takes {tensor.shape[-1]:,} values of a plot; at most {_LARGEST_EMBEDDING:,} are "
            "kept. Nothing was trained; put global average pooling or a smaller dense layer before it."
        )
    return keras.Model(model.inputs, tensor, name="network")


def _before_dense(tensor: Tensor) -> Tensor:
    """What the last dense layer takes; the tensor itself where the network does not end in one."""
    made_by, taken = _origin(tensor)
    while isinstance(made_by, _INERT):
        made_by, taken = _origin(taken)
    return taken if isinstance(made_by, layers.Dense) and len(tensor.shape) == 2 else tensor


def _before_pooling(tensor: Tensor) -> Tensor:
    made_by, taken = _origin(tensor)
    while isinstance(made_by, layers.Dropout):
        made_by, taken = _origin(taken)
    pools = isinstance(made_by, layers.GlobalAveragePooling2D) and not made_by.keepdims
    return taken if pools and made_by.data_format == "channels_last" else tensor


def _origin(tensor: Tensor) -> tuple[Any, Tensor | None]:
    """The layer that made a tensor, and what it made it from (None where that is more than one thing)."""
    made_by, node, _ = tensor._keras_history
    taken = made_by._inbound_nodes[node].input_tensors
    return made_by, taken[0] if len(taken) == 1 else None


def _shapes(tensors: list[Tensor]) -> str:
    return ", ".join(str(tuple(tensor.shape)) for tensor in tensors)
