"""From a trained backbone to its sealed zip, and the proof that OpenVINO sees what Keras sees. Training worker only."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from backend.domain.errors import TrainingError
from backend.inference.backbone_manifest import BackboneFacts, MapSpec
from backend.inference.backbone_network import FEATURES, IMAGE, MEAN, SCALE, SEEN
from backend.inference.backbones import read_backbone, seal_backbone
from backend.inference.heads import Usual
from backend.inference.manifest import IR_BIN, IR_XML, InputSpec
from backend.inference.openvino_quietly import openvino
from backend.inference.runtime import Runtime
from backend.training.backbone_network import COMPARED, REDUCTION
from backend.training.backbone_network import FEATURES as CHANNELS
from backend.training.pretraining import OFFSET
from backend.training.pretraining import SCALE as PIXEL_SCALE

LEAST_CORRELATION = 0.999
"""Of the maps of one image, as OpenVINO and Keras give them."""


def map_spec(spec: InputSpec) -> MapSpec:
    """The maps of a backbone that looks at such images."""
    rows, columns = spec.height // REDUCTION, spec.width // REDUCTION
    return MapSpec(rows=rows, columns=columns, seen=COMPARED, features=CHANNELS)


def export_backbone(looking: keras.Model, comparing: keras.Model, facts: BackboneFacts) -> bytes:
    """The backbone with 16-bit weights as a zip. BundleError where it is not what `facts` say."""
    spec, maps = facts.input, facts.maps
    usual = tf.TensorSpec([None, *maps.usual_shape], tf.float32, name=MEAN)
    image = tf.TensorSpec([None, *spec.shape], tf.float32, name=IMAGE)

    @tf.function(input_signature=[image, usual, tf.TensorSpec(usual.shape, tf.float32, name=SCALE)])  # type: ignore[untyped-decorator]
    def forward(image: tf.Tensor, mean: tf.Tensor, scale: tf.Tensor) -> dict[str, tf.Tensor]:
        seen = looking(image, training=False)
        return {SEEN: tf.identity(seen), FEATURES: comparing([seen, mean, scale], training=False)}

    ov = openvino()
    converted = ov.convert_model(forward.get_concrete_function())
    _name_tensors(converted, maps)
    with TemporaryDirectory(prefix="hydra-backbone-") as folder:
        ov.save_model(converted, Path(folder) / IR_XML, compress_to_fp16=True)
        files = {name: (Path(folder) / name).read_bytes() for name in (IR_XML, IR_BIN)}
    return seal_backbone(files, facts)


def verify_backbone(
    looking: keras.Model, comparing: keras.Model, packed: bytes, images: NDArray[np.uint8], work: Path
) -> float:
    """The least correlation of a map between OpenVINO and Keras on `images`; TrainingError where they disagree.

    Each image is compared with the one before it, as if that were usual.
    """
    digest = read_backbone(packed).digest
    loaded = Runtime("CPU", 1, work, "f32", fetch=lambda _: packed).backbone(digest)
    pixels = images.astype(np.float32) * np.float32(PIXEL_SCALE) + np.float32(OFFSET)
    seen = np.asarray(looking(pixels, training=False))
    mean, scale = np.roll(seen, 1, axis=0).astype(np.float16), np.full(seen.shape, 4.0, np.float16)
    wanted = np.asarray(comparing([seen, mean.astype(np.float32), scale.astype(np.float32)], training=False))
    least = 1.0
    for image, one_seen, one_mean, one_scale, features in zip(images, seen, mean, scale, wanted, strict=True):
        maps = loaded.run(image, Usual(one_mean, one_scale))
        least = min(least, _correlation(maps.seen, one_seen), _correlation(maps.features, features))
    if least < LEAST_CORRELATION:
        raise TrainingError(
            f"The converted backbone does not see what the trained one sees: its maps correlate by {least:.4f} at "
            "least. Nothing was made; check that the installed versions of TensorFlow and OpenVINO are the pinned ones."
        )
    return least


def _correlation(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def _name_tensors(converted: Any, maps: MapSpec) -> None:  # noqa: ANN401 - has no types
    for item in converted.inputs:
        known = {name.split(":")[0] for name in item.get_names()}
        item.get_tensor().set_names(known & {IMAGE, MEAN, SCALE})
    for item in converted.outputs:
        channels = item.get_partial_shape()[3].get_length()
        item.get_tensor().set_names({SEEN if channels == maps.seen else FEATURES})
