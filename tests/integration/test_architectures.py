"""Every architecture as it is built and exported, with TensorFlow in a process of its own."""

import importlib.util
import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backend.domain.errors import TrainingError
from backend.feed.images import ImageLimits, decode
from backend.inference.bundles import open_bundle
from backend.inference.manifest import InputSpec
from backend.inference.preprocessing import prepare
from backend.inference.runtime import Runtime
from backend.simulation.catalogue import plot_types
from backend.simulation.drawing import draw
from backend.training.datasets import Sample, write_dataset
from backend.training.jobs import TrainingJob, TrainingRequest
from backend.training.recipes import Recipe
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
