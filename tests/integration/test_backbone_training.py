"""Training the shared backbone with TensorFlow: where it starts from, what it learns, and what becomes of it."""

import importlib.util
import os
from pathlib import Path

import numpy as np
import pytest

if importlib.util.find_spec("tensorflow") is None:
    pytest.skip("trains with TensorFlow, which comes with hydra-gui[train]", allow_module_level=True)
if os.environ.get("HYDRA_TENSORFLOW_HERE") != "1":  # one process of tests has it or has not: see `make soak`
    pytest.skip(
        "imports TensorFlow into the process of the tests; run with HYDRA_TENSORFLOW_HERE=1", allow_module_level=True
    )

import keras

from backend.domain.errors import TrainingError
from backend.inference.backbone_manifest import BackboneFacts
from backend.inference.backbones import read_backbone
from backend.inference.bundles import Bundle, seal
from backend.inference.manifest import Architecture, InputSpec, Preprocessing
from backend.training.architectures import FEATURES, architecture, build
from backend.training.backbone_exporting import export_backbone, map_spec, verify_backbone
from backend.training.backbone_network import COMPARED, LAST, comparing, looking
from backend.training.episodes import Episodes
from backend.training.exporting import save_ir
from backend.training.layers import Deviations
from backend.training.pretraining import OFFSET, SCALE, Pretrainer, Pretraining, PretrainingFigures, leave_one_out
from backend.training.warm_start import start_from
from tests.fakes.bundles import CREATED, facts, make_bundle

pytestmark = [pytest.mark.tensorflow, pytest.mark.soak]

SPEC = InputSpec(height=48, width=64, channels=3)


@pytest.fixture(scope="module")
def model() -> keras.Model:
    """A `compact_cbam` with weights, statistics and normalisations of its own, which ignores where a place is."""
    keras.utils.set_random_seed(3)
    made = build(architecture("compact_cbam"), SPEC, 3)
    rng = np.random.default_rng(3)
    for layer in made.layers:
        if isinstance(layer, keras.layers.BatchNormalization | Deviations):
            for weight in layer.weights:
                weight.assign(rng.uniform(0.5, 1.5, weight.shape))
        if isinstance(layer, keras.layers.Conv2D) and layer.kernel.shape[2] == 3 * COMPARED + 2:
            kernel = layer.kernel.numpy()
            kernel[:, :, COMPARED : COMPARED + 2] = 0
            layer.kernel.assign(kernel)
    return made


@pytest.fixture(scope="module")
def bundle(model: keras.Model, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = tmp_path_factory.mktemp("parent")
    save_ir(model, folder)
    named = Architecture(name="compact_cbam")
    return seal(folder, facts(labels=("a", "b", "c"), shape=SPEC.shape, architecture=named))


def test_that_a_backbone_starts_with_what_its_parent_sees(model: keras.Model, bundle: Bundle) -> None:
    halves = looking(SPEC), comparing(SPEC)
    start_from(bundle, *halves)
    images = np.random.default_rng(0).uniform(-1, 1, (3, *SPEC.shape)).astype(np.float32)
    usual = next(layer for layer in model.layers if isinstance(layer, Deviations))
    mean = np.repeat(usual.mean.numpy(), 3, axis=0)
    scale = 1 / np.sqrt(np.repeat(usual.variance.numpy(), 3, axis=0) + 1e-4)
    given = [keras.ops.convert_to_tensor(values) for values in (halves[0](images), mean, scale)]
    found = np.asarray(halves[1](given))[..., :LAST]
    focused = model.get_layer(FEATURES).input
    before = keras.Model(model.input, focused._keras_history.operation.input)
    np.testing.assert_allclose(found, np.asarray(before(images)), rtol=0.05, atol=0.02)  # the parent has 16-bit weights


def test_that_another_architecture_is_no_start(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="has other layers than a backbone"):
        start_from(make_bundle(tmp_path), looking(SPEC), comparing(SPEC))


def test_that_every_plot_is_compared_with_the_other_sound_ones_of_its_episode() -> None:
    seen = np.random.default_rng(0).normal(size=(6, 2, 2, 1)).astype(np.float32)
    mean, scale = leave_one_out(seen, np.array([1, 1, 0, 1, 1, 0], np.float32), 3)
    np.testing.assert_allclose(mean[0], seen[1], atol=1e-6)
    np.testing.assert_allclose(mean[1], seen[0], atol=1e-6)
    np.testing.assert_allclose(mean[5], (seen[3] + seen[4]) / 2, atol=1e-6)
    assert np.isfinite(scale).all()


def episodes() -> Episodes:
    """Grey plots; the faulty ones have a bright spot in their region."""
    rng = np.random.default_rng(1)
    images = rng.integers(90, 130, (8, 6, *SPEC.shape), np.uint8)
    kinds = np.tile(np.array([0, 0, 0, 0, 1, 1], np.int32), (8, 1))
    images[:, 4:, 8:24, 16:40] = 255
    regions = np.tile(np.array([0.25, 1 / 6, 0.625, 0.5], np.float32), (8, 6, 1))
    return Episodes(images, kinds, regions)


def test_that_training_finds_faults_and_its_result_runs_in_openvino(bundle: Bundle, tmp_path: Path) -> None:
    trainer, told = Pretrainer(SPEC, 2, 6, Pretraining(epochs=8, warmup=2), seed=1), list[PretrainingFigures]()
    start_from(bundle, trainer.looking, trainer.comparing)
    trainer.run(episodes(), told.append)
    assert told[-1].loss < told[0].loss
    assert told[-1].faulty > 0.9
    stated = BackboneFacts(
        input=SPEC,
        preprocessing=Preprocessing(scale=SCALE, offset=OFFSET),
        maps=map_spec(SPEC),
        architecture=Architecture(name="compact_cbam"),
        provenance=facts().provenance.model_copy(update={"created": CREATED}),
    )
    packed = export_backbone(trainer.looking, trainer.comparing, stated)
    assert read_backbone(packed).manifest.maps.features == LAST + COMPARED
    assert verify_backbone(trainer.looking, trainer.comparing, packed, episodes().images[:3, 0], tmp_path) > 0.999
    with pytest.raises(TrainingError, match="does not see what the trained one sees"):
        verify_backbone(trainer.looking, comparing(SPEC), packed, episodes().images[:3, 0], tmp_path)
