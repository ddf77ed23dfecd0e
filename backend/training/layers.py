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

    The maximum lets one conspicuous spot anywhere speak, however small a part of the plot it is.
    """

    def __init__(self, reduction: int = 8, **options: object) -> None:
        super().__init__(**options)
        self.reduction = reduction

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Two dense layers, shared by both descriptions of a channel."""
        channels = int(shape[-1] or 0)
        hidden = max(4, channels // self.reduction)
        self.squeeze = layers.Dense(hidden, activation="relu", name="squeeze")
        self.excite = layers.Dense(channels, name="excite")
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
        self.weigh = layers.Conv2D(1, self.kernel, padding="same", activation="sigmoid", name="weigh")
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
