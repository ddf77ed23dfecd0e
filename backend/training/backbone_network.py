"""The shared backbone as a network: `compact_cbam` whose idea of what is usual is an input. Training worker only.

What `Deviations` keeps as weights is given from outside here, so that one network serves any number of plot types: the
statistics of a plot type belong to its head, see `backend.inference.heads`.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import keras
from keras import layers, ops

from backend.inference.manifest import InputSpec
from backend.training.layers import LARGEST, ChannelAttention, Contrast, SpatialAttention

Tensor: TypeAlias = Any  # Keras has no types

STEM, EARLY, COMPARED, LATE, LAST = 16, 16, 32, 48, 64
"""Channels of the layers; `COMPARED` are those of which a head says what is usual."""

FEATURES = LAST + COMPARED
"""Channels of the last map."""

REDUCTION = 8
"""Pixels of the input, each way, to one place of the maps."""


def _convolve(x: Tensor, channels: int, *, pool: bool = False) -> Tensor:
    x = layers.Conv2D(channels, 3, padding="same", use_bias=False, kernel_initializer="he_normal")(x)
    x = layers.MaxPooling2D(2)(x) if pool else x
    return layers.ReLU()(layers.BatchNormalization(momentum=0.98)(x))


def _attend(x: Tensor) -> Tensor:
    return SpatialAttention()(ChannelAttention()(x))


def looking(spec: InputSpec) -> keras.Model:
    """float32 (B, height, width, channels) → what is seen at every place, (B, height / 8, width / 8, `COMPARED`)."""
    image = layers.Input(spec.shape, name="image")
    x = layers.Conv2D(STEM, 3, strides=2, padding="same", activation="relu", kernel_initializer="he_normal")(image)
    seen = _attend(_convolve(_convolve(x, EARLY, pool=True), COMPARED, pool=True))
    return keras.Model(image, seen, name="looking")


def comparing(spec: InputSpec) -> keras.Model:
    """What is seen, its usual `mean` and `scale` (1 / standard deviation) → the last map, of the same size.

    Its first `LAST` channels say what is conspicuous. The others are by how much what is seen differs, squared: for
    plot types in which it is the whole picture that differs.
    """
    shape = (spec.height // REDUCTION, spec.width // REDUCTION, COMPARED)
    seen, mean, scale = (layers.Input(shape, name=name) for name in ("seen", "mean", "scale"))
    deviation = layers.Activation(_clipped)((seen - mean) * scale)
    x = layers.Concatenate()([seen, deviation, Contrast(share=1.0)(deviation)])
    for channels in (LATE, LATE, LAST):
        x = Contrast()(_convolve(x, channels))
    last = layers.Concatenate()([x, ops.square(deviation)])
    return keras.Model([seen, mean, scale], last, name="comparing")


def _clipped(x: Tensor) -> Tensor:
    return ops.clip(x, -LARGEST, LARGEST)
