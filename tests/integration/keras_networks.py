"""What the tests of the architectures do with TensorFlow, each function in a process of its own.

The tests' own process never imports TensorFlow: others look whether the application does.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from backend.inference.manifest import InputSpec
from backend.training.network_files import NetworkFile, choose_network, choose_weights

SMALL = InputSpec(height=75, width=75, channels=3)
SMALL_GREY = InputSpec(height=75, width=75, channels=1)


def ready() -> None:
    """Import once; what comes later takes no time for it."""
    import os

    os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    from backend.inference.openvino_quietly import forbid_telemetry

    forbid_telemetry()
    import backend.training.architectures  # noqa: F401


def save_weights(name: str, path: Path) -> None:
    """Random weights; as .weights.h5 in the layout of this Keras, else in that of the files of Keras Applications."""
    _save_weights(_base(name), path, as_published=not path.name.endswith(".weights.h5"))


def inception_with(path: Path) -> tuple[list[str], int, int, float]:
    """Layers that got attention, arrays of the file in our grey network and in itself, by how much the first is off.

    The first is the sum over the colours, so that it is one fewer.
    """
    from backend.training.architectures import architecture, build
    from backend.training.layers import ChannelAttention

    base = _base("InceptionV3")
    base.load_weights(path)
    model = build(architecture("inception_v3_cbam", choose_weights(path)), SMALL_GREY, 2)
    ours, wanted = ([value for layer in one.layers for value in layer.get_weights()] for one in (model, base))
    there = {value.tobytes() for value in ours}
    off = float(np.abs(ours[0] - wanted[0].sum(axis=2, keepdims=True)).max())
    attending = [layer for layer in model.layers if isinstance(layer, ChannelAttention)]
    attended = [layer.input._keras_history.operation.name for layer in attending]
    return attended, sum(value.tobytes() in there for value in wanted), len(wanted), off


def weights_refused(name: str, path: Path) -> None:
    """Build a network from weights that are another's."""
    from backend.training.architectures import architecture, build

    build(architecture(name, choose_weights(path)), SMALL, 2)


def preprocessing_taken_in(path: Path, spec: InputSpec) -> tuple[float, float]:
    """VGG16's first map made the published way and ours, of the same image: largest difference inside, and range."""
    import keras

    from backend.training.architectures import architecture, build

    base = _base("VGG16")
    _save_weights(base, path, as_published=True)
    image = np.random.default_rng(1).integers(0, 256, (1, 75, 75, spec.channels)).astype(np.float32)
    as_published = keras.applications.vgg16.preprocess_input(np.repeat(image, 3 // spec.channels, axis=-1).copy())
    wanted = _map_of(base, "block1_conv1", as_published)
    chosen = architecture("vgg16", choose_weights(path))
    found = _map_of(build(chosen, spec, 2), "block1_conv1", image * chosen.scale + chosen.offset)
    inside = np.s_[:, 1:-1, 1:-1]
    return float(np.abs(found - wanted)[inside].max()), float(np.ptp(wanted))


def save_custom(path: Path, kind: str) -> Path:
    """A network as experts bring them."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(3)
    image = layers.Input((64, 64, 3))
    x = layers.Rescaling(1 / 255)(image) if kind == "rescaling" else image
    x = layers.Conv2D(8, 3, strides=2, activation="relu")(x)
    if kind == "erfinv":  # OpenVINO has no such operation
        x = keras.ops.erfinv(0.9 * keras.ops.tanh(x))
    if kind == "lambda":
        x = layers.Lambda(lambda value: value * 2)(x)
    x = layers.Conv2D(12, 3, strides=2, activation="relu")(x)
    if kind in ("flat", "rescaling"):
        x = layers.Dense(16, activation="relu")(layers.Flatten()(layers.MaxPooling2D(4)(x)))
    elif kind != "map":
        x = layers.Dropout(0.5)(layers.GlobalAveragePooling2D()(x))
    if kind not in ("map", "pooled"):
        x = layers.Softmax()(layers.Dense(7)(x)) if kind == "softmax" else layers.Dense(7, activation="softmax")(x)
    keras.Model(image, x).save(path)
    return path


def custom_outputs(file: NetworkFile, spec: InputSpec) -> tuple[dict[str, tuple[int | None, ...]], float]:
    """Shapes of the outputs of an expert's network with our head, and the scale of its pixels."""
    from backend.training.architectures import architecture, build

    chosen = architecture("custom", file)
    return {name: tuple(tensor.shape) for name, tensor in build(chosen, spec, 2).output.items()}, chosen.scale


def closed_form_against_tape(name: str, pixels: np.ndarray, folder: Path) -> list[float]:
    """Correlation of the maps of our runtime's IR in f32 with Grad-CAM by `GradientTape`, for each uint8 image."""
    from backend.inference.openvino_quietly import openvino
    from backend.training.architectures import architecture, build
    from backend.training.exporting import save_ir

    chosen = architecture(name)
    spec = InputSpec(height=pixels.shape[1], width=pixels.shape[2], channels=pixels.shape[3])
    model = build(chosen, spec, 3)
    images = pixels.astype(np.float32) * np.float32(chosen.scale) + np.float32(chosen.offset)
    for _ in range(8):  # running statistics come near those of the plots, as after a training
        model(images, training=True)
    save_ir(model, folder)
    compiled = openvino().Core().compile_model(folder / "model.xml", "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return [_correlation(model, compiled, image[None]) for image in images]


def focused(channel: np.ndarray, sharpness: float) -> np.ndarray:
    """What `Focus` makes of one channel, (rows, columns)."""
    from backend.training.layers import Focus

    return Focus(sharpness)(channel[None, ..., None].astype(np.float32)).numpy()[0, ..., 0]


def contrasted(channels: np.ndarray) -> np.ndarray:
    """What `Contrast` makes of some channels, (rows, columns, channels)."""
    from backend.training.layers import Contrast

    return Contrast()(channels[None].astype(np.float32)).numpy()[0]


def _correlation(model: Any, compiled: Any, image: np.ndarray) -> float:
    from backend.inference.heat_maps import evidence

    found = compiled([image])
    label = int(np.argmax(found["logits"][0]))
    ours = evidence(np.array(found["cam"][0]), label, 1.0)
    theirs = grad_cam(model, image, label)
    return float(np.corrcoef(np.maximum(ours, 0).ravel(), theirs.ravel())[0, 1])


def grad_cam(model: Any, image: np.ndarray, label: int) -> np.ndarray:
    """Grad-CAM as published (Selvaraju et al. 2017), of the logit relative to the others, on the last map."""
    import keras
    import tensorflow as tf

    kernel, bias = model.get_layer("logits").get_weights()
    to_map = keras.Model(model.inputs, model.get_layer("features").output)
    with tf.GradientTape() as tape:
        features = to_map(image, training=False)
        tape.watch(features)
        logits = tf.reduce_mean(features, axis=(1, 2)) @ kernel + bias
        score = logits[0, label] - tf.reduce_mean(logits[0])
    importance = tf.reduce_mean(tape.gradient(score, features), axis=(1, 2))
    return tf.nn.relu(tf.reduce_sum(features * importance[:, None, None], axis=-1))[0].numpy()


def _base(name: str) -> Any:
    import keras

    application = getattr(keras.applications, name)
    base = application(include_top=False, weights=None, input_shape=(75, 75, 3))
    rng = np.random.default_rng(3)
    for layer in base.layers:
        layer.set_weights([rng.normal(0, 0.05, value.shape).astype(np.float32) for value in layer.get_weights()])
    return base


def _save_weights(model: Any, path: Path, *, as_published: bool) -> None:
    if not as_published:
        model.save_weights(path)
        return
    import h5py
    from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group

    with h5py.File(path, "w") as file:
        save_weights_to_hdf5_group(file, model)


def _map_of(model: Any, layer: str, images: np.ndarray) -> np.ndarray:
    import keras

    return keras.Model(model.inputs, model.get_layer(layer).output)(images).numpy()


def saved_and_chosen(path: Path, kind: str) -> NetworkFile:
    """The same, chosen."""
    return choose_network(save_custom(path, kind))
