"""Verdict, heat map and embedding of `inception_v3_cbam` in one pass, against eager Grad-CAM with `GradientTape`.

In details the verdict alone: the same network compiled without the two other outputs.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from backend.inference import networks
from backend.inference.bundles import open_bundle
from backend.inference.manifest import IR_BIN, IR_XML
from backend.inference.openvino_quietly import openvino
from backend.inference.runtime import Runtime, softmax
from tests.benchmarks._side_by_side import best_in_turn, keras_process, make_inception, milliseconds
from tests.benchmarks.result import Goal, Result

ROUNDS = 12
MOST_OVER_VERDICT = 1.1


def run() -> Result:
    """Milliseconds for one image alone, the least of twelve rounds, in which all ways are measured in turn."""
    cores = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="hydra-heatmap-") as place:
        folder = Path(place)
        make_inception(folder)
        bundle = open_bundle(folder / "bundle")
        model = Runtime("CPU", cores, folder / "cache").load(bundle)
        image = np.random.default_rng(1).integers(0, 256, (1, *bundle.manifest.input.shape), np.uint8)
        alone = _verdict_alone(bundle, cores)
        with keras_process() as ask:
            ways = {
                "ours": milliseconds(lambda: model.predict(image)),
                "verdict": milliseconds(lambda: softmax(alone.infer([image])[0][0], 1.0)),
                "tape": lambda: ask("tape"),
            }
            found = best_in_turn(ways, ROUNDS)
    over = found["ours"] / found["verdict"]
    return Result(
        "heatmap",
        ours=found["ours"],
        baseline=found["tape"],
        baseline_is="eager Grad-CAM with GradientTape of the same network",
        unit="ms",
        goal=Goal(ratio=50, also=over <= MOST_OVER_VERDICT),
        details={
            "precision": model.precision,
            "verdict_alone_ms": round(found["verdict"], 1),
            "over_verdict_alone": round(over, 3),
            "over_verdict_alone_goal": MOST_OVER_VERDICT,
        },
    )


def _verdict_alone(bundle: Any, cores: int) -> Any:
    """A request of the same network with nothing but logits, compiled as ours is."""
    ov, core = openvino(), openvino().Core()
    names = bundle.manifest.outputs
    network = networks.read_network(core, bundle.read(IR_XML), bundle.read(IR_BIN), bundle.manifest, 1)
    lean = ov.Model([network.output(names.logits)], network.get_parameters(), "verdict")
    return core.compile_model(lean, "CPU", networks.settings("CPU", cores, 1, "auto")).create_infer_request()
