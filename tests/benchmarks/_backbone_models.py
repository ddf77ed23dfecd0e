"""What the benchmark `backbone` runs; as a program it says how much memory it took.

The heads are of the size they have in service and all different; what they say means nothing.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import psutil

from backend.domain.predictions import ModelInForce
from backend.inference.backbones import BackboneShelf, shipped_backbones
from backend.inference.bundles import Bundle, open_bundle, seal
from backend.inference.heads import Head, Usual, write_head
from backend.inference.manifest import HEAD_NAME, Architecture, ModelFacts, Provenance
from backend.inference.model import Model
from backend.inference.openvino_quietly import openvino
from backend.inference.runtime import Runtime
from backend.pipeline.classify import predict
from backend.pipeline.items import ModelInput
from backend.services.bundles import opened_bundle, shipped_bundles

TYPES = 73
_LABELS = ("Good", "Bad", "HotChannel", "NoData")


def inputs_of_heads(folder: Path) -> list[ModelInput]:
    """One plot for each of 73 heads on the shipped backbone."""
    digest = list(shipped_backbones())[-1]
    runtime = _runtime(folder)
    models = [runtime.load(_head_bundle(folder / "heads" / str(number), digest, number)) for number in range(TYPES)]
    return _inputs(models)


def inputs_of_one(folder: Path) -> list[ModelInput]:
    """73 plots for one shipped model."""
    with opened_bundle(shipped_bundles()[0]) as bundle:
        return _inputs([_runtime(folder).load(bundle)] * TYPES)


def _runtime(folder: Path) -> Runtime:
    return Runtime("CPU", 1, folder / "cache")


def _inputs(models: list[Model]) -> list[ModelInput]:
    rng = np.random.default_rng(0)
    in_force = ModelInForce(0, "", _LABELS, (0.5,) * len(_LABELS))
    return [ModelInput(in_force, model, rng.integers(0, 255, model.spec.shape, np.uint8)) for model in models]


def _head_bundle(directory: Path, digest: str, number: int) -> Bundle:
    if directory.exists():
        return open_bundle(directory)
    manifest, rng = BackboneShelf(directory).get(digest).manifest, np.random.default_rng(number)
    shape, count = manifest.maps.usual_shape, manifest.maps.features
    usual = Usual(rng.random(shape).astype(np.float16), rng.uniform(1, 10, shape).astype(np.float16))
    centre, weights = rng.random(count), rng.normal(0, 0.1, (count, len(_LABELS)))
    arrays = (values.astype(np.float32) for values in (centre, np.ones(count), weights, np.zeros(len(_LABELS))))
    directory.mkdir(parents=True)
    (directory / HEAD_NAME).write_bytes(write_head(Head(usual, *arrays)))
    stated = ModelFacts(
        plot_type=f"Plot_{number}",
        labels=_LABELS,
        input=manifest.input,
        preprocessing=manifest.preprocessing,
        architecture=Architecture(name="backbone_head"),
        backbone=digest,
        thresholds=dict.fromkeys(_LABELS, 0.5),
        provenance=Provenance(
            created=datetime(2026, 11, 1, tzinfo=UTC), author="benchmark", data_sha256="0" * 64, seed=0
        ),
    )
    return seal(directory, stated)


def main(kind: str, folder: Path) -> None:
    """Load and judge once, then say how much memory that took."""
    openvino()
    match kind:
        case "heads":
            predict(inputs_of_heads(folder))
        case "one":
            predict(inputs_of_one(folder))
    sys.stdout.write(json.dumps({"resident": psutil.Process().memory_info().rss}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
