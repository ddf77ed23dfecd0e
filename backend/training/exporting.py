"""From a trained network to OpenVINO IR, and the proof that both say the same. Imported in the training worker only."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from backend.domain.errors import BundleError, TrainingError
from backend.inference.manifest import ADVICE, IR_XML, OutputNames
from backend.inference.network_xml import check_network
from backend.inference.openvino_quietly import openvino
from backend.inference.reference.supervisor import MOST_IMAGES
from backend.training.architectures import EMBEDDING, FEATURES, HEAD, Architecture
from backend.training.evaluation import softmax

Floats = NDArray[np.float32]

LARGEST_PROBABILITY_GAP = 0.02
LEAST_HEAT_MAP_CORRELATION = 0.98
_BATCH = 16


@dataclass(frozen=True, slots=True)
class NotConvertible:
    """OpenVINO cannot run the network, for this `reason`; the reference engine takes `milliseconds` for an image.

    `has_maps` says whether it ends in a map, pooling and the dense layer, so that heat maps have their closed form.
    """

    reason: str
    milliseconds: float
    has_maps: bool


class ConversionError(TrainingError):
    """OpenVINO cannot run this network; the message is the reason, as part of a sentence."""


class DisagreementError(TrainingError):
    """OpenVINO runs the network and comes to other results."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """IR against Keras on `images` real images.

    `probability_gap` is the largest difference of a probability, `argmax` the share with the same top class,
    `heat_map` the least correlation of a map of a top class, None for a network without maps; `*_native` the same at
    the precision the processor chooses (bf16 where it has it), which is what runs in service.
    """

    images: int
    probability_gap: float
    argmax: float
    heat_map: float | None
    probability_gap_native: float
    argmax_native: float

    @property
    def has_maps(self) -> bool:
        """Whether the network yields heat maps."""
        return self.heat_map is not None


def save_ir(model: keras.Model, directory: Path) -> None:
    """Write `model.xml` and `model.bin` (weights in 16 bit) with the outputs `logits`, `cam` and `embedding`.

    There is no `cam` where the network has no map behind which only pooling and the dense layer follow. ConversionError
    where OpenVINO has no such operations, or they are of a kind that bundles must not hold.
    """
    height, width, channels = model.inputs[0].shape[1:]
    kernel = tf.constant(model.get_layer(HEAD).kernel.numpy())

    @tf.function(input_signature=[tf.TensorSpec([None, height, width, channels], tf.float32, name="image")])  # type: ignore[untyped-decorator]
    def forward(image: tf.Tensor) -> dict[str, tf.Tensor]:
        out = model(image, training=False)
        maps = {"cam": tf.nn.conv2d(out[FEATURES], kernel[None, None], 1, "VALID")} if FEATURES in out else {}
        return {"logits": out["logits"], "embedding": out[EMBEDDING], **maps}

    ov = openvino()
    try:
        converted = ov.convert_model(forward.get_concrete_function())
        _name_tensors(converted)
        ov.save_model(converted, directory / IR_XML, compress_to_fp16=True)
        check_network(IR_XML, (directory / IR_XML).read_bytes())
    except BundleError as error:
        raise ConversionError(str(error).removesuffix(f" {ADVICE}").rstrip(".")) from error
    except Exception as error:  # OpenVINO's own errors have no common class
        raise ConversionError(_telling_line(error)) from error


def verify_ir(
    model: keras.Model, chosen: Architecture, directory: Path, images: NDArray[np.uint8], temperature: float
) -> Agreement:
    """Compare the saved IR with the network on `images` (N, h, w, c).

    TrainingError where they disagree, ConversionError where OpenVINO does not run it.
    """
    pixels = images.astype(np.float32) * np.float32(chosen.scale) + np.float32(chosen.offset)
    logits, cams = _run_keras(model, pixels)
    wanted = softmax(logits.astype(np.float64), temperature)
    exact_logits, exact_cams = _run_ir(directory, pixels, "f32")
    exact = softmax(exact_logits.astype(np.float64), temperature)
    native = softmax(_run_ir(directory, pixels, None)[0].astype(np.float64), temperature)
    found = Agreement(
        len(images),
        float(np.abs(exact - wanted).max()),
        _same_top(exact, wanted),
        None if cams is None else _least_correlation(exact_cams, cams, wanted.argmax(axis=1)),
        float(np.abs(native - wanted).max()),
        _same_top(native, wanted),
    )
    _refuse_disagreement(found, exact, wanted)
    return found


def reference_pace(model: keras.Model, chosen: Architecture, images: NDArray[np.uint8]) -> float:
    """Milliseconds per image in the reference engine, once it is warm; as many at once as it is given."""
    pixels = tf.constant(images[:MOST_IMAGES].astype(np.float32) * np.float32(chosen.scale) + np.float32(chosen.offset))
    forward = tf.function(lambda batch: model(batch, training=False), input_signature=[tf.TensorSpec(pixels.shape)])
    forward(pixels)
    start = time.perf_counter()
    forward(pixels)
    return (time.perf_counter() - start) * 1e3 / len(pixels)


def _telling_line(error: Exception) -> str:
    """What OpenVINO says in the middle of many lines."""
    lines = [line.strip(" -.") for line in str(error).splitlines() if line.strip()]
    telling = [line for line in lines if "No conversion rule" in line]
    return (telling or lines[-1:] or [type(error).__name__])[0]


def _refuse_disagreement(found: Agreement, exact: NDArray[np.float64], wanted: NDArray[np.float64]) -> None:
    ordered = np.sort(wanted, axis=1)
    clear = ordered[:, -1] - ordered[:, -2] > 2 * LARGEST_PROBABILITY_GAP
    turned = int((exact.argmax(axis=1) != wanted.argmax(axis=1))[clear].sum())
    likeness = 1.0 if found.heat_map is None else found.heat_map
    if found.probability_gap > LARGEST_PROBABILITY_GAP or turned or likeness < LEAST_HEAT_MAP_CORRELATION:
        raise DisagreementError(
            f"The converted model does not say what the trained one says: probabilities differ by up to "
            f"{found.probability_gap:.3f}, {turned} of {found.images} verdicts change, heat maps correlate by "
            f"{likeness:.3f} at least. No model was made; train again with another seed, and check that the "
            f"installed versions of TensorFlow and OpenVINO are the pinned ones."
        )


def _name_tensors(converted: Any) -> None:  # noqa: ANN401 - has no types
    converted.inputs[0].get_tensor().set_names({"image"})
    for output in converted.outputs:
        shape = output.get_partial_shape()
        wanted = "cam" if shape.rank.get_length() == 4 else None
        names = {name.split(":")[0] for name in output.get_names()}
        wanted = wanted or ("embedding" if "embedding" in names else "logits")
        output.get_tensor().set_names({wanted})


def _run_keras(model: keras.Model, pixels: Floats) -> tuple[Floats, Floats | None]:
    """Logits and class activation maps, the latter computed here from map and dense weight where there is a map."""
    kernel, logits, cams = model.get_layer(HEAD).kernel.numpy(), [], []
    for start in range(0, len(pixels), _BATCH):
        out = model(pixels[start : start + _BATCH], training=False)
        logits.append(out["logits"].numpy())
        if FEATURES in out:
            cams.append(out[FEATURES].numpy() @ kernel)
    return np.concatenate(logits), np.concatenate(cams) if cams else None


def _run_ir(directory: Path, pixels: Floats, precision: str | None) -> tuple[Floats, Floats | None]:
    settings: dict[str, object] = {"INFERENCE_NUM_THREADS": 1}
    if precision is not None:
        settings["INFERENCE_PRECISION_HINT"] = precision
    try:
        compiled = openvino().Core().compile_model(directory / IR_XML, "CPU", settings)
    except RuntimeError as error:
        raise ConversionError(_telling_line(error)) from error
    has_maps = len(compiled.outputs) == len(OutputNames.model_fields)
    logits, cams = [], []
    for start in range(0, len(pixels), _BATCH):
        out = compiled(pixels[start : start + _BATCH])
        logits.append(out["logits"].astype(np.float32))
        if has_maps:
            cams.append(out["cam"].astype(np.float32))
    return np.concatenate(logits), np.concatenate(cams) if cams else None


def _same_top(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    return float((one.argmax(axis=1) == other.argmax(axis=1)).mean())


def _least_correlation(one: Floats | None, other: Floats, top: NDArray[np.intp]) -> float:
    """Of the maps (N, h, w, labels) of the labels `top`; maps without any contrast count as equal when both are."""
    if one is None:
        return 0.0
    least = 1.0
    for index, label in enumerate(top):
        a, b = one[index, ..., label].ravel(), other[index, ..., label].ravel()
        if a.std() < 1e-6 and b.std() < 1e-6:
            continue
        least = min(least, float(np.corrcoef(a, b)[0, 1]))
    return least
