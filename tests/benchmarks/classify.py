"""From files to verdicts with a shipped `compact_cbam` model, against Keras `predict` of the same model, one by one."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from backend.config import InferenceSection
from backend.domain.classifications import default_classification
from backend.inference.bundles import Bundle
from backend.services.bundles import opened_bundle, shipped_bundles
from backend.services.classify import FileClassifier
from backend.services.model_choice import OneModel, runtime_of
from backend.simulation.drawing import draw
from tests.benchmarks.result import Goal, Result

PLOTS = 400
KERAS_PLOTS = 60
_ROUNDS = 3


def run() -> Result:
    """The best of three rounds over 400 files; the baseline over the first 60 of them, after a warm-up."""
    with opened_bundle(shipped_bundles()[0]) as bundle, tempfile.TemporaryDirectory() as folder:
        files = write_files(Path(folder), bundle)
        ours = images_per_second(files, bundle, Path(folder) / "cache")
        baseline = keras_images_per_second(files[:KERAS_PLOTS], bundle)
    return Result(
        "classify",
        ours=ours,
        baseline=baseline,
        baseline_is="Keras predict, one image at a time, of the same network",
        unit="images/s",
        goal=Goal(ratio=10),
        less_is_better=False,
        details={"model": bundle.manifest.plot_type, "input": bundle.manifest.input.shape, "files": len(files)},
    )


def write_files(folder: Path, bundle: Bundle) -> list[Path]:
    """Plots of the model's own type, all different, as files."""
    name = bundle.manifest.plot_type
    files = [folder / f"{name}_{number:04d}.png" for number in range(PLOTS)]
    for number, file in enumerate(files):
        draw(name, np.random.default_rng(number)).image.save(file, compress_level=1)
    return files


def images_per_second(files: list[Path], bundle: Bundle, cache: Path) -> float:
    """Reading, decoding, resizing, inference with heat map and embedding, verdict."""
    choice = OneModel.from_bundle(bundle, runtime_of(InferenceSection(cache_dir=cache)))
    known = {label: default_classification(label) for label in bundle.manifest.labels}
    classifier = FileClassifier(choice, known)
    best = 0.0
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        judged = sum(result.verdict is not None for result in classifier.run(files))
        assert judged == len(files)
        best = max(best, judged / (time.perf_counter() - started))
    return best


def keras_images_per_second(files: list[Path], bundle: Bundle) -> float:
    """The same files through the same network in a process with TensorFlow."""
    command = [sys.executable, "-m", "tests.benchmarks._keras_predict", str(bundle.path), *map(str, files)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    return float(json.loads(done.stdout.splitlines()[-1])["images_per_second"])
