"""Layers of our own: attention (Woo et al. 2018, "CBAM") and position. Imported in the training worker only.

All are registered, so that a saved network names them and holds no code. Tensors are (batch, rows, columns, channels).
"""

from __future__ import annotations

from typing import Any, TypeAlias

import keras
import numpy as np
from keras import layers, ops

Tensor: TypeAlias = Any  # Keras has no types

_registered = keras.saving.register_keras_serializable(package="hydra_gui")


@_registered
class ChannelAttention(layers.Layer):  # type: ignore[misc]
    """Scales every channel by a factor from 0 to 1, found from the mean and the maximum of all channels.

    The maximum lets one conspicuous spot anywhere speak, however small a part of the plot it is. Before training
    everything is scaled alike, as in `SpatialAttention`: what attention is good for, a training finds out.
    """

    def __init__(self, reduction: int = 8, **options: object) -> None:
        super().__init__(**options)
        self.reduction = reduction

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Two dense layers, shared by both descriptions of a channel."""
        channels = int(shape[-1] or 0)
        hidden = max(4, channels // self.reduction)
        self.squeeze = layers.Dense(hidden, activation="relu", name="squeeze")
        self.excite = layers.Dense(channels, kernel_initializer="zeros", name="excite")
        self.squeeze.build((None, channels))
        self.excite.build((None, hidden))

    def call(self, inputs: Tensor) -> Tensor:
        """The same shape as `inputs`."""
        descriptions = (ops.mean(inputs, axis=(1, 2)), ops.max(inputs, axis=(1, 2)))
        mean, most = (self.excite(self.squeeze(described)) for described in descriptions)
        return inputs * ops.sigmoid(mean + most)[:, None, None, :]

    def get_config(self) -> dict[str, Any]:
        """What `__init__` is called with when a saved network is rebuilt."""
        return {**super().get_config(), "reduction": self.reduction}


@_registered
class SpatialAttention(layers.Layer):  # type: ignore[misc]
    """Scales every place by a factor from 0 to 1, found from mean and maximum over the channels around it."""

    def __init__(self, kernel: int = 7, **options: object) -> None:
        super().__init__(**options)
        self.kernel = kernel

    def build(self, shape: tuple[int | None, ...]) -> None:
        """One convolution from two descriptions of a place to its factor."""
        alike = {"padding": "same", "activation": "sigmoid", "kernel_initializer": "zeros"}
        self.weigh = layers.Conv2D(1, self.kernel, name="weigh", **alike)
        self.weigh.build((None, *shape[1:-1], 2))

    def call(self, inputs: Tensor) -> Tensor:
        """The same shape as `inputs`."""
        mean, most = ops.mean(inputs, axis=-1, keepdims=True), ops.max(inputs, axis=-1, keepdims=True)
        return inputs * self.weigh(ops.concatenate((mean, most), axis=-1))

    def get_config(self) -> dict[str, Any]:
        """What `__init__` is called with when a saved network is rebuilt."""
        return {**super().get_config(), "kernel": self.kernel}


@_registered
class Coordinates(layers.Layer):  # type: ignore[misc]
    """Adds two channels with the place itself, -1 to 1 from left to right and from top to bottom.

    A gap in one place is the beam hole, in another a dead board: on a plot with fixed axes, place is meaning.
    """

    def build(self, shape: tuple[int | None, ...]) -> None:
        """The two channels, float32 of shape (1, rows, columns, 2)."""
        rows, columns = int(shape[1] or 0), int(shape[2] or 0)
        y, x = np.meshgrid(np.linspace(-1, 1, rows), np.linspace(-1, 1, columns), indexing="ij")
        self.grid = np.stack((x, y), axis=-1)[None].astype(np.float32)

    def call(self, inputs: Tensor) -> Tensor:
        """Two channels more than `inputs`."""
        return ops.concatenate((inputs, ops.tile(self.grid, (ops.shape(inputs)[0], 1, 1, 1))), axis=-1)


@_registered
class Contrast(layers.Layer):  # type: ignore[misc]
    """How far a place is off the mean of its plot, in standard deviations of that plot.

    So it is in the last `share` of the channels; the others stay what they are. A plot of a young run deviates
    everywhere from what is usual; a dead board deviates from the rest of its own plot. What stands out at one place
    makes the others less conspicuous, never more.
    (Half of the channels normalised by image: Pan et al., ECCV 2018, "IBN-Net", arXiv:1807.09441.)
    """

    def __init__(self, share: float = 0.5, **options: object) -> None:
        super().__init__(**options)
        self.share = share

    def call(self, inputs: Tensor) -> Tensor:
        """The same shape as `inputs`."""
        kept = round(inputs.shape[-1] * (1 - self.share))
        compared = inputs[..., kept:]
        centred = compared - ops.mean(compared, axis=(1, 2), keepdims=True)
        variance = ops.mean(ops.square(centred), axis=(1, 2), keepdims=True)
        return ops.concatenate((inputs[..., :kept], centred * ops.rsqrt(variance + _NEIGHBOURS)), axis=-1)

    def get_config(self) -> dict[str, Any]:
        """What `__init__` is called with when a saved network is rebuilt."""
        return {**super().get_config(), "share": self.share}


@_registered
class Focus(layers.Layer):  # type: ignore[misc]
    """Weighs every place of a channel by how strongly it answers there, so that its mean becomes a soft maximum.

    The weights are a softmax over the places of (sharpness x channel), times their number: they are 1 in the mean. At
    sharpness 0, which every channel learns for itself, all places count alike; the higher, the more the strongest one
    alone. A fault of three places in 768 outweighs what the others murmur, and since nothing is said to other places,
    the map shows where it is. The maximum in `ChannelAttention` does the former but not the latter.
    """

    def __init__(self, sharpness: float = 1.0, **options: object) -> None:
        super().__init__(**options)
        self.sharpness = sharpness

    def build(self, shape: tuple[int | None, ...]) -> None:
        """One sharpness per channel; `sharpness` is what all begin with."""
        self.places = int(shape[1] or 0) * int(shape[2] or 0)
        begin = keras.initializers.Constant(self.sharpness)
        self.learnt = self.add_weight(name="sharpness", shape=(int(shape[-1] or 0),), initializer=begin)

    def call(self, inputs: Tensor) -> Tensor:
        """The same shape as `inputs`."""
        by_place = ops.reshape(inputs, (-1, self.places, inputs.shape[-1]))
        weights = ops.softmax(by_place * self.learnt, axis=1) * float(self.places)
        return ops.reshape(by_place * weights, (-1, *inputs.shape[1:]))

    def get_config(self) -> dict[str, Any]:
        """What `__init__` is called with when a saved network is rebuilt."""
        return {**super().get_config(), "sharpness": self.sharpness}


class _RunningStatistics(layers.Layer):  # type: ignore[misc]
    """Keeps mean and variance over the batches of a training; `momentum` is the share of what was known before.

    The first batches count alike, as in an ordinary mean: what the statistics begin with never counts, so that few
    batches are enough.
    """

    def __init__(self, momentum: float = 0.95, **options: object) -> None:
        super().__init__(**options)
        self.momentum = momentum

    def _keep(self, shape: tuple[int, ...]) -> None:
        self.mean = self.add_weight(name="mean", shape=shape, initializer="zeros", trainable=False)
        self.variance = self.add_weight(name="variance", shape=shape, initializer="ones", trainable=False)
        self.batches = self.add_weight(name="batches", shape=(), initializer="zeros", trainable=False)

    def _learn(self, mean: Tensor, variance: Tensor) -> None:
        self.batches.assign(self.batches + 1.0)
        share = ops.maximum(1.0 - self.momentum, 1.0 / self.batches)
        self.mean.assign(self.mean + share * (ops.stop_gradient(mean) - self.mean))
        self.variance.assign(self.variance + share * (ops.stop_gradient(variance) - self.variance))

    def get_config(self) -> dict[str, Any]:
        """What `__init__` is called with when a saved network is rebuilt."""
        return {**super().get_config(), "momentum": self.momentum}


@_registered
class EmbeddingNormalisation(_RunningStatistics):
    """Shifts and scales every channel so that its mean over the plot has mean 0 and variance 1 from plot to plot.

    Ordinary batch normalisation looks at places: what a small dead board adds to the mean over a whole plot is tiny
    then, and the dense layer behind learns it last. The shift is the same at all places, so Grad-CAM keeps its closed
    form.
    """

    def build(self, shape: tuple[int | None, ...]) -> None:
        """One mean and variance per channel."""
        self._keep((int(shape[-1] or 0),))

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        """The same shape as `inputs`."""
        mean, variance = self.mean, self.variance
        if training:
            mean, variance = ops.moments(ops.mean(inputs, axis=(1, 2)), axes=0)
            self._learn(mean, variance)
        return (inputs - mean) * ops.rsqrt(variance + _FLOOR)


@_registered
class Deviations(_RunningStatistics):
    """By how much every place differs from what is usual there, in standard deviations, at most `LARGEST` of them.

    Plots of one type have fixed axes: what a person compares with the plots of yesterday, the network is told.
    """

    def build(self, shape: tuple[int | None, ...]) -> None:
        """One mean and variance per place and channel."""
        self._keep((1, *(int(size or 0) for size in shape[1:])))

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        """The same shape as `inputs`."""
        if training:
            mean, variance = ops.moments(inputs, axes=0, keepdims=True)
            smooth = _NEIGHBOURS * ops.mean(variance, axis=(1, 2), keepdims=True)
            self._learn(mean, variance + smooth)
        return ops.clip((inputs - self.mean) * ops.rsqrt(self.variance + _FLOOR), -LARGEST, LARGEST)


LARGEST = 8.0
_FLOOR = 1e-4
_NEIGHBOURS = 0.05
"""Share of a channel's mean variance that is added at every place: none is ever sure of itself."""
