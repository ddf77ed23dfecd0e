"""Training for real: TensorFlow in its process, a bundle at the end, and the runtime on it."""

import importlib.util
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest

from backend.domain.errors import TrainingError
from backend.inference.bundles import open_bundle, pack, seal
from backend.inference.manifest import InputSpec
from backend.inference.preprocessing import prepare
from backend.inference.runtime import Runtime
from backend.training.datasets import Sample, write_dataset
from backend.training.jobs import TrainingCancelledError, TrainingJob, TrainingRequest
from backend.training.progress import EpochDone, Exporting, Finished, Started
from backend.training.recipes import Augmentation, Recipe
from tests.fakes.machine import slowness

HAS_TENSORFLOW = importlib.util.find_spec("tensorflow") is not None  # looked for, not imported: see `trained`
pytestmark = [
    pytest.mark.tensorflow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not HAS_TENSORFLOW, reason="hydra-gui[train] is not installed"),
]

ROOT = Path(__file__).resolve().parents[2]
SPEC = InputSpec(height=112, width=112, channels=1)
RECIPE = Recipe("test", epochs=20, patience=20, batch=8, dropout=0.0, augmentation=Augmentation(shift=1))
LABELS = ("Good", "Bad")


def plot(label: str, rng: np.random.Generator) -> tuple[np.ndarray, tuple[int, int]]:
    """A framed grey plot; a bad one has a dark block, whose top left corner comes back too."""
    image = np.full((120, 160, 3), 235, np.uint8)
    image[4:-4, 4:-4] = rng.integers(170, 220, (112, 152, 1))
    y, x = int(rng.integers(10, 80)), int(rng.integers(10, 120))
    if label == "Bad":
        image[y : y + 28, x : x + 28] = 15
    return image, (y, x)


def samples(count: int, seed: int) -> list[Sample]:
    rng = np.random.default_rng(seed)
    return [Sample(plot(LABELS[i % 2], rng)[0], LABELS[i % 2], i + 1) for i in range(count)]


def request_for(directory: Path, name: str = "bundle", **more) -> TrainingRequest:
    dataset = directory / "data"
    if not dataset.exists():
        write_dataset(samples(160, 1), SPEC, dataset)
    made = TrainingRequest("Block", dataset, directory / name, RECIPE, "tester", seed=5, nice=0)
    return replace(made, **more)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[TrainingRequest, list]:
    """One training, which most tests look at; everything it said."""
    request, said = request_for(tmp_path_factory.mktemp("training")), []
    threads = threading.active_count()
    result = TrainingJob(request, said.append).run()
    assert result.bundle == request.bundle
    assert threading.active_count() == threads
    assert "tensorflow" not in sys.modules
    return request, [*said, result.figures]


def test_that_it_tells_what_it_does_in_order(trained):
    said = trained[1]
    assert isinstance(said[0], Started)
    epochs = [item for item in said if isinstance(item, EpochDone)]
    assert [done.epoch for done in epochs] == list(range(1, RECIPE.epochs + 1))
    assert epochs[-1].eta_s == 0
    assert isinstance(said[-2], Exporting)
    assert isinstance(said[-1], Finished)
    assert said[0].train + said[0].validate == 160


def test_that_the_bundle_recognises_plots_it_never_saw(trained, tmp_path):
    model = Runtime("CPU", 1, tmp_path).load(open_bundle(trained[0].bundle))
    rng = np.random.default_rng(99)
    right = 0
    for number in range(40):
        label = LABELS[number % 2]
        prediction = model.predict(prepare(plot(label, rng)[0], model.spec)[None])[0]
        right += model.labels[int(np.argmax(prediction.probabilities))] == label
    assert right >= 38


def test_that_the_heat_map_points_at_the_fault(trained, tmp_path):
    model = Runtime("CPU", 1, tmp_path).load(open_bundle(trained[0].bundle))
    rng, near = np.random.default_rng(7), 0
    for _ in range(10):
        image, (y, x) = plot("Bad", rng)
        values = model.predict(prepare(image, model.spec)[None])[0].heat_map.values.astype(float)
        assert min(values.shape) >= 14
        row, column = np.unravel_index(values.argmax(), values.shape)
        there = ((row + 0.5) / values.shape[0] * 120, (column + 0.5) / values.shape[1] * 160)
        near += y - 16 <= there[0] <= y + 44 and x - 16 <= there[1] <= x + 44
    assert near >= 8


def test_that_the_manifest_tells_where_the_model_comes_from(trained):
    request, said = trained
    manifest = open_bundle(request.bundle).manifest
    figures = said[-1]
    assert manifest.plot_type == "Block"
    assert manifest.labels == LABELS
    assert manifest.architecture.name == "compact_cbam"
    assert manifest.ordered_thresholds == figures.thresholds
    assert manifest.temperature == figures.temperature
    assert manifest.metrics["confusion"] == [list(row) for row in figures.confusion]
    assert manifest.metrics["ir_agreement"]["probability_gap"] <= 0.02
    origin = manifest.provenance
    assert (origin.author, origin.seed) == ("tester", 5)
    assert origin.counts["Good"] + origin.model_extra["validation_counts"]["Good"] == 80
    assert origin.versions["tensorflow"] != "unknown"
    assert origin.data_sha256 == json.loads((request.dataset / "dataset.json").read_text())["data_sha256"]


def test_that_the_evaluation_holds_every_validation_image(trained):
    request, said = trained
    about = json.loads((request.bundle / "evaluation.json").read_text())
    assert len(about["validation"]) == said[0].validate
    called = [about["labels"][int(np.argmax(item["probabilities"]))] for item in about["validation"]]
    right = sum(call == item["label"] for call, item in zip(called, about["validation"], strict=True))
    assert right / len(called) == pytest.approx(said[-1].accuracy)
    assert len(about["history"]) == said[-1].epochs


@pytest.mark.soak
def test_that_the_same_seed_makes_the_same_model_and_a_parent_is_taken_up(trained):
    request = trained[0]
    twin = TrainingJob(replace(request, bundle=request.bundle.with_name("twin")), lambda _: None).run()
    assert (twin.bundle / "model.bin").read_bytes() == (request.bundle / "model.bin").read_bytes()
    said = []
    short = replace(RECIPE, epochs=1, learning_rate=1e-5, augmentation=Augmentation(0, 0, 0, 0))
    child = replace(request, bundle=request.bundle.with_name("child"), parent=twin.bundle, recipe=short)
    TrainingJob(child, said.append).run()
    assert next(item for item in said if isinstance(item, EpochDone)).accuracy > 0.95
    digest = open_bundle(twin.bundle).digest
    assert open_bundle(child.bundle).manifest.provenance.model_extra["parent"] == digest


def test_that_a_damaged_parent_is_refused(trained, tmp_path):
    broken = tmp_path / "broken"
    broken.mkdir()
    for file in trained[0].bundle.iterdir():
        (broken / file.name).write_bytes(file.read_bytes())
    weights = bytearray((broken / "model.keras").read_bytes())
    weights[len(weights) // 2] ^= 1
    (broken / "model.keras").write_bytes(weights)
    with pytest.raises(TrainingError, match=r"model\.keras"):
        TrainingJob(request_for(tmp_path, parent=broken), lambda _: None).run()
    assert not (tmp_path / "bundle").exists()


def test_that_a_parent_with_the_layers_of_another_version_is_refused(trained, tmp_path):
    older = tmp_path / "older"
    shutil.copytree(trained[0].bundle, older)
    with zipfile.ZipFile(older / "model.keras") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["config.json"] = members["config.json"].replace(b'"class_name": "ReLU"', b'"class_name": "ELU"')
    with zipfile.ZipFile(older / "model.keras", "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    seal(older, open_bundle(trained[0].bundle).manifest)
    with pytest.raises(TrainingError, match=r"compact_cbam with other layers.*another parent or none"):
        TrainingJob(request_for(tmp_path, parent=older), lambda _: None).run()


@pytest.mark.timed
def test_that_cancelling_ends_it_within_seconds_and_leaves_nothing(tmp_path):
    job, began = None, []

    def cancel_at_first_epoch(progress) -> None:
        if isinstance(progress, EpochDone):
            began.append(time.monotonic())
            job.cancel()

    job = TrainingJob(request_for(tmp_path, recipe=replace(RECIPE, epochs=1000, patience=1000)), cancel_at_first_epoch)
    with pytest.raises(TrainingCancelledError):
        job.run()
    assert time.monotonic() - began[0] < 10 * slowness()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["data"]


def test_that_an_error_in_the_listener_ends_the_worker(tmp_path):
    def fail(progress) -> None:
        raise KeyError("the listener is broken")

    with pytest.raises(KeyError, match="the listener is broken"):
        TrainingJob(request_for(tmp_path, recipe=replace(RECIPE, epochs=1000, patience=1000)), fail).run()
    assert not [child for child in multiprocessing.active_children() if child.name == "training"]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["data"]


def test_that_finishing_early_keeps_the_best_and_a_parent_with_other_labels_gives_its_body(trained, tmp_path):
    rng = np.random.default_rng(3)
    names = ("Good", "Block", "NoData")
    many = [Sample(plot("Bad" if i % 3 == 1 else "Good", rng)[0], names[i % 3], i + 1) for i in range(36)]
    write_dataset(many, SPEC, tmp_path / "data")
    job = None

    def finish_at_second_epoch(progress) -> None:
        if isinstance(progress, EpochDone) and progress.epoch == 2:
            job.finish_early()

    recipe = replace(RECIPE, epochs=1000, patience=1000)
    job = TrainingJob(request_for(tmp_path, recipe=recipe, parent=trained[0].bundle), finish_at_second_epoch)
    result = job.run()
    assert 2 <= result.figures.epochs <= 3
    assert result.figures.labels == ("Good", "Block", "NoData")
    assert pack(result.bundle)


def test_that_the_worker_ends_when_the_application_is_killed(tmp_path):
    request = request_for(tmp_path)
    program = f"""
import sys, threading
from dataclasses import replace
from pathlib import Path
from backend.training.jobs import TrainingJob, TrainingRequest
from backend.training.recipes import Recipe
if __name__ == "__main__":
    recipe = Recipe("test", epochs=100000, patience=100000, batch=8)
    request = TrainingRequest("P", Path({str(request.dataset)!r}), Path({str(request.bundle)!r}), recipe, "x", nice=0)
    TrainingJob(request, lambda p: print(p, flush=True)).run()
"""
    script = tmp_path / "application.py"
    script.write_text(program)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True, env=environment) as application:
        for line in application.stdout:
            if line.startswith("EpochDone"):
                break
        children = psutil.Process(application.pid).children(recursive=True)
        application.send_signal(signal.SIGKILL)
    assert children
    _, alive = psutil.wait_procs(children, timeout=30)
    assert not alive
