"""The bodies of our architectures: from an image to the last feature map. Imported in the training worker only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import keras
import numpy as np
from keras import layers

from backend.domain.errors import TrainingError
from backend.training.layers import ChannelAttention, Contrast, Coordinates, Deviations, Focus, SpatialAttention
from backend.training.network_files import first_line

Parameters = Mapping[str, Any]
Tensor: TypeAlias = Any  # Keras has no types
Body = Callable[[Tensor, Parameters, Path | None], Tensor]

_MIXED = frozenset(f"mixed{number}" for number in range(11))
"""Exactly these: `mixed9_0` and `mixed9_1` are branches inside one of them."""

_MOMENTUM = 0.9
"""Of batch normalisation: a training takes thousands of steps, not the hundreds of thousands 0.99 is made for."""

_IMAGENET_MEAN = np.array([123.68, 116.779, 103.939], np.float32)
"""Red, green, blue, as VGG16's published weights want them taken away."""


def compact_cbam(x: Tensor, parameters: Parameters, weights: Path | None) -> Tensor:
    """Feature map at an eighth of the input's height and width.

    Maximum pooling and a second convolution at half size keep what is one channel wide. Attention stands before
    `Deviations`; behind it nothing looks further than its neighbours, so that a map lights up where the fault is and
    not around it: the deviations from what is usual at every place stand in for the wider view, and `Focus` lets a
    small fault outweigh the rest of the plot.
    """
    del weights
    width = float(parameters["width"])
    stem, early, middle, late, last = (max(8, round(width * channels / 8) * 8) for channels in (16, 16, 32, 48, 64))
    x = layers.Conv2D(stem, 3, strides=2, padding="same", activation="relu", kernel_initializer="he_normal")(x)
    x = _attend(_convolve(_convolve(x, early, pool=True), middle, pool=True))
    deviations = Deviations()(x)
    x = layers.Concatenate()([Coordinates()(x), deviations, Contrast(share=1.0)(deviations)])
    for channels in (late, late, last):
        x = Contrast()(_convolve(x, channels))
    return Focus()(x)


def inception_v3_cbam(image: Tensor, parameters: Parameters, weights: Path | None) -> Tensor:
    """InceptionV3 (Szegedy et al. 2016) with attention behind each of `mixed0` to `mixed10`, which is the last map."""
    reduction = int(parameters["reduction"])

    def call(layer: Any, *inputs: Any, **options: Any) -> Tensor:  # noqa: ANN401
        outcome = layer(*inputs, **options)
        return _attend(outcome, reduction) if layer.name in _MIXED else outcome

    base = _base(keras.applications.InceptionV3, image, weights)
    return _on(image, base, weights, call).output


def vgg16(image: Tensor, parameters: Parameters, weights: Path | None) -> Tensor:
    """VGG16 (Simonyan and Zisserman 2015) up to its last convolution, a map of a sixteenth of height and width."""
    del parameters
    base = _base(keras.applications.VGG16, image, weights, _take_in_preprocessing)
    features = keras.Model(base.input, base.get_layer("block5_conv3").output)
    return _on(image, features, weights, lambda layer, *inputs, **options: layer(*inputs, **options)).output


BODIES: Mapping[str, Body] = {
    "compact_cbam": compact_cbam,
    "inception_v3_cbam": inception_v3_cbam,
    "vgg16": vgg16,
}


def _convolve(x: Tensor, channels: int, *, pool: bool = False) -> Tensor:
    """Convolution, normalisation, rectifier; with `pool` at half the size.

    Pooling comes before normalising: the same as after it but for the sign of a scale, at a quarter of the work.
    """
    x = layers.Conv2D(channels, 3, padding="same", use_bias=False, kernel_initializer="he_normal")(x)
    x = layers.MaxPooling2D(2)(x) if pool else x
    return layers.ReLU()(layers.BatchNormalization(momentum=_MOMENTUM)(x))


def _attend(x: Tensor, reduction: int = 8) -> Tensor:
    return SpatialAttention()(ChannelAttention(reduction)(x))


def _base(
    application: Callable[..., keras.Model],
    image: Tensor,
    weights: Path | None,
    adapt: Callable[[keras.Model], None] = lambda _: None,
) -> keras.Model:
    """A published network for `image`, in colour or grey, with `weights`, which were made for colour and adapted."""
    height, width, channels = image.shape[1:]
    colour = application(include_top=False, weights=None, input_shape=(height, width, 3 if weights else channels))
    if weights is None:
        return colour
    try:
        colour.load_weights(weights)
    except (ValueError, KeyError, OSError) as error:
        raise TrainingError(
            f"The weights do not fit {colour.name}: {first_line(error)}. Nothing was trained; give the file "
            "for a network without its top ('notop')."
        ) from error
    adapt(colour)
    return colour if channels == 3 else _in_grey(application, colour, (height, width, 1))


def _in_grey(application: Callable[..., keras.Model], colour: keras.Model, shape: tuple[int, int, int]) -> keras.Model:
    """The same on grey images: its first kernel is the sum over the colours, which are all the same then."""
    grey = application(include_top=False, weights=None, input_shape=shape)
    for target, source in zip(grey.layers, colour.layers, strict=True):
        values = source.get_weights()
        if values and values[0].shape != tuple(target.weights[0].shape):
            values[0] = values[0].sum(axis=2, keepdims=True)
        target.set_weights(values)
    return grey


def _on(image: Tensor, base: keras.Model, weights: Path | None, call: Callable[..., Tensor]) -> keras.Model:
    """The layers of `base` again on `image`, each called by `call`; with its weights where they came from a file."""
    model = keras.models.clone_model(base, input_tensors=image, clone_function=_clone, call_function=call)
    if weights is not None:
        for layer in base.layers:
            if layer.weights:
                model.get_layer(layer.name).set_weights(layer.get_weights())
    return model


def _clone(layer: Any) -> Any:  # noqa: ANN401
    config = layer.get_config()
    if isinstance(layer, layers.BatchNormalization):
        config["momentum"] = _MOMENTUM
    return type(layer).from_config(config)


def _take_in_preprocessing(vgg: keras.Model) -> None:
    """Let a network that takes blue, green, red less ImageNet's mean take red, green, blue of -1 to 1.

    The manifest knows one scale and offset for all colours, so the rest moves into the first kernel and bias: exact
    but for the rim of one pixel, where the padding is mid-grey instead of the mean.
    """
    first = vgg.get_layer("block1_conv1")
    kernel, bias = first.get_weights()
    ordered = kernel[:, :, ::-1]
    lift = np.einsum("yxco,c->o", ordered, 127.5 - _IMAGENET_MEAN)
    first.set_weights([ordered * np.float32(127.5), bias + lift])
