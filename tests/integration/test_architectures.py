"""Every architecture as it is built and exported, with TensorFlow in a process of its own."""

import importlib.util
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backend.domain.errors import BundleError, TrainingError
from backend.domain.predictions import Prediction
from backend.feed.images import ImageLimits, decode
from backend.inference.bundles import Bundle, open_bundle
from backend.inference.heat_maps import drawn
from backend.inference.manifest import EngineName, InputSpec
from backend.inference.map_layers import map_layers
from backend.inference.preprocessing import prepare
from backend.inference.reference.model import ReferenceModel
from backend.inference.reference.supervisor import ReferenceEngine
from backend.inference.reference.worker import WorkerSettings
from backend.inference.runtime import Runtime
from backend.simulation.catalogue import plot_types
from backend.simulation.drawing import draw
from backend.training.datasets import Sample, write_dataset
from backend.training.jobs import TrainingJob, TrainingRequest
from backend.training.progress import Finished
from backend.training.recipes import Recipe
from backend.training.reference_network import open_network
from tests.integration import keras_networks as networks

HAS_TENSORFLOW = importlib.util.find_spec("tensorflow") is not None
pytestmark = [
    pytest.mark.tensorflow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not HAS_TENSORFLOW, reason="hydra-gui[train] is not installed"),
]

REAL = Path(__file__).resolve().parents[3] / "shared" / "real"
PLOTS = 4
SIZE = InputSpec(height=64, width=64, channels=3)
InTensorFlow = Callable[..., Any]


@pytest.fixture(scope="module")
def there() -> Iterator[InTensorFlow]:
    """Calls a function in a process that has imported TensorFlow."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        pool.submit(networks.ready).result()
        yield lambda function, *args, **options: pool.submit(function, *args, **options).result()


@pytest.fixture(scope="module")
def inception_weights(there, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "inception.weights.h5"
    there(networks.save_weights, "InceptionV3", path)
    return path


def test_that_inception_gets_the_weights_of_a_file_and_attention_behind_its_eleven_mixed_layers(
    there, inception_weights
):
    attended, found, wanted, first_off = there(networks.inception_with, inception_weights)
    assert attended == [f"mixed{number}" for number in range(11)]
    assert found == wanted - 1 > 300
    assert first_off == 0


def test_that_weights_of_another_network_are_refused(there, inception_weights):
    with pytest.raises(TrainingError, match=r"weights do not fit vgg16.*'notop'"):
        there(networks.weights_refused, "vgg16", inception_weights)


@pytest.mark.parametrize("channels", [3, 1])
def test_that_vgg16_sees_what_its_published_weights_were_made_for(there, tmp_path, channels):
    spec = InputSpec(height=75, width=75, channels=channels)
    gap, extent = there(networks.preprocessing_taken_in, tmp_path / "vgg.h5", spec)
    assert gap < 1e-4 * extent


@pytest.mark.parametrize(
    ("kind", "features", "embedding", "scale"),
    [
        ("pooled_dense", (None, 15, 15, 12), 12, 1 / 127.5),
        ("softmax", (None, 15, 15, 12), 12, 1 / 127.5),
        ("pooled", (None, 15, 15, 12), 12, 1 / 127.5),
        ("map", (None, 15, 15, 12), 12, 1 / 127.5),
        ("flat", None, 16, 1 / 127.5),
        ("rescaling", None, 16, 1.0),
    ],
)
def test_that_an_experts_network_gets_our_head(there, tmp_path, kind, features, embedding, scale):
    file = there(networks.saved_and_chosen, tmp_path / "net.keras", kind)
    shapes, found_scale = there(networks.custom_outputs, file, SIZE)
    assert shapes.get("features") == features
    assert shapes["embedding"] == (None, embedding)
    assert shapes["logits"] == (None, 2)
    assert found_scale == scale


def test_that_code_in_an_experts_network_is_refused(there, tmp_path):
    file = there(networks.saved_and_chosen, tmp_path / "net.keras", "lambda")
    with pytest.raises(TrainingError, match=r"net\.keras cannot be loaded.*without Lambda layers"):
        there(networks.custom_outputs, file, SIZE)


def test_that_an_experts_network_is_not_loaded_when_its_hash_is_another(there, tmp_path):
    file = there(networks.saved_and_chosen, tmp_path / "net.keras", "flat")
    with pytest.raises(TrainingError, match="changed after it was chosen"):
        there(networks.custom_outputs, replace(file, sha256="0" * 64), SIZE)


def test_that_an_input_the_experts_network_does_not_take_is_refused(there, tmp_path):
    file = there(networks.saved_and_chosen, tmp_path / "net.keras", "flat")
    with pytest.raises(TrainingError, match="choose that input size"):
        there(networks.custom_outputs, file, InputSpec(height=64, width=80, channels=3))


def simulated_plots() -> list[np.ndarray]:
    names = [kind.name for kind in plot_types()[:: len(plot_types()) // PLOTS]][:PLOTS]
    return [np.asarray(draw(name, np.random.default_rng(5)).image.convert("RGB")) for name in names]


def real_plots() -> list[np.ndarray]:
    files = sorted(REAL.rglob("*.png"))
    if not files:
        pytest.skip("the real detector plots are not beside the checkout")
    return [decode(file.read_bytes(), ".png", ImageLimits()) for file in files[:: len(files) // PLOTS][:PLOTS]]


@pytest.mark.parametrize(
    "plots", [simulated_plots, pytest.param(real_plots, marks=pytest.mark.real)], ids=["simulated", "real"]
)
def test_that_the_closed_form_of_a_heat_map_is_grad_cam_by_tape(there, tmp_path, plots):
    spec = InputSpec(height=192, width=256, channels=3)
    pixels = np.stack([prepare(image, spec) for image in plots()])
    correlations = there(networks.closed_form_against_tape, "compact_cbam", pixels, tmp_path)
    assert len(correlations) == PLOTS
    assert min(correlations) >= 0.999


def test_that_focus_goes_from_the_mean_to_the_maximum_and_changes_one_place_alone(there):
    channel = np.zeros((24, 32))
    channel[5, 7] = 12.0
    flat, sharp = (there(networks.focused, channel, sharpness) for sharpness in (0.0, 1.0))
    assert flat == pytest.approx(channel)
    assert sharp.mean() == pytest.approx(12.0, rel=0.01)
    assert np.count_nonzero(sharp) == 1
    assert there(networks.focused, np.full((24, 32), 3.0), 1.0) == pytest.approx(3.0)


def test_that_contrast_sees_a_dead_board_in_a_little_data_as_in_much_and_turns_up_no_other_place(there):
    rng = np.random.default_rng(4)
    much = np.stack([rng.normal(0, 1, (24, 32))] * 2, axis=-1)
    much[5:8, 7:9] = -6.0
    found, little = there(networks.contrasted, much), there(networks.contrasted, 5 + 4 * much)
    assert found[..., 0] == pytest.approx(much[..., 0])
    assert little[..., 1] == pytest.approx(found[..., 1], abs=0.1)
    conspicuous = much.copy()
    conspicuous[20, 3] = 40.0
    beside = there(networks.contrasted, conspicuous)[..., 1]
    others = np.ones((24, 32), bool)
    others[20, 3] = False
    assert np.abs(beside - beside[others].mean())[others].max() < np.abs(found[..., 1]).max()


def test_that_an_experts_network_becomes_a_model_without_heat_maps(there, tmp_path):
    file = there(networks.saved_and_chosen, tmp_path / "net.keras", "rescaling")
    pixels = [np.full((60, 80, 3), 40 + 170 * (number % 2), np.uint8) for number in range(48)]
    plots = [Sample(image + np.uint8(n), ("Bad", "Good")[n % 2], n + 1) for n, image in enumerate(pixels)]
    write_dataset(plots, SIZE, tmp_path / "data")
    recipe = Recipe("test", architecture="custom", epochs=16, batch=8, dropout=0.0)
    request = TrainingRequest("Any", tmp_path / "data", tmp_path / "made", recipe, "tester", nice=0, file=file)
    bundle = open_bundle(TrainingJob(request, lambda _: None).run().bundle)
    assert bundle.manifest.outputs.cam is None
    assert bundle.manifest.architecture.parameters == {"file_sha256": file.sha256}
    assert (bundle.manifest.preprocessing.scale, bundle.manifest.preprocessing.offset) == (1.0, 0.0)
    model = Runtime("CPU", 1, tmp_path / "cache").load(bundle)
    found = model.predict(np.stack([prepare(image, model.spec) for image in pixels[:2]]))
    assert [model.labels[int(np.argmax(one.probabilities))] for one in found] == ["Bad", "Good"]
    assert all(one.heat_map is None and one.embedding.shape == (16,) for one in found)


# A network that OpenVINO has no operations for.

worker_lives_on = pytest.mark.leaves_running("the reference engine serves the whole module")

Made = tuple[Bundle, Finished]


def blotted(bad: bool, seed: int) -> tuple[np.ndarray, tuple[int, int]]:
    """A bright plot; a bad one has a dark block, whose top left corner comes back too."""
    rng = np.random.default_rng(seed)
    image = rng.integers(200, 240, (64, 64, 3)).astype(np.uint8)
    y, x = (int(value) for value in rng.integers(4, 40, 2))
    if bad:
        image[y : y + 20, x : x + 20] = 10
    return image, (y, x)


@pytest.fixture(scope="module")
def made(there, tmp_path_factory: pytest.TempPathFactory) -> Made:
    place = tmp_path_factory.mktemp("made")
    file = there(networks.saved_and_chosen, place / "net.keras", "erfinv")
    plots = [Sample(blotted(n % 2 == 0, n)[0], ("Bad", "Good")[n % 2], n + 1) for n in range(96)]
    write_dataset(plots, SIZE, place / "data")
    recipe = Recipe("test", architecture="custom", epochs=12, batch=8, dropout=0.0)
    request = TrainingRequest("Any", place / "data", place / "made", recipe, "tester", nice=0, file=file)
    result = TrainingJob(request, lambda _: None).run()
    return open_bundle(result.bundle), result.figures


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReferenceEngine]:
    started = ReferenceEngine(open_network, WorkerSettings(tmp_path_factory.mktemp("log") / "worker.log", nice=0))
    yield started
    started.close()


def test_that_what_openvino_cannot_convert_is_kept_for_the_reference_engine_and_said_to_be_slower(made):
    bundle, figures = made
    assert bundle.manifest.runs_in is EngineName.REFERENCE
    assert set(bundle.manifest.files) == {"model.keras", "evaluation.json"}
    kept = bundle.manifest.metrics["reference_engine"]
    assert "Erfinv" in kept["reason"]
    assert kept["milliseconds"] > 0
    assert "OpenVINO cannot run this network (No conversion rule found for operations: Erfinv)" in figures.note
    assert "ms a plot" in figures.note


def right(model: ReferenceModel, predictions: list[Prediction]) -> int:
    """How many of plots that are bad and good in turn were recognised."""
    tops = [model.labels[int(np.argmax(one.probabilities))] for one in predictions]
    return sum(top == ("Bad", "Good")[number % 2] for number, top in enumerate(tops))


@worker_lives_on
def test_that_tensorflow_judges_in_the_worker(made, engine):
    model = ReferenceModel(made[0], engine)
    batch = np.stack([prepare(blotted(n % 2 == 0, 500 + n)[0], model.spec) for n in range(20)])
    assert right(model, model.predict(batch)) >= 18
    assert "tensorflow" not in sys.modules


@worker_lives_on
@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_that_tensorflow_says_the_same_after_its_worker_was_killed(made, engine):
    model = ReferenceModel(made[0], engine)
    batch = np.stack([prepare(blotted(n % 2 == 0, 500 + n)[0], model.spec) for n in range(20)])
    before, starts = model.predict(batch), engine.starts
    for kills in (1, 2, 3):
        os.kill(engine.pid, signal.SIGKILL)
        after = model.predict(batch)
        np.testing.assert_allclose([o.probabilities for o in after], [o.probabilities for o in before], atol=1e-5)
        assert engine.starts == starts + kills


@worker_lives_on
def test_that_the_exact_map_of_the_last_layer_is_the_closed_form(made, engine):
    bundle = made[0]
    for seed in (700, 702, 704):
        image = prepare(blotted(True, seed)[0], bundle.manifest.input)
        outputs = engine.look(bundle, image[None])[0]
        label = int(np.argmax(outputs.logits))
        closed = (outputs.cam[..., label] - outputs.cam.mean(axis=-1)) / bundle.manifest.temperature
        found = engine.explain(bundle, image, label, "features")
        np.testing.assert_allclose(found.evidence, closed, rtol=1e-3, atol=1e-3 * np.abs(closed).max())
        default = engine.explain(bundle, image, label, "")
        assert default.layer == "features"
        np.testing.assert_array_equal(default.evidence, found.evidence)


@worker_lives_on
def test_that_inner_layers_are_offered_and_have_maps_of_their_own_that_point_at_the_fault(made, engine):
    bundle = made[0]
    offered = map_layers(bundle.path)
    inner = next(name for name in offered if name.startswith("conv2d"))
    assert offered[-1] == "features"
    label = bundle.manifest.labels.index("Bad")
    near = 0
    for seed in range(800, 816, 2):
        image, (y, x) = blotted(True, seed)
        values = drawn(engine.explain(bundle, prepare(image, SIZE), label, inner).evidence).values
        assert values.shape == (31, 31)
        row, column = (int(v) * 64 / 31 for v in np.unravel_index(values.argmax(), values.shape))
        near += y - 8 <= row <= y + 28 and x - 8 <= column <= x + 28
    assert near >= 6
    with pytest.raises(BundleError, match="no layer 'mixed7' with a map"):
        engine.explain(bundle, prepare(blotted(True, 1)[0], SIZE), label, "mixed7")
    with pytest.raises(BundleError, match="no layer 'logits' with a map"):
        engine.explain(bundle, prepare(blotted(True, 1)[0], SIZE), label, "logits")
