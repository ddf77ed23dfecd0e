"""Starting a backbone from a model of one plot type: its network without what it knows by heart of that type.

A bundle of `compact_cbam` has the same layers but for the statistics of `Deviations`, which a backbone is given from
outside, and for the two channels with the place itself and `Focus`, which a backbone has not. The weights are read from
its OpenVINO IR, where normalisations are factors and shifts: shipped bundles hold no others. Training worker only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from backend.domain.errors import TrainingError
from backend.inference.bundles import Bundle
from backend.inference.manifest import IR_BIN, IR_XML
from backend.inference.openvino_quietly import openvino
from backend.training.backbone_network import COMPARED
from backend.training.layers import ChannelAttention, SpatialAttention

Floats = NDArray[np.float32]

_PLACES = slice(COMPARED, COMPARED + 2)
"""Channels of the first comparing layer that say where a place is."""


class _Step(NamedTuple):
    """One convolution or product: its kernel, then what normalisation makes of it, a factor and a shift per channel."""

    kernel: Floats
    factor: Floats
    shift: Floats


def start_from(bundle: Bundle, looking: keras.Model, comparing: keras.Model) -> None:
    """Give both halves of a backbone the weights of `bundle`. TrainingError where it is of another architecture."""
    nodes = openvino().Core().read_model(bundle.read(IR_XML), bundle.read(IR_BIN)).get_ordered_ops()
    try:
        convolutions, products = _steps(nodes, "Convolution"), _steps(nodes, "MatMul")
        for layer in (*looking.layers, *comparing.layers):
            _fill(layer, convolutions, products)
    except (ValueError, StopIteration) as error:
        raise TrainingError(
            f"The model of {bundle.manifest.plot_type} ({bundle.manifest.architecture.name}) has other layers than a "
            f"backbone ({error}). Nothing was trained; start from another one."
        ) from error


def _fill(layer: layers.Layer, convolutions: Iterator[_Step], products: Iterator[_Step]) -> None:
    """Give a layer its weights; a normalisation takes those of the convolution before it, which `_Step` belongs to."""
    match layer:
        case layers.Conv2D():
            step = next(convolutions)
            layer.set_weights([_without_places(step.kernel), *([step.shift] if layer.use_bias else [])])
            layer.following = step
        case layers.BatchNormalization():
            step = _before(layer).following
            nothing, one = np.zeros_like(step.shift), np.ones_like(step.shift) - layer.epsilon
            layer.set_weights([step.factor, step.shift, nothing, one])
        case ChannelAttention():
            for part in (layer.squeeze, layer.excite):
                step = next(products)
                part.set_weights([step.kernel, step.shift])
            for _ in range(2):
                next(products)  # the same once more, for the maximum
        case SpatialAttention():
            step = next(convolutions)
            layer.weigh.set_weights([step.kernel, step.shift])


def _before(layer: layers.Layer) -> layers.Layer:
    """The convolution whose output, perhaps pooled, this layer is given."""
    while not isinstance(layer, layers.Conv2D):
        layer = layer.input._keras_history.operation
    return layer


def _without_places(kernel: Floats) -> Floats:
    return np.delete(kernel, _PLACES, axis=2) if kernel.shape[2] == 3 * COMPARED + 2 else kernel


def _steps(nodes: list[Any], kind: str) -> Iterator[_Step]:
    """Every operation of the kind that has a constant kernel, in order, in Keras' arrangement."""
    for node in nodes:
        kernel = _constant(node) if node.get_type_name() == kind else None
        if kernel is not None:
            factor, shift = _affine(node, len(kernel))
            arranged = kernel.transpose(2, 3, 1, 0) if kernel.ndim == 4 else kernel.T
            yield _Step(arranged, factor, shift)


def _affine(node: Any, channels: int) -> tuple[Floats, Floats]:  # noqa: ANN401
    """The factor and the shift that follow an operation; what is missing was one or zero and has been left out."""
    factor = np.ones(channels, np.float32)
    while True:
        following = [item.get_node() for item in node.output(0).get_target_inputs()]
        node = following[0]
        match node.get_type_name(), _constant(node):
            case "MaxPool", _:
                continue
            case "Multiply", found if found is not None:
                factor = found.ravel()
            case "Add", found if found is not None:
                return factor, found.ravel()
            case _:
                return factor, np.zeros(channels, np.float32)


def _constant(node: Any) -> Floats | None:  # noqa: ANN401
    """The constant that an operation takes beside its input; None where it takes none."""
    for item in node.inputs():
        source = item.get_source_output().get_node()
        while source.get_type_name() == "Convert":
            source = source.input(0).get_source_output().get_node()
        if source.get_type_name() == "Constant":
            return np.array(source.data, np.float32)
    return None
