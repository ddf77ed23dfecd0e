"""Real model bundles without training: small OpenVINO networks whose verdict a test controls by brightness.

The brightness of a plot decides: with labels (Good, Bad) a bright plot is Good, a dark one Bad; with n labels the
range from white to black is divided into n equal bands. Heat maps point at the places that speak for the verdict.
Another `seed` gives another bundle (another digest, slightly other probabilities) with the same verdicts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from backend.inference.bundles import Bundle, pack, seal
from backend.inference.manifest import (
    Architecture,
    InputSpec,
    ModelFacts,
    OutputNames,
    Preprocessing,
    Provenance,
)
from backend.inference.openvino_quietly import openvino

CREATED = datetime(2026, 11, 1, 12, tzinfo=UTC)
SMALL = (6, 6)
COMPACT = (16, 32, 64, 128, 96)
"""Convolutions as costly as those of a network for daily use: about 200,000 parameters."""


def facts(
    plot_type: str = "CDC_occupancy",
    labels: Sequence[str] = ("Good", "Bad"),
    shape: tuple[int, int, int] = (64, 64, 3),
    seed: int = 0,
    **changes: Any,
) -> ModelFacts:
    """What the manifest of `make_bundle` states; `changes` are fields of `ModelFacts`."""
    stated: dict[str, Any] = {
        "plot_type": plot_type,
        "labels": tuple(labels),
        "input": InputSpec(height=shape[0], width=shape[1], channels=shape[2]),
        "preprocessing": Preprocessing(scale=1 / 255),
        "architecture": Architecture(name="by_brightness"),
        "thresholds": dict.fromkeys(labels, 0.5),
        "metrics": {"accuracy": 1.0},
        "provenance": Provenance(created=CREATED, author="tests", data_sha256="0" * 64, seed=seed),
    }
    return ModelFacts(**stated | changes)


def make_bundle(
    directory: Path,
    plot_type: str = "CDC_occupancy",
    labels: Sequence[str] = ("Good", "Bad"),
    input: tuple[int, int, int] = (64, 64, 3),  # noqa: A002 - the manifest's word
    seed: int = 0,
    convolutions: Sequence[int] = SMALL,
    **changes: Any,
) -> Bundle:
    """Write a bundle into `directory` (made if need be). `input` is (height, width, channels).

    Each of `convolutions` halves the image, so that heat maps have a cell for 2^len(convolutions) pixels each way.
    """
    stated = facts(plot_type, labels, input, seed, **changes)
    directory.mkdir(parents=True, exist_ok=True)
    save_network(directory, network(stated, seed, convolutions))
    return seal(directory, stated)


def make_packed(directory: Path, *args: Any, **changes: Any) -> tuple[str, bytes]:
    """Manifest text and zip of a new bundle, as `store.models.register` wants them."""
    bundle = make_bundle(directory, *args, **changes)
    return (directory / "manifest.json").read_text(), pack(bundle.path)


def save_network(directory: Path, model: Any) -> None:
    """Write an `openvino.Model` as model.xml and model.bin."""
    openvino().save_model(model, str(directory / "model.xml"), compress_to_fp16=False)


def weights(count: int, noise: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Dense weights (2 + noise, count) and bias (count,): the nearest band of brightness wins.

    Features are brightness, darkness (1 - brightness), then noise. With band centres c, the logit k(2bc - c²) is the
    largest for the nearest; k makes a plot in the middle of its band certain by odds of e⁵.
    """
    sharpness, centres = 5.0 * count**2, 1 - (np.arange(count) + 0.5) / count
    relative = sharpness * (centres - 0.5)
    small = np.random.default_rng(seed).normal(0, 0.05 / np.sqrt(noise), (noise, count))
    dense = np.concatenate([[relative], [-relative], small])
    return dense.astype(np.float32), (relative - sharpness * centres**2).astype(np.float32)


def network(
    stated: ModelFacts, seed: int = 0, convolutions: Sequence[int] = SMALL, names: OutputNames | None = None
) -> Any:
    """Convolutions, global mean, dense: an `openvino.Model` of float32 (B, H, W, C) with the outputs `names`."""
    ov = openvino()
    ops, said = ov.opset13, names or stated.outputs
    pixels = ops.parameter([-1, *stated.input.shape], np.float32, name="pixels")
    features = _features(ops, pixels, stated.input.channels, convolutions, seed)
    dense, bias = weights(len(stated.labels), convolutions[-1], seed)
    places = _constant(ops, np.array([1, 2], np.int64), "places")
    embedding = ops.reduce_mean(features, places, name="mean")
    product = ops.matmul(embedding, _constant(ops, dense, "dense"), False, False, name="product")
    logits = ops.add(product, _constant(ops, bias, "bias"), name="biased")
    cam = ops.matmul(features, _constant(ops, dense, "dense again"), False, False, name="maps")
    outputs = ((said.logits, logits), (said.cam, cam), (said.embedding, embedding))
    for name, node in outputs:
        node.output(0).get_tensor().set_names({name})
    return ov.Model([ops.result(node, name=f"{name}/result") for name, node in outputs], [pixels], "by_brightness")


def _features(ops: Any, pixels: Any, channels: int, convolutions: Sequence[int], seed: int) -> Any:
    """(B, cells down, cells across, 2 + noise): brightness, darkness and what the convolutions make of each cell."""
    to_planes = _constant(ops, np.array([0, 3, 1, 2], np.int64), "to planes")
    planes = ops.transpose(pixels, to_planes, name="planes")
    joined = ops.concat(
        [_brightness(ops, planes, channels, 2 ** len(convolutions)), _noise(ops, planes, channels, convolutions, seed)],
        1,
        name="all features",
    )
    return ops.transpose(joined, _constant(ops, np.array([0, 2, 3, 1], np.int64), "to pixels"), name="features")


def _brightness(ops: Any, planes: Any, channels: int, cell: int) -> Any:
    kernel = np.full((2, channels, 1, 1), 1 / channels, np.float32)
    kernel[1] *= -1
    mean = _convolved(ops, planes, kernel, 1, "grey")
    signed = ops.add(mean, _constant(ops, np.array([0, 1], np.float32).reshape(1, 2, 1, 1), "one"), name="signed")
    return ops.avg_pool(signed, [cell] * 2, [0, 0], [0, 0], [cell] * 2, True, "ceil", name="cells")


def _noise(ops: Any, planes: Any, channels: int, convolutions: Sequence[int], seed: int) -> Any:
    rng, node = np.random.default_rng(seed), planes
    for number, (before, after) in enumerate(zip((channels, *convolutions), convolutions, strict=False)):
        kernel = rng.normal(0, np.sqrt(2 / (9 * before)), (after, before, 3, 3)).astype(np.float32)
        node = ops.relu(_convolved(ops, node, kernel, 2, f"convolution {number}"), name=f"positive {number}")
    return node


def _convolved(ops: Any, node: Any, kernel: np.ndarray, stride: int, name: str) -> Any:
    filters = _constant(ops, kernel, f"{name} filters")
    return ops.convolution(node, filters, [stride] * 2, [0, 0], [0, 0], [1, 1], "same_upper", name=name)


def _constant(ops: Any, value: np.ndarray, name: str) -> Any:
    return ops.constant(value, name=name)
