"""Real backbones and heads without training: a small OpenVINO network that sees brightness, with its comparison.

At every place it sees brightness and darkness (1 - brightness); its features are these two, then their deviations from
what is usual. Heads judge by brightness as the bundles of `tests.fakes.bundles` do: bright is the first label.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from backend.inference.backbone_manifest import BackboneFacts, MapSpec
from backend.inference.backbones import read_backbone, seal_backbone
from backend.inference.bundles import Bundle, seal
from backend.inference.heads import Head, Usual, write_head
from backend.inference.manifest import HEAD_NAME, IR_BIN, IR_XML, Architecture, InputSpec, Preprocessing, Provenance
from backend.inference.openvino_quietly import openvino
from tests.fakes.bundles import CREATED, facts, save_network, weights

CELL = 8
SEEN = 2
INPUT = InputSpec(height=64, width=64, channels=3)
NAMES = ("seen", "features")


def make_backbone(spec: InputSpec = INPUT, seed: int = 0, names: Sequence[str] = NAMES, **changes: Any) -> bytes:
    """A sealed backbone; another `seed` gives another digest, `changes` are fields of `BackboneFacts`."""
    rows, columns = spec.height // CELL, spec.width // CELL
    stated: dict[str, Any] = {
        "input": spec,
        "preprocessing": Preprocessing(scale=1 / 255),
        "maps": MapSpec(rows=rows, columns=columns, seen=SEEN, features=2 * SEEN),
        "architecture": Architecture(name="by_brightness"),
        "provenance": Provenance(created=CREATED, author="tests", data_sha256="0" * 64, seed=seed),
    }
    with TemporaryDirectory() as folder:
        save_network(Path(folder), _network(spec, names))
        files = {name: (Path(folder) / name).read_bytes() for name in (IR_XML, IR_BIN)}
    return seal_backbone(files, BackboneFacts(**stated | changes))


def head_of(spec: InputSpec, labels: int) -> Head:
    """A head that judges by brightness; usual is half bright."""
    shape = (spec.height // CELL, spec.width // CELL, SEEN)
    dense, bias = weights(labels, SEEN)
    dense[SEEN:] = 0
    usual = Usual(np.full(shape, 0.5, np.float16), np.ones(shape, np.float16))
    return Head(usual, np.zeros(2 * SEEN, np.float32), np.ones(2 * SEEN, np.float32), dense, bias)


def make_head_bundle(
    directory: Path,
    backbone: bytes,
    plot_type: str = "CDC_occupancy",
    labels: Sequence[str] = ("Good", "Bad"),
    seed: int = 0,
    head: Head | None = None,
    **changes: Any,
) -> Bundle:
    """Write a bundle with a head on `backbone` into `directory`; `changes` are fields of `ModelFacts`."""
    opened = read_backbone(backbone)
    spec = opened.manifest.input
    stated = facts(plot_type, labels, spec.shape, seed, **{"backbone": opened.digest, **changes})
    directory.mkdir(parents=True, exist_ok=True)
    (directory / HEAD_NAME).write_bytes(write_head(head or head_of(spec, len(labels))))
    return seal(directory, stated)


def _network(spec: InputSpec, names: Sequence[str]) -> Any:
    ov = openvino()
    ops = ov.opset13
    usual = [-1, spec.height // CELL, spec.width // CELL, SEEN]
    image = ops.parameter([-1, *spec.shape], np.float32, name="image")
    mean, scale = (ops.parameter(usual, np.float32, name=name) for name in ("mean", "scale"))
    seen = _seen(ops, image, spec)
    deviation = ops.multiply(ops.subtract(seen, mean, name="difference"), scale, name="deviation")
    features = ops.concat([seen, deviation], 3, name="both")
    for node, name in ((image, "image"), (mean, "mean"), (scale, "scale"), (seen, names[0]), (features, names[1])):
        node.output(0).get_tensor().set_names({name})
    results = [ops.result(node, name=f"{name}/result") for node, name in zip((seen, features), names, strict=True)]
    return ov.Model(results, [image, mean, scale], "seen_and_compared")


def _seen(ops: Any, image: Any, spec: InputSpec) -> Any:
    def of(values: Sequence[int] | float, name: str) -> Any:
        kind = np.float32 if isinstance(values, float) else np.int64
        return ops.constant(np.array(values, kind), name=name)  # without a name the bytes would differ each time

    grey = ops.reduce_mean(image, of([3], "channels"), True, name="grey")
    cells = (-1, spec.height // CELL, CELL, spec.width // CELL, CELL)
    blocks = ops.reshape(grey, of(cells, "cells"), False, name="blocks")
    mean = ops.reduce_mean(blocks, of([2, 4], "within"), False, name="mean of blocks")
    bright = ops.reshape(mean, of((-1, cells[1], cells[3], 1), "one channel"), False, name="bright")
    dark = ops.subtract(of(1.0, "one"), bright, name="dark")
    return ops.concat([bright, dark], 3, name="all seen")
